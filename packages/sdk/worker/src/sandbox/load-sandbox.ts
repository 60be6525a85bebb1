/** The sandbox of a worker, from its options. */
import { readFile } from 'node:fs/promises';
import type { WorkerOptions } from '../worker-options.ts';
import { type WorkflowBundle, bundleWorkflowCode } from './bundle.ts';
import type { Sandbox, SandboxSettings } from './interface.ts';
import { runtimeCode, threadCode } from './runtime-code.ts';
import { type ThreadOptions, createThreadedSandbox } from './threaded-vm.ts';

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
 * Bundles and loads workflow code; undefined for options without.
 *
 * @param threads how it is to run in threads; undefined for the thread that calls
 * @throws WorkflowBundleError when the code imports what it may not
 */
export async function loadSandbox(
  options: SandboxOptions,
  settings: SandboxSettings,
  threads?: ThreadOptions,
): Promise<Sandbox | undefined> {
  const { workflowBundle, workflowsPath } = options;
  if (!workflowBundle && workflowsPath === undefined) return undefined;
  const bundle = workflowBundle ? readBundle(workflowBundle) : makeBundle(options, workflowsPath!);
  return threads
    ? sandboxInThreads(bundle, settings, threads)
    : sandboxHere(await bundle, settings);
}

/** A sandbox in the thread that calls. */
export async function sandboxHere(
  bundle: WorkflowBundle,
  settings: SandboxSettings = {},
): Promise<Sandbox> {
  // Not loaded unless it is wanted: it changes how the process watches for rejections.
  const [{ createVmSandbox }, runtime] = await Promise.all([import('./vm.ts'), runtimeCode()]);
  return createVmSandbox(runtime, bundle, settings);
}

/** A sandbox in threads of its own, which start while the bundle is being made. */
export async function sandboxInThreads(
  bundle: WorkflowBundle | Promise<WorkflowBundle>,
  settings: SandboxSettings,
  threads: ThreadOptions,
): Promise<Sandbox> {
  const parts = Promise.all([bundle, runtimeCode()]).then(([made, runtime]) => {
    return { bundle: made, runtime, settings };
  });
  // Whoever waits for it first is told.
  parts.catch(() => {});
  return createThreadedSandbox(await threadCode(), parts, threads);
}

function makeBundle(options: SandboxOptions, workflowsPath: string): Promise<WorkflowBundle> {
  const { dataConverter, interceptors, bundlerOptions } = options;
  return bundleWorkflowCode({
    ...bundlerOptions,
    workflowsPath,
    workflowInterceptorModules: interceptors?.workflowModules,
    payloadConverterPath: dataConverter?.payloadConverterPath,
    failureConverterPath: dataConverter?.failureConverterPath,
    logger: options.logger,
  });
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
