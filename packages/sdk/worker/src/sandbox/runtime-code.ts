/**
 * Code that is made from the packages this one is installed beside, once per process: what a sandbox
 * loads and what a workflow thread runs, each one script, so that neither resolves modules.
 */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

const here = fileURLToPath(import.meta.url);
/** A worker that runs from its sources takes what it makes from sources too. */
const fromSources = extname(here) === '.ts';

let runtime: Promise<string> | undefined;
let thread: Promise<string> | undefined;

/**
 * The SDK as a sandbox loads it: `@perdure/workflow`, `@perdure/common` and the runtime under them,
 * the body of a CommonJS module that exports the runtime.
 */
export function runtimeCode(): Promise<string> {
  runtime ??= bundled("export * from '@perdure/workflow/runtime';", { platform: 'neutral' });
  return runtime;
}

/** The script of a workflow thread, see `thread/entry.ts`. */
export function threadCode(): Promise<string> {
  const entry = `./thread/entry${extname(here)}`;
  // The build of msgpackr for browsers is the one without native code.
  thread ??= bundled(`import '${entry}';`, { platform: 'node', conditions: ['browser'] });
  return thread;
}

async function bundled(
  contents: string,
  { platform, conditions = [] }: Pick<BuildOptions, 'platform' | 'conditions'>,
): Promise<string> {
  const result = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    write: false,
    format: 'cjs',
    platform,
    mainFields: ['module', 'main'],
    conditions: fromSources ? ['@perdure/source', ...conditions] : conditions,
    target: 'es2023',
    logLevel: 'silent',
  });
  const [file] = result.outputFiles;
  if (!file) throw new Error('bundling the worker’s own code made no code');
  return file.text;
}
