/**
 * Work between workflows. Each run decides alone, so whatever concerns another run is committed as
 * a *transfer*, carried out by the data plane, and reported back by a command. Transfers can be
 * recomputed from the state at any time, carrying one out again does no harm, and reporting it
 * again is rejected as `stale`.
 *
 * | transfer         | carry out                                         | report                      |
 * |------------------|---------------------------------------------------|-----------------------------|
 * | `startChild`     | {@link childStartCommand}, under the same run id  | recordChildStartFailed, or  |
 * |                  | however often it is carried out                   | by the child's own transfer |
 * | `reportStart`    | recordChildStarted on the parent's run; owed by   | beginChild                  |
 * |                  | the child, which has no workflow task before      |                             |
 * | `signalExternal` | {@link externalSignalCommand}, with               | recordExternalOutcome       |
 * |                  | {@link transferRequestId}                         |                             |
 * | `cancelExternal` | {@link externalCancelCommand}, likewise           | recordExternalOutcome       |
 * | `notifyParent`   | {@link childClosedCommand} on the parent's run    | acknowledgeTransfer         |
 * | `closeChildren`  | {@link childrenToClose}: each one's current run,  | acknowledgeTransfer         |
 * |                  | if it is still the child, is terminated or asked  |                             |
 * |                  | to cancel                                         |                             |
 *
 * A child that its parent has not recorded, and will not because it has closed or has recorded a
 * failure, must be terminated whatever its policy (semantics 33): it has not begun and never will.
 *
 * A message to a child whose start is pending is held back until that is recorded.
 */
import { inheritPriority } from '@perdure/common';
import type { EventOf, WorkflowExecution } from '@perdure/protocol';
import type {
  ChildOutcome,
  RecordChildClosed,
  RecordChildStarted,
  RequestCancelWorkflow,
  SignalWorkflow,
  StartWorkflow,
} from './command.ts';
import type { Transfer } from './decision.ts';
import { awaitsStart } from './machines/child.ts';
import { type CloseEvent, successorOf } from './state/apply-closed.ts';
import { type ChildState, type ExecutionState, isClosed } from './state/execution-state.ts';

/** Reason of a termination that a parent's close brings (semantics 33). */
export const PARENT_CLOSE_REASON = 'by parent close policy';

/** Every transfer that a state asks for. */
export function transfersOf(state: ExecutionState): Transfer[] {
  const transfers: Transfer[] = [];
  const closed = isClosed(state);
  const unstarted = new Set<string>();
  if (!closed) {
    if (state.awaitsParent) transfers.push({ kind: 'reportStart', initiatedEventId: 0 });
    for (const child of state.children.values()) {
      if (!awaitsStart(child)) continue;
      unstarted.add(child.workflowId);
      transfers.push({ kind: 'startChild', initiatedEventId: child.initiatedEventId });
    }
  }
  for (const external of state.externals.values()) {
    const { kind, initiatedEventId, childWorkflowOnly, outcomeBuffered, workflowId } = external;
    if (outcomeBuffered || (childWorkflowOnly && unstarted.has(workflowId))) continue;
    transfers.push({
      kind: kind === 'signal' ? 'signalExternal' : 'cancelExternal',
      initiatedEventId,
    });
  }
  if (closed && state.owesParent) transfers.push({ kind: 'notifyParent', initiatedEventId: 0 });
  if (closed && state.children.size > 0) {
    transfers.push({ kind: 'closeChildren', initiatedEventId: 0 });
  }
  return transfers;
}

/** Whether there is any; quick for the many runs that have nothing to do with others. */
export function owesTransfers(state: ExecutionState): boolean {
  return mayOwe(state) && transfersOf(state).length > 0;
}

const none: readonly Transfer[] = [];

/** How the transfers of `after` differ from those of `before`. */
export function transferChanges(
  before: ExecutionState | undefined,
  after: ExecutionState,
): { readonly add: readonly Transfer[]; readonly remove: readonly Transfer[] } {
  const earlier = before && mayOwe(before) ? transfersOf(before) : none;
  const later = mayOwe(after) ? transfersOf(after) : none;
  if (earlier.length === 0 && later.length === 0) return { add: none, remove: none };
  return { add: without(later, earlier), remove: without(earlier, later) };
}

/** Request id of a transfer: the same however often it is carried out. */
export function transferRequestId(state: ExecutionState, initiatedEventId: number): string {
  return `${state.runId}:${initiatedEventId}`;
}

/**
 * The start of a child that has been initiated.
 *
 * @param childRunId the same each time, so that a start that is carried out again is recognized
 */
