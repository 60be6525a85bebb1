/**
 * What workflow code may not import, and how the bundler says so: by file and line, with what to do.
 *
 * Node built-ins and packages that run in the host are refused wherever they are imported from, the
 * user's libraries included; imports of types alone never get here. `@perdure/workflow` and
 * `@perdure/common` stay imports, because all runs share one copy of them.
 */
import { builtinModules } from 'node:module';
import type { OnResolveArgs, OnResolveResult, Plugin } from 'esbuild';

/** Imports that the sandbox itself answers. */
const sharedModules = new Set(['@perdure/workflow', '@perdure/common']);

const hostModules = new Set([
  '@perdure/activity',
  '@perdure/client',
  '@perdure/data-converter',
  '@perdure/envconfig',
  '@perdure/worker',
]);

const builtins = new Set(builtinModules);

/** The esbuild plugin. Modules in `ignoreModules` become empty instead of being refused. */
export function refuseImports(ignoreModules: readonly string[]): Plugin {
  const ignored = new Set(ignoreModules);
  return {
    name: 'perdure-workflow-imports',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, (args) => resolveImport(args, ignored));
      build.onLoad({ filter: /.*/, namespace: 'perdure-ignored' }, () => ({
        contents: 'module.exports = {};',
      }));
    },
  };
}

function resolveImport(args: OnResolveArgs, ignored: ReadonlySet<string>): OnResolveResult | null {
  const { path } = args;
  if (args.kind === 'entry-point') return null;
  if (sharedModules.has(path)) return { path, external: true };
  const bare = path.replace(/^node:/, '');
  if (ignored.has(path) || ignored.has(bare)) return { path, namespace: 'perdure-ignored' };
  if (path.startsWith('node:') || builtins.has(path)) return refusal(path, 'is a Node built-in');
  const owner = path.split('/').slice(0, 2).join('/');
  if (hostModules.has(owner)) return refusal(path, 'runs outside workflows');
  if (path.startsWith('@perdure/workflow/')) return refusal(path, 'is internal');
  return null;
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
