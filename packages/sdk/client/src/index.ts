/** Reach Perdure from your own programs: connect, start workflows, talk to them, get results. */
export { Client, type ClientOptions } from './client.ts';
export { type ConverterOptions, loadConverter } from './converter.ts';
export { Connection, type ConnectionDefaults, type ConnectionOptions } from './connection.ts';
// There is no native part: the name is kept for programs that use it.
export { Connection as NativeConnection } from './connection.ts';
export { WorkflowFailedError } from './errors.ts';
export { reconnectDelay } from './stream/reconnect-delay.ts';
export type { Channel, ChannelListener, StreamClient } from './stream/stream-client.ts';
export { type ListOptions, WorkflowClient, type WorkflowStartOptions } from './workflow-client.ts';
export type {
  PendingActivityInfo,
  WorkflowExecutionDescription,
  WorkflowHandle,
  WorkflowHandleWithFirstExecutionRunId,
} from './workflow-handle.ts';
export type { WorkflowOptions } from './workflow-options.ts';
export {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  NamespaceNotFoundError,
  PerdureServiceError,
  PerdureServiceError as ServiceError,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowExecutionAlreadyStartedError,
  WorkflowExecutionStatus,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@perdure/common';
