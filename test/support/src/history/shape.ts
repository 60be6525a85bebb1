/**
 * Histories in a line, in the short form of the semantics reference: `S T As Ast Ac T OK`. `T` is a
 * workflow task that was scheduled, started and completed with nothing in between; `Tf` one that
 * failed, `Tt` one that timed out, `Ts` one that is only scheduled.
 */
import type { EventType, HistoryEvent } from '@perdure/protocol';

const SHORT: Readonly<Record<EventType, string>> = {
  WorkflowExecutionStarted: 'S',
  WorkflowExecutionCompleted: 'OK',
  WorkflowExecutionFailed: 'FAIL',
  WorkflowExecutionTimedOut: 'TO',
  WorkflowExecutionCanceled: 'CANCELED',
  WorkflowExecutionTerminated: 'TERM',
  WorkflowExecutionSignaled: 'Sig',
  WorkflowExecutionCancelRequested: 'CR',
  WorkflowTaskScheduled: 'Ts',
  WorkflowTaskStarted: 'Tst',
  WorkflowTaskCompleted: 'Tc',
  WorkflowTaskFailed: 'Tfailed',
  WorkflowTaskTimedOut: 'Ttimedout',
  ActivityTaskScheduled: 'As',
  ActivityTaskStarted: 'Ast',
  ActivityTaskCompleted: 'Ac',
  ActivityTaskFailed: 'Af',
  ActivityTaskTimedOut: 'Ato',
  ActivityTaskCancelRequested: 'Acr',
  ActivityTaskCanceled: 'Acn',
  TimerStarted: 'Tm+',
  TimerFired: 'Tm!',
  TimerCanceled: 'Tm-',
  WorkflowExecutionContinuedAsNew: 'CAN',
  MarkerRecorded: 'M',
  UpsertWorkflowSearchAttributes: 'SA',
  WorkflowPropertiesModified: 'WP',
  WorkflowExecutionUpdateAdmitted: 'Uad',
  WorkflowExecutionUpdateAccepted: 'Ua',
  WorkflowExecutionUpdateCompleted: 'Uc',
  StartChildWorkflowExecutionInitiated: 'CI',
  StartChildWorkflowExecutionFailed: 'CF',
  ChildWorkflowExecutionStarted: 'CS',
  ChildWorkflowExecutionCompleted: 'CC',
  ChildWorkflowExecutionFailed: 'CX',
  ChildWorkflowExecutionCanceled: 'Ccn',
  ChildWorkflowExecutionTimedOut: 'Cto',
  ChildWorkflowExecutionTerminated: 'Cte',
  SignalExternalWorkflowExecutionInitiated: 'XsI',
  ExternalWorkflowExecutionSignaled: 'Xs',
  SignalExternalWorkflowExecutionFailed: 'XsF',
  RequestCancelExternalWorkflowExecutionInitiated: 'XcI',
  ExternalWorkflowExecutionCancelRequested: 'Xc',
  RequestCancelExternalWorkflowExecutionFailed: 'XcF',
};

/** The short form of a history. */
export function shapeOf(events: readonly HistoryEvent[]): string {
  return events
    .map(({ eventType }) => SHORT[eventType])
    .join(' ')
    .replaceAll('Ts Tst Tc', 'T')
    .replaceAll('Ts Tst Tfailed', 'Tf')
    .replaceAll('Ts Tst Ttimedout', 'Tt');
}

/** The types of a history's events. */
export function eventTypes(events: readonly HistoryEvent[]): EventType[] {
  return events.map(({ eventType }) => eventType);
}

/** The events of one type. */
export function eventsOf<T extends EventType>(
  events: readonly HistoryEvent[],
  type: T,
): Extract<HistoryEvent, { eventType: T }>[] {
  return events.filter(
    (event): event is Extract<HistoryEvent, { eventType: T }> => event.eventType === type,
  );
}
