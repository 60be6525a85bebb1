/** Run workflows and activities on your own machines. */
export {
  Connection as NativeConnection,
  type ConnectionOptions as NativeConnectionOptions,
  type TLSConfig,
} from '@perdure/client';
export {
  type DataConverter,
  type Headers,
  IllegalStateError,
  type LogLevel,
  type LogMetadata,
  type Logger,
  type Next,
  defaultPayloadConverter,
} from '@perdure/common';
export type { LoggerSinks } from '@perdure/workflow';
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
  PromiseCompletionTimeoutError,
  ReplayError,
  TransportError,
} from './errors.ts';
export type {
  History,
  HistoryJson,
  HistoryToReplay,
  ReplayResult,
  ReplayWorkerOptions,
} from './replay.ts';
export {
  type BundleOptions,
  type BundlerOptions,
  type EsbuildOptions,
  type WorkflowBundle,
  // The name that programs know it by; its source map is there whenever bundleWorkflowCode made it.
  type WorkflowBundle as WorkflowBundleWithSourceMap,
  WorkflowBundleError,
  bundleWorkflowCode,
} from './sandbox/bundle.ts';
export {
  Runtime,
  type RuntimeOptions,
  type TelemetryFilterOptions,
  type TelemetryOptions,
  makeTelemetryFilterString,
} from './runtime.ts';
export {
  type InjectedSink,
  type InjectedSinkFunction,
  type InjectedSinks,
  defaultSinks,
} from './sinks.ts';
export type { FixedSizeSlotSupplier, TunerHolder, WorkerTuner } from './tuner.ts';
export type {
  OptionsWithoutEffect,
  PollerBehavior,
  WorkerInterceptors,
  WorkerOptions,
  WorkflowBundleOption,
  WorkflowBundlePath,
} from './worker-options.ts';
export {
  type RunUntilOptions,
  type WorkerState as State,
  Worker,
  type WorkerState,
  type WorkerStatus,
} from './worker.ts';
