/** What events about children and other workflows mean for a run's state. */
import type { EventOf, EventType, WorkflowTarget } from '@perdure/protocol';
import type { DraftState } from './clone.ts';
import type { ExternalState } from './execution-state.ts';

type OtherWorkflowEventType = Extract<
  EventType,
  `${'Start' | ''}Child${string}` | `${string}External${string}`
>;

/** An event about another workflow. */
export type OtherWorkflowEvent = {
  [T in OtherWorkflowEventType]: EventOf<T>;
}[OtherWorkflowEventType];

/** Folds one such event. */
export function applyOtherWorkflowEvent(state: DraftState, event: OtherWorkflowEvent): void {
  switch (event.eventType) {
    case 'StartChildWorkflowExecutionInitiated':
      return applyChildInitiated(state, event);
    case 'ChildWorkflowExecutionStarted':
      return applyChildStarted(state, event);
    case 'StartChildWorkflowExecutionFailed':
    case 'ChildWorkflowExecutionCompleted':
    case 'ChildWorkflowExecutionFailed':
    case 'ChildWorkflowExecutionCanceled':
    case 'ChildWorkflowExecutionTimedOut':
    case 'ChildWorkflowExecutionTerminated':
      state.children.delete(event.attributes.initiatedEventId);
      return;
    case 'SignalExternalWorkflowExecutionInitiated':
    case 'RequestCancelExternalWorkflowExecutionInitiated':
      return applyExternalInitiated(state, event);
    case 'SignalExternalWorkflowExecutionFailed':
    case 'ExternalWorkflowExecutionSignaled':
    case 'RequestCancelExternalWorkflowExecutionFailed':
    case 'ExternalWorkflowExecutionCancelRequested':
      state.externals.delete(event.attributes.initiatedEventId);
      return;
    default:
      return event satisfies never;
  }
}

function applyChildInitiated(
  state: DraftState,
  { eventId, attributes }: EventOf<'StartChildWorkflowExecutionInitiated'>,
): void {
  state.children.set(eventId, {
    initiatedEventId: eventId,
    workflowTaskCompletedEventId: attributes.workflowTaskCompletedEventId,
    workflowId: attributes.workflowId,
    workflowType: attributes.workflowType,
    parentClosePolicy: attributes.parentClosePolicy,
    startedEventId: 0,
    runId: undefined,
    outcomeBuffered: false,
  });
}

function applyChildStarted(
  state: DraftState,
  { eventId, attributes }: EventOf<'ChildWorkflowExecutionStarted'>,
): void {
  const child = state.children.get(attributes.initiatedEventId);
  if (!child) return;
  const { runId } = attributes.workflowExecution;
  state.children.set(child.initiatedEventId, { ...child, startedEventId: eventId, runId });
}

function applyExternalInitiated(
  state: DraftState,
  event: EventOf<
    'SignalExternalWorkflowExecutionInitiated' | 'RequestCancelExternalWorkflowExecutionInitiated'
  >,
): void {
  const { eventId, eventType, attributes } = event;
  const target: WorkflowTarget = attributes.workflowExecution;
  const external: ExternalState = {
    kind: eventType === 'SignalExternalWorkflowExecutionInitiated' ? 'signal' : 'cancel',
    initiatedEventId: eventId,
    workflowTaskCompletedEventId: attributes.workflowTaskCompletedEventId,
    workflowId: target.workflowId,
    runId: target.runId,
    childWorkflowOnly: attributes.childWorkflowOnly ?? false,
    outcomeBuffered: false,
  };
  state.externals.set(eventId, external);
}
