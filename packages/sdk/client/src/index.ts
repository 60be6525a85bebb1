/** Reach Perdure from your own programs: connect, start workflows, talk to them, get results. */
export {
  type ActivityReference,
  AsyncCompletionClient,
  type FullActivityId,
} from './async-completion-client.ts';
export { Client } from './client.ts';
// One set of options serves the client and its parts.
export type {
  ClientOptions as AsyncCompletionClientOptions,
  ClientOptions,
  ClientOptions as WorkflowClientOptions,
} from './client-parts.ts';
export { type ConverterOptions, loadConverter } from './converter.ts';
export { Connection, type ConnectionDefaults, type ConnectionOptions } from './connection.ts';
// There is no native part: the name is kept for programs that use it.
export { Connection as NativeConnection } from './connection.ts';
export type { ApiKey, Metadata, TLSCertificatePair, TLSConfig } from './credentials.ts';
export {
  ActivityCancelledError,
  ActivityCompletionError,
  ActivityNotFoundError,
  ActivityPausedError,
  ActivityResetError,
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowContinuedAsNewError,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
} from './errors.ts';
export type {
  ClientInterceptors,
  InterceptedStartOptions,
  WorkflowCancelInput,
  WorkflowClientInterceptor,
  WorkflowDescribeInput,
  WorkflowExecutionTarget,
  WorkflowQueryInput,
  WorkflowSignalInput,
  WorkflowSignalWithStartInput,
  WorkflowStartInput,
  WorkflowStartUpdateInput,
  WorkflowStartUpdateOutput,
  WorkflowStartUpdateWithStartInput,
  WorkflowStartUpdateWithStartOutput,
  WorkflowTerminateInput,
} from './interceptors.ts';
export { type HistoryOrigin, originOf } from './history-origin.ts';
export type { WorkflowResultOptions } from './result.ts';
export { reconnectDelay } from './stream/reconnect-delay.ts';
export type { Channel, ChannelListener, StreamClient } from './stream/stream-client.ts';
export { WithStartWorkflowOperation, type WithStartWorkflowOptions } from './update-with-start.ts';
export {
  WorkflowClient,
  type WorkflowSignalWithStartOptions,
  type WorkflowStartOptions,
  type WorkflowUpdateWithStartOptions,
} from './workflow-client.ts';
export type { PendingActivityInfo, WorkflowExecutionDescription } from './workflow-description.ts';
export type {
  GetWorkflowHandleOptions,
  WorkflowHandle,
  WorkflowHandleWithFirstExecutionRunId,
  WorkflowHandleWithSignaledRunId,
  WorkflowHandleWithStartDetails,
  WorkflowUpdateHandle,
  WorkflowUpdateOptions,
} from './workflow-handle.ts';
export type {
  AsyncWorkflowListIterable,
  HistoryAndWorkflowId,
  IntoHistoriesOptions,
  ListOptions,
} from './workflow-list.ts';
export { WorkflowIdReusePolicy } from './workflow-id-reuse-policy.ts';
export type { WorkflowOptions } from './workflow-options.ts';
export {
  ActivityFailure,
  type ActivityFunction,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  CompleteAsyncError,
  type DataConverter,
  HandlerUnfinishedPolicy,
  type Headers,
  IllegalStateError,
  type ListedExecution as WorkflowExecutionInfo,
  NamespaceNotFoundError,
  type Next,
  type Payload,
  type PayloadCodec,
  type PayloadConverter,
  PayloadConverterError,
  PerdureServiceError,
  PerdureServiceError as ServiceError,
  type QueryDefinition,
  QueryRejectCondition,
  type Priority,
  type RetryPolicy,
  type SearchAttributePair,
  type SearchAttributeValue,
  type SearchAttributes,
  ServerFailure,
  type SignalDefinition,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
  type UntypedActivities,
  TypedSearchAttributes,
  type UpdateDefinition,
  ValueError,
  type WithWorkflowArgs,
  type Workflow,
  type WorkflowExecution,
  WorkflowExecutionAlreadyStartedError,
  WorkflowExecutionStatus,
  type WorkflowExecutionStatus as WorkflowExecutionStatusName,
  WorkflowIdConflictPolicy,
  WorkflowNotFoundError,
  type WorkflowQueryType,
  type WorkflowResultType,
  type WorkflowReturnType,
  type WorkflowSignalType,
  type WorkflowUpdateType,
  WorkflowUpdateStage,
  defaultPayloadConverter,
  rootCause,
} from '@perdure/common';
