/** The sandbox of a worker, from its options. */
import { readFile } from 'node:fs/promises';
import type { WorkerOptions } from '../worker-options.ts';
import { type WorkflowBundle, bundleWorkflowCode } from './bundle.ts';
import { type Sandbox, createSandbox } from './sandbox.ts';

/** What says where workflow code is, and what goes with it. */
export type SandboxOptions = Pick<
  WorkerOptions,
  | 'workflowBundle'
  | 'workflowsPath'
  | 'dataConverter'
  | 'interceptors'
  | 'bundlerOptions'
  | 'logger'
>;

/**
 * Bundles and loads workflow code; undefined for a worker without.
 *
 * @throws WorkflowBundleError when the code imports what it may not
 */
export async function loadSandbox(options: SandboxOptions): Promise<Sandbox | undefined> {
  const { workflowBundle, workflowsPath, dataConverter, interceptors, bundlerOptions } = options;
  if (workflowBundle) return createSandbox(await readBundle(workflowBundle));
  if (workflowsPath === undefined) return undefined;
  const bundle = await bundleWorkflowCode({
    workflowsPath,
    ignoreModules: bundlerOptions?.ignoreModules,
    workflowInterceptorModules: interceptors?.workflowModules,
    payloadConverterPath: dataConverter?.payloadConverterPath,
    failureConverterPath: dataConverter?.failureConverterPath,
    logger: options.logger,
  });
  return createSandbox(bundle);
}

/** A bundle in a file has its source map beside it, by the same name with `.map`, or none. */
async function readBundle(
  bundle: NonNullable<WorkerOptions['workflowBundle']>,
): Promise<WorkflowBundle> {
  if ('code' in bundle) return bundle;
  const [code, sourceMap] = await Promise.all([
    readFile(bundle.codePath, 'utf8'),
    readFile(`${bundle.codePath}.map`, 'utf8').catch(() => undefined),
  ]);
  return { code, sourceMap };
}
