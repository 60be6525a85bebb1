/**
 * What workflow code may not import, and how the bundler says so: by file and line, with what to do.
 *
 * Node built-ins and packages that run in the host are refused wherever they are imported from, the
 * user's libraries included, as soon as code that stays in the bundle uses them; types, and code that
 * falls away, may come from anywhere. `@perdure/workflow` and `@perdure/common` stay imports, because
 * all runs share one copy of them.
 */
import { builtinModules } from 'node:module';
import type { Metafile, OnResolveArgs, OnResolveResult, Plugin } from 'esbuild';

/** Imports that the sandbox itself answers. */
const sharedModules = new Set([
  '@perdure/workflow',
  '@perdure/common',
  '@perdure/common/lib/encoding',
  '@perdure/common/lib/time',
  '@perdure/common/lib/type-helpers',
]);

const hostModules = new Set([
  '@perdure/activity',
  '@perdure/client',
  '@perdure/data-converter',
  '@perdure/envconfig',
  '@perdure/worker',
]);

const builtins = new Set(builtinModules);

const REFUSED = 'perdure-refused';
const IGNORED = 'perdure-ignored';

/** What to do about imports that are refused. */
export interface ImportRules {
  /** Modules that become empty instead of being refused. */
  readonly ignored: readonly string[];
  /** Modules to report at every place that imports them; others may yet fall away. */
  readonly reported: readonly string[];
}

/** The esbuild plugin. */
export function refuseImports(rules: ImportRules): Plugin {
  const ignored = new Set(rules.ignored.map(withoutScheme));
  const reported = new Set(rules.reported);
  return {
    name: 'perdure-workflow-imports',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, (args) => resolveImport(args, ignored, reported));
      build.onLoad({ filter: /.*/, namespace: IGNORED }, () => ({
        contents: 'module.exports = {};',
      }));
      build.onLoad({ filter: /.*/, namespace: REFUSED }, () => ({
        contents: 'module.exports = {};',
      }));
    },
  };
}

/** The refused modules of which something stayed in a bundle. */
export function refusedImports(metafile: Metafile): string[] {
  const prefix = `${REFUSED}:`;
  return Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.keys(inputs)
      .filter((input) => input.startsWith(prefix) && inputs[input]?.bytesInOutput !== 0)
      .map((input) => input.slice(prefix.length)),
  );
}

function resolveImport(
  args: OnResolveArgs,
  ignored: ReadonlySet<string>,
  reported: ReadonlySet<string>,
): OnResolveResult | null {
  const { path } = args;
  if (args.kind === 'entry-point') return null;
  if (sharedModules.has(path)) return { path, external: true };
  if (ignored.has(withoutScheme(path))) return { path, namespace: IGNORED };
  const why = reasonToRefuse(path);
  if (why === undefined) return null;
  return reported.has(path) ? refusal(path, why) : { path, namespace: REFUSED, sideEffects: false };
}

function reasonToRefuse(path: string): string | undefined {
  if (path.startsWith('node:') || builtins.has(path)) return 'is a Node built-in';
  if (path.startsWith('@perdure/workflow/')) return 'is internal';
  const owner = path.split('/').slice(0, 2).join('/');
  return hostModules.has(owner) ? 'runs outside workflows' : undefined;
}

function refusal(path: string, why: string): OnResolveResult {
  return {
    errors: [
      {
        text:
          `workflow code may not import "${path}": it ${why}. ` +
          'Use it in an activity, import only its types (import type), ' +
          'or, if the code is never called in a workflow, list it in ignoreModules',
      },
    ],
  };
}

function withoutScheme(path: string): string {
  return path.replace(/^node:/, '');
}
