/** The sandbox of a worker, from its options. */
import type { WorkerOptions } from '../worker-options.ts';
import { bundleWorkflowCode } from './bundle.ts';
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
  if (workflowBundle) return createSandbox(workflowBundle);
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
