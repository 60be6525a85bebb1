/** Run workflows and activities on your own machines. */
export { Connection as NativeConnection } from '@perdure/client';
export { DefaultLogger, type LogEntry } from './default-logger.ts';
export { CombinedWorkerRunError, GracefulShutdownPeriodExpiredError } from './errors.ts';
export {
  type BundleOptions,
  type WorkflowBundle,
  WorkflowBundleError,
  bundleWorkflowCode,
} from './sandbox/bundle.ts';
export { type WorkerOptions } from './worker-options.ts';
export { Worker, type WorkerState } from './worker.ts';
