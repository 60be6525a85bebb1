/**
 * Makes one script of a user's workflow files. The script is the body of a CommonJS module: it reads
 * `require` and fills `exports`, and is evaluated once for every run.
 */
import { dirname, resolve } from 'node:path';
import type { Logger } from '@perdure/common';
import { type BuildFailure, type Message, build } from 'esbuild';
import { refuseImports } from './refused-imports.ts';

/** Options of {@link bundleWorkflowCode}. */
export interface BundleOptions {
  /** File (or folder with an index file) that exports the workflow functions; TypeScript or JavaScript. */
  workflowsPath: string;
  /** Modules that become empty, for libraries that import what they do not use in workflows. */
  ignoreModules?: string[];
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
 */
export async function bundleWorkflowCode(options: BundleOptions): Promise<WorkflowBundle> {
  const entry = resolve(options.workflowsPath);
  const result = await build({
    entryPoints: [entry],
    outfile: `${dirname(entry)}/workflow-bundle.js`,
    absWorkingDir: dirname(entry),
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2023',
    sourcemap: 'external',
    sourcesContent: false,
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
    plugins: [refuseImports(options.ignoreModules ?? [])],
  }).catch((error: unknown) => {
    throw bundleError(entry, error);
  });
  for (const warning of result.warnings) options.logger?.warn(located(warning));
  const [map, code] = [/\.map$/, /\.js$/].map((name) =>
    result.outputFiles.find((file) => name.test(file.path)),
  );
  if (!code) throw new WorkflowBundleError(`bundling ${entry} made no code`);
  return { code: code.text, sourceMap: map?.text };
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
