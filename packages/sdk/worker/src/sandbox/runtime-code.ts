/**
 * The SDK's own code as a sandbox loads it: `@perdure/workflow`, `@perdure/common` and the runtime
 * under them in one script, made once per process from the packages this one is installed beside.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

let cached: Promise<string> | undefined;

/** The code, a CommonJS module body that exports the runtime. */
export function runtimeCode(): Promise<string> {
  cached ??= bundleRuntime();
  return cached;
}

async function bundleRuntime(): Promise<string> {
  const here = fileURLToPath(import.meta.url);
  const result = await build({
    stdin: {
      contents: "export * from '@perdure/workflow/runtime';",
      resolveDir: dirname(here),
      sourcefile: 'sandbox-runtime.js',
    },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    // A worker that runs from its sources takes its sandbox from sources too.
    conditions: here.endsWith('.ts') ? ['@perdure/source'] : [],
    target: 'es2023',
    logLevel: 'silent',
  });
  const [file] = result.outputFiles;
  if (!file) throw new Error('bundling the workflow runtime made no code');
  return file.text;
}
