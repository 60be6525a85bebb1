/** Run workflows and activities on your own machines. */
export { Connection as NativeConnection } from '@perdure/client';
export { DefaultLogger, type LogEntry } from './default-logger.ts';
export {
  type ActivityExecuteInput,
  type ActivityInboundCallsInterceptor,
  type ActivityInterceptors,
  type ActivityInterceptorsFactory,
  type ActivityOutboundCallsInterceptor,
} from './activity/interceptors.ts';
export {
  CombinedWorkerRunError,
  GracefulShutdownPeriodExpiredError,
  ReplayError,
} from './errors.ts';
export type { History, HistoryToReplay, ReplayResult, ReplayWorkerOptions } from './replay.ts';
export {
  type BundleOptions,
  type WorkflowBundle,
  WorkflowBundleError,
  bundleWorkflowCode,
} from './sandbox/bundle.ts';
export type { InjectedSinkFunction, InjectedSinks } from './sinks.ts';
export { type WorkerInterceptors, type WorkerOptions } from './worker-options.ts';
export { Worker, type WorkerState } from './worker.ts';
