/**
 * What workflow code imports. Works only where a worker runs it: in the sandbox, which gives it time
 * and randomness that come out the same on every replay.
 */
export {
  proxyActivities,
  proxyLocalActivities,
  scheduleActivity,
  scheduleLocalActivity,
} from './activities.ts';
export { AsyncLocalStorage } from './async-local-storage.ts';
export { CancellationScope, type CancellationScopeOptions } from './cancellation-scope.ts';
export { type ChildWorkflowHandle, executeChild, startChild } from './children.ts';
export {
  type ChildWorkflowOptions,
  type ChildWorkflowOptionsWithDefaults,
} from './child-workflow-options.ts';
export { condition } from './condition.ts';
export {
  ContinueAsNew,
  type ContinueAsNewOptions,
  continueAsNew,
  makeContinueAsNewFunc,
} from './continue-as-new.ts';
export {
  type EnhancedStackTrace,
  type HandlerDescription,
  type StackLocation,
  type WorkflowMetadata,
  defineQuery,
  defineSignal,
  defineUpdate,
  enhancedStackTraceQuery,
  stackTraceQuery,
  workflowMetadataQuery,
} from './definitions.ts';
export { DeterminismViolationError, WorkflowError } from './errors.ts';
export { type ExternalWorkflowHandle, getExternalWorkflowHandle } from './external.ts';
export {
  type HandlerOf,
  type QueryHandlerOptions,
  type SignalHandlerOptions,
  type UpdateHandlerOptions,
  type UpdateInfo,
  allHandlersFinished,
  currentUpdateInfo,
  setDefaultQueryHandler,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
} from './handlers.ts';
export {
  type ParentWorkflowInfo,
  type RootWorkflowInfo,
  type UnsafeWorkflowInfo,
  type WorkflowInfo,
  inWorkflowContext,
  workflowInfo,
} from './info.ts';
export type {
  ActivateInput,
  ActivityInput,
  ConcludeActivationInput,
  ConcludeActivationOutput,
  ContinueAsNewInput,
  DisposeInput,
  GetLogAttributesInput,
  GetMetricTagsInput,
  LocalActivityInput,
  QueryInput,
  SignalInput,
  SignalWorkflowInput,
  StartChildWorkflowExecutionInput,
  TimerInput,
  TimerOptions,
  UpdateInput,
  WorkflowExecuteInput,
  WorkflowInboundCallsInterceptor,
  WorkflowInterceptors,
  WorkflowInterceptorsFactory,
  WorkflowInternalsInterceptor,
  WorkflowOutboundCallsInterceptor,
} from './interceptors.ts';
export { log } from './log.ts';
export { metricMeter } from './metrics.ts';
export { deprecatePatch, patched } from './patches.ts';
export { uuid4 } from './random.ts';
export { type LoggerSinks, type Sink, type SinkFunction, type Sinks, proxySinks } from './sinks.ts';
export { sleep } from './timers.ts';
export { Trigger } from './trigger.ts';
export {
  getCurrentDetails,
  setCurrentDetails,
  upsertMemo,
  upsertSearchAttributes,
} from './upserts.ts';
export {
  type WorkflowDefinitionOptions,
  type WorkflowDefinitionOptionsOrGetter,
  setWorkflowOptions,
} from './workflow-options.ts';
export {
  ActivityCancellationType,
  ActivityFailure,
  type ActivityFunction,
  type ActivityInterfaceFor,
  type ActivityOptions,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  CompleteAsyncError,
  type Duration,
  HandlerUnfinishedPolicy,
  type Headers,
  IllegalStateError,
  InitialVersioningBehavior,
  type LocalActivityOptions,
  type MetricCounter,
  type MetricGauge,
  type MetricHistogram,
  type MetricMeter,
  type MetricTags,
  type MetricUpDownCounter,
  NamespaceNotFoundError,
  type Next,
  ParentClosePolicy,
  type Payload,
  type PayloadConverter,
  PayloadConverterError,
  PerdureFailure,
  type Priority,
  type QueryDefinition,
  type RetryPolicy,
  RetryState,
  type SearchAttributePair,
  SearchAttributeType,
  type SearchAttributeUpdatePair,
  type SearchAttributeValue,
  type SearchAttributes,
  ServerFailure,
  type SignalDefinition,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
  TypedSearchAttributes,
  type UntypedActivities,
  type UpdateDefinition,
  ValueError,
  VersioningBehavior,
  type WithWorkflowArgs,
  type WorkerDeploymentVersion,
  type Workflow,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type WorkflowQueryType,
  type WorkflowResultType,
  type WorkflowReturnType,
  type WorkflowSignalType,
  type WorkflowUpdateType,
  type WorkflowUpdateValidatorType,
  defaultPayloadConverter,
  defineSearchAttributeKey,
  isCancellation,
  rootCause,
} from '@perdure/common';
