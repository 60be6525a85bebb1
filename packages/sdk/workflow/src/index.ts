/**
 * What workflow code imports. Works only where a worker runs it: in the sandbox, which gives it time
 * and randomness that come out the same on every replay.
 */
export { proxyActivities, scheduleActivity } from './activities.ts';
export { CancellationScope, type CancellationScopeOptions } from './cancellation-scope.ts';
export { condition } from './condition.ts';
export { DeterminismViolationError, WorkflowError } from './errors.ts';
export { type WorkflowInfo, inWorkflowContext, workflowInfo } from './info.ts';
export { log } from './log.ts';
export { uuid4 } from './random.ts';
export {
  allHandlersFinished,
  defineSignal,
  setDefaultSignalHandler,
  setHandler,
} from './signals.ts';
export { sleep } from './timers.ts';
export { Trigger } from './trigger.ts';
export {
  ActivityCancellationType,
  ActivityFailure,
  type ActivityFunction,
  type ActivityInterfaceFor,
  type ActivityOptions,
  ApplicationFailure,
  CancelledFailure,
  type Duration,
  IllegalStateError,
  PayloadConverterError,
  PerdureFailure,
  type RetryPolicy,
  RetryState,
  ServerFailure,
  type SignalDefinition,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
  type UntypedActivities,
  ValueError,
  type Workflow,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowResultType,
  type WorkflowReturnType,
  defaultPayloadConverter,
  isCancellation,
  rootCause,
} from '@perdure/common';
