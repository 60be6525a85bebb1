/** What a run is doing, as far as it decides whether time may be left out. */
import { activityPhaseOf, decodeState, nextDeadline } from '@perdure/engine';
import type { MemoryRun } from '@perdure/store-memory';
import { attemptName } from './attempt-name.ts';

/** Later than any deadline: the last time that a `Date` can show. */
const END_OF_TIME = 8.64e15;

/** See the module comment. */
export interface PendingWork {
  readonly workflowId: string;
  /** Something that ends by itself and soon: a worker runs workflow code, or runs are told things. */
  readonly underWay: boolean;
  /** The workflow task that waits for a worker; its name is unique over all runs. */
  readonly waitingWorkflowTask: string | undefined;
  /** Attempts of activities that wait for a worker, named likewise. */
  readonly waitingActivities: readonly string[];
  /** Attempts of activities that run, as {@link attemptName} names them. */
  readonly runningActivities: readonly string[];
  /** When the run next does something by itself; Infinity when nothing is due, ever. */
  readonly dueAt: number;
}

/** Undefined when the run has ended and owes nobody anything. */
export function pendingWorkOf(run: Readonly<MemoryRun>): PendingWork | undefined {
  const waiting = { workflow: [] as string[], activity: [] as string[] };
  let transfers = 0;
  for (const { kind, scheduledEventId, attempt } of run.tasks.values()) {
    // Whatever else waits to be carried out is carried out by the platform itself.
    if (kind !== 'workflow' && kind !== 'activity') transfers += 1;
    else waiting[kind].push(`${run.key.runId}.${scheduledEventId}.${attempt}`);
  }
  const [waitingWorkflowTask] = waiting.workflow;
  const { workflowId } = run.key;
  const names = { workflowId, waitingWorkflowTask, waitingActivities: waiting.activity };
  if (run.closed) {
    if (transfers === 0) return undefined;
    return { underWay: true, ...names, runningActivities: [], dueAt: Number.POSITIVE_INFINITY };
  }
  const state = decodeState(run.state);
  const { workflowTask, activities } = state;
  const running = [...activities.values()].filter((each) => activityPhaseOf(each) === 'started');
  // A failed workflow task is tried again at the pace of real life, not as fast as it fails; and of
  // the looks at whether workers still live, seen from the end, none is to come.
  const deadline = nextDeadline({ ...state, workflowTask: undefined }, END_OF_TIME);
  return {
    ...names,
    underWay: transfers > 0 || (workflowTask !== undefined && workflowTask.startedAt > 0),
    runningActivities: running.map(({ activityId, attempt }) =>
      attemptName(state.runId, activityId, attempt),
    ),
    dueAt: deadline === 0 || deadline >= END_OF_TIME ? Number.POSITIVE_INFINITY : deadline,
  };
}
