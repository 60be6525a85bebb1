/** What a run is doing, as far as it decides whether time may be left out. */
import {
  type ExecutionState,
  activityPhaseOf,
  decodeState,
  isClosed,
  nextDeadline,
  outboxOf,
  transfersOf,
} from '@perdure/engine';
import type { StoredExecution } from '@perdure/ports';
import { attemptName } from './attempt-name.ts';

/** Later than any deadline: the last time that a `Date` can show. */
const END_OF_TIME = 8.64e15;

/** See the module comment. */
export interface PendingWork {
  readonly workflowId: string;
  /** Of the workflow at the top of the tree of children: its result may depend on this one. */
  readonly rootWorkflowId: string;
  /** Something that ends by itself and soon: a worker runs workflow code, or runs are told things. */
  readonly underWay: boolean;
  /** The workflow task that waits for a worker; its name is unique over all runs. */
  readonly waitingWorkflowTask: string | undefined;
  /**
   * The workflow task that has failed and is tried again, be it held back, waiting or running: its
   * name over all its attempts.
   */
  readonly retriedWorkflowTask: string | undefined;
  /** Attempts of activities that wait for a worker, named likewise. */
  readonly waitingActivities: readonly string[];
  /** Attempts of activities that run, as {@link attemptName} names them. */
  readonly runningActivities: readonly string[];
  /** When the run next does something by itself; Infinity when nothing is due, ever. */
  readonly dueAt: number;
}

/** Undefined when the run has ended and owes nobody anything. */
export function pendingWorkOf(execution: StoredExecution): PendingWork | undefined {
  const state = decodeState(execution.state);
  const owes = transfersOf(state).length > 0;
  if (isClosed(state) && !owes) return undefined;
  const { runId, workflowTask, activities } = state;
  const running = [...activities.values()].filter((each) => activityPhaseOf(each) === 'started');
  const waiting = outboxOf(state).map((task) => ({
    kind: task.kind,
    name: `${runId}.${task.scheduledEventId}.${task.attempt}`,
  }));
  return {
    workflowId: state.workflowId,
    rootWorkflowId: state.root?.workflowId ?? state.workflowId,
    underWay: owes || (workflowTask !== undefined && workflowTask.startedAt > 0),
    waitingWorkflowTask: waiting.find(({ kind }) => kind === 'workflow')?.name,
    retriedWorkflowTask: retriedTaskOf(state),
    waitingActivities: waiting.filter(({ kind }) => kind === 'activity').map(({ name }) => name),
    runningActivities: running.map(({ activityId, attempt }) =>
      attemptName(runId, activityId, attempt),
    ),
    dueAt: dueTimeOf(state),
  };
}

function retriedTaskOf({ runId, workflowTask }: ExecutionState): string | undefined {
  if (!workflowTask || workflowTask.attempt === 1) return undefined;
  return `${runId}.${workflowTask.scheduledEventId}`;
}

function dueTimeOf(state: ExecutionState): number {
  // A failed workflow task is tried again at the pace of real life, not as fast as it fails; and of
  // the looks at whether workers still live, seen from the end, none is to come.
  const deadline = nextDeadline({ ...state, workflowTask: undefined }, END_OF_TIME);
  return deadline === 0 || deadline >= END_OF_TIME ? Number.POSITIVE_INFINITY : deadline;
}
