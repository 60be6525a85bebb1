/** Reach Perdure from your own programs: connect, start workflows, talk to them, get results. */
export {
  type ActivityReference,
  AsyncCompletionClient,
  type FullActivityId,
} from './async-completion-client.ts';
export { Client } from './client.ts';
export type { ClientOptions } from './client-parts.ts';
export { type ConverterOptions, loadConverter } from './converter.ts';
export { Connection, type ConnectionDefaults, type ConnectionOptions } from './connection.ts';
// There is no native part: the name is kept for programs that use it.
export { Connection as NativeConnection } from './connection.ts';
export {
  ActivityCancelledError,
  ActivityCompletionError,
  ActivityNotFoundError,
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
  Next,
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
export type { WorkflowOptions } from './workflow-options.ts';
export {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  type DataConverter,
  HandlerUnfinishedPolicy,
  type Headers,
  NamespaceNotFoundError,
  type PayloadCodec,
  type PayloadConverter,
  PerdureServiceError,
  PerdureServiceError as ServiceError,
  QueryRejectCondition,
  ServerFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
  ValueError,
  type Workflow,
  WorkflowExecutionAlreadyStartedError,
  WorkflowExecutionStatus,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  type WorkflowResultType,
  WorkflowUpdateStage,
  defaultPayloadConverter,
  rootCause,
} from '@perdure/common';