export function childStartCommand(
  parent: ExecutionState,
  initiated: EventOf<'StartChildWorkflowExecutionInitiated'>,
  childRunId: string,
): StartWorkflow {
  const {
    workflowTaskCompletedEventId: _task,
    parentClosePolicy: _close,
    workflowIdReusePolicy: _reuse,
    ...facts
  } = initiated.attributes;
  return {
    ...facts,
    kind: 'startWorkflow',
    runId: childRunId,
    priority: inheritPriority(facts.priority, parent.priority),
    parent: { ...executionOf(parent), initiatedEventId: initiated.eventId },
    awaitsParent: true,
    root: parent.root ?? executionOf(parent),
    requestId: transferRequestId(parent, initiated.eventId),
  };
}

/** The signal for another workflow. */
export function externalSignalCommand(
  sender: ExecutionState,
  { attributes }: EventOf<'SignalExternalWorkflowExecutionInitiated'>,
): SignalWorkflow {
  const { signalName, input, header, childWorkflowOnly } = attributes;
  return {
    kind: 'signalWorkflow',
    signalName,
    input,
    header,
    externalWorkflowExecution: executionOf(sender),
    onlyChildOf: childWorkflowOnly ? executionOf(sender) : undefined,
  };
}

/** The cancel request for another workflow. */
export function externalCancelCommand(
  sender: ExecutionState,
  { eventId, attributes }: EventOf<'RequestCancelExternalWorkflowExecutionInitiated'>,
): RequestCancelWorkflow {
  const { reason, childWorkflowOnly } = attributes;
  return {
    kind: 'requestCancelWorkflow',
    cause: reason,
    externalInitiatedEventId: eventId,
    externalWorkflowExecution: executionOf(sender),
    onlyChildOf: childWorkflowOnly ? executionOf(sender) : undefined,
  };
}

/** What a child that was started tells its parent; for the run `state.parent.runId` and no other. */
export function childStartedCommand({
  parent,
  firstExecutionRunId,
}: ExecutionState): RecordChildStarted | undefined {
  if (!parent) return undefined;
  const { initiatedEventId } = parent;
  return { kind: 'recordChildStarted', initiatedEventId, childRunId: firstExecutionRunId };
}

/**
 * Whether an open parent has recorded the start of the child, be it that the event still waits for
 * the end of a workflow task.
 */
export function knowsChild(parent: ExecutionState, child: ExecutionState): boolean {
  if (child.parent?.runId !== parent.runId) return false;
  return parent.children.get(child.parent.initiatedEventId)?.runId === child.firstExecutionRunId;
}

/**
 * What a closed child tells its parent; for the run `state.parent.runId` and no other.
 * Undefined when the run has no parent, or another run follows it.
 */
export function childClosedCommand(
  state: ExecutionState,
  closeEvent: CloseEvent,
): RecordChildClosed | undefined {
  const outcome = childOutcomeOf(closeEvent);
  if (!state.parent || !outcome) return undefined;
  return {
    kind: 'recordChildClosed',
    initiatedEventId: state.parent.initiatedEventId,
    childRunId: state.firstExecutionRunId,
    outcome,
  };
}

/** The children that the close of a run concerns; see their `parentClosePolicy`. */
export function childrenToClose(state: ExecutionState): readonly ChildState[] {
  return isClosed(state) ? [...state.children.values()] : [];
}

/** Whether a run belongs to the chain of runs that is this child. */
export function isChild(state: ExecutionState, child: ChildState, parent: ExecutionState): boolean {
  return (
    state.parent?.runId === parent.runId && state.parent.initiatedEventId === child.initiatedEventId
  );
}

function childOutcomeOf(event: CloseEvent): ChildOutcome | undefined {
  if (successorOf(event) !== undefined) return undefined;
  switch (event.eventType) {
    case 'WorkflowExecutionCompleted':
      return { status: 'COMPLETED', result: event.attributes.result };
    case 'WorkflowExecutionFailed': {
      const { failure, retryState } = event.attributes;
      return { status: 'FAILED', failure, retryState };
    }
    case 'WorkflowExecutionCanceled':
      return { status: 'CANCELLED', details: event.attributes.details };
    case 'WorkflowExecutionTimedOut':
      return { status: 'TIMED_OUT', retryState: event.attributes.retryState };
    case 'WorkflowExecutionTerminated':
      return { status: 'TERMINATED' };
    case 'WorkflowExecutionContinuedAsNew':
      return undefined;
    default:
      return event satisfies never;
  }
}

/** Quick no for the many runs that have nothing to do with others. */
function mayOwe(state: ExecutionState): boolean {
  const { children, externals, owesParent, awaitsParent } = state;
  return children.size > 0 || externals.size > 0 || owesParent || awaitsParent;
}

function without(some: readonly Transfer[], others: readonly Transfer[]): Transfer[] {
  const known = new Set(others.map(keyOf));
  return some.filter((each) => !known.has(keyOf(each)));
}

function keyOf({ kind, initiatedEventId }: Transfer): string {
  return `${kind} ${initiatedEventId}`;
}

function executionOf({ workflowId, runId }: ExecutionState): WorkflowExecution {
  return { workflowId, runId };
}
