/**
 * Makes one script of a user's workflow files. The script is the body of a CommonJS module: it reads
 * `require` and fills `exports`, and is evaluated once for every run.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Logger, ValueError } from '@perdure/common';
import { type BuildFailure, type BuildOptions, type Message, build } from 'esbuild';
import { type ImportRules, refuseImports, refusedImports } from './refused-imports.ts';

/** How the bundler goes about it. */
export interface BundlerOptions {
  /** Modules that become empty, for libraries that import what they do not use in workflows. */
  ignoreModules?: string[];
  /** Without effect: every module is evaluated where it is imported. */
  preloadModules?: string[];
  /** For code that needs more of the bundler: loaders, plugins, other names of modules. */
  esbuildOptions?: EsbuildOptions;
  /** Refused: the bundler is esbuild, see {@link esbuildOptions}. */
  // oxlint-disable-next-line typescript/no-explicit-any -- programs type its argument by webpack
  webpackConfigHook?: (config: any) => any;
}

/** What may be said to esbuild. Its plugins are asked before the one that refuses imports. */
export type EsbuildOptions = Pick<
  BuildOptions,
  | 'alias'
  | 'conditions'
  | 'define'
  | 'inject'
  | 'jsx'
  | 'jsxFactory'
  | 'jsxFragment'
  | 'jsxImportSource'
  | 'loader'
  | 'mainFields'
  | 'plugins'
  | 'resolveExtensions'
  | 'tsconfig'
>;

/** Options of {@link bundleWorkflowCode}. */
export interface BundleOptions extends BundlerOptions {
  /** File (or folder with an index file) that exports the workflow functions; TypeScript or JavaScript. */
  workflowsPath: string;
  /** Modules, by absolute path, that export `interceptors`. */
  workflowInterceptorModules?: string[];
  /** Module that exports `payloadConverter`, by absolute path or file URL. */
  payloadConverterPath?: string;
  /** Module that exports `failureConverter`, by absolute path or file URL. */
  failureConverterPath?: string;
  logger?: Logger;
}

/** A bundle, ready for a sandbox. */
export interface WorkflowBundle {
  readonly code: string;
  /** JSON text; without it stack traces name lines of the bundle. */
  readonly sourceMap?: string;
}

/** Workflow code that cannot be bundled; the message names every file and line. */
export class WorkflowBundleError extends Error {
  override readonly name = 'WorkflowBundleError';
}

/**
 * Bundles the workflows of a file with all they import.
 *
 * @throws WorkflowBundleError when a file is missing, does not parse, or imports what workflow code
 * may not
 * @throws ValueError for a webpackConfigHook
 */
export async function bundleWorkflowCode(options: BundleOptions): Promise<WorkflowBundle> {
  refuseWebpack(options);
  const entry = entryOf(options);
  const { ignoreModules: ignored = [], esbuildOptions } = options;
  const result = await bundle(entry, { ignored, reported: [] }, esbuildOptions);
  const refused = refusedImports(result.metafile);
  // Only a bundle without them tells what is used, and only a refusal tells where.
  if (refused.length > 0) await bundle(entry, { ignored, reported: refused }, esbuildOptions);
  for (const warning of result.warnings) options.logger?.warn(located(warning));
  const [map, code] = [/\.map$/, /\.js$/].map((name) =>
    result.outputFiles.find((file) => name.test(file.path)),
  );
  if (!code) throw new WorkflowBundleError(`bundling ${entry.path} made no code`);
  return { code: withoutExportCopy(code.text), sourceMap: map?.text };
}

/** What a bundle begins with: the user's file, or a module made up around it. */
interface Entry {
  readonly path: string;
  /** A module of its own, where more than workflows goes into the bundle. */
  readonly contents?: string;
}

function entryOf(options: BundleOptions): Entry {
  const path = resolve(options.workflowsPath);
  const { workflowInterceptorModules: modules = [] } = options;
  const { payloadConverterPath, failureConverterPath } = options;
  if (modules.length === 0 && !payloadConverterPath && !failureConverterPath) return { path };
  const lines = [importAll('workflows', path)];
  modules.forEach((each, i) => lines.push(importAll(`interceptors${i}`, each)));
  const names = modules.map((_, i) => `interceptors${i}`).join(', ');
  const parts = ['workflows', `interceptorModules: [${names}]`];
  for (const [name, from] of [
    ['payloadConverter', payloadConverterPath],
    ['failureConverter', failureConverterPath],
  ] as const) {
    if (!from) continue;
    lines.push(importAll(`${name}Module`, from));
    parts.push(`${name}: ${name}Module.${name}`);
  }
  lines.push(`export const __perdureBundle = { ${parts.join(', ')} };`);
  return { path, contents: lines.join('\n') };
}

function importAll(name: string, from: string): string {
  const path = from.startsWith('file:') ? fileURLToPath(from) : resolve(from);
  return `import * as ${name} from ${JSON.stringify(path)};`;
}

function refuseWebpack({ webpackConfigHook }: BundlerOptions): void {
  if (webpackConfigHook === undefined) return;
  throw new ValueError(
    'webpackConfigHook is refused: workflow code is bundled by esbuild. Say the same in ' +
      'bundlerOptions.esbuildOptions (alias, loader, define, plugins, …), or leave modules out by ignoreModules',
  );
}

async function bundle(
  { path, contents }: Entry,
  rules: ImportRules,
  { define, plugins = [], ...more }: EsbuildOptions = {},
) {
  try {
    return await build({
      ...more,
      ...(contents === undefined
        ? { entryPoints: [path] }
        : { stdin: { contents, resolveDir: dirname(path), sourcefile: 'workflow-entry.js' } }),
      // Never written; places in messages and stack traces are relative to it.
      outfile: join(process.cwd(), 'workflow-bundle.js'),
      absWorkingDir: process.cwd(),
      bundle: true,
      write: false,
      metafile: true,
      format: 'cjs',
      // Libraries come in their builds for browsers, which do without Node.
      platform: 'browser',
      target: 'es2023',
      sourcemap: 'external',
      sourcesContent: false,
      define: { 'process.env.NODE_ENV': '"production"', ...define },
      logLevel: 'silent',
      logOverride: { 'ignored-bare-import': 'silent' },
      plugins: [...plugins, refuseImports(rules)],
    });
  } catch (error) {
    throw bundleError(path, error);
  }
}

/**
 * esbuild copies the exports' getters to an object marked as an ES module. The sandbox needs no mark,
 * and would pay for the copy in every run.
 */
function withoutExportCopy(code: string): string {
  return code.replace(/^module\.exports = __toCommonJS\((\w+)\);$/m, 'module.exports = $1;');
}

function bundleError(entry: string, error: unknown): unknown {
  if (!isBuildFailure(error)) return error;
  const problems = error.errors.map((problem) => `  ${located(problem)}`);
  return new WorkflowBundleError(
    `the workflows of ${entry} cannot be bundled:\n${problems.join('\n')}`,
  );
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);
}

function located(message: Message): string {
  const { location } = message;
  if (!location) return message.text;
  return `${location.file}:${location.line}:${location.column + 1}: ${message.text}`;
}
