/**
 * A fused step (blueprint §3): results of running activities together with the workflow task that
 * follows from them. Accepted as a whole if nothing came in between, and then the history looks as
 * if nothing had been fused; otherwise the results count and the task does not.
 */
import type { CompleteStep } from '../command.ts';
import type { Outcome } from '../decision.ts';
import type { Draft } from '../draft.ts';
import { activityFor, completeActivity } from '../machines/activity.ts';
import { scheduleWorkflowTask, startVenturedTask } from '../machines/workflow-task.ts';
import { MAX_STEP_AHEAD_MS, MAX_STEP_BEHIND_MS, shouldContinueAsNew } from '../policy/limits.ts';
import type { ActivityState, ExecutionState } from '../state/execution-state.ts';
import { concludeWorkflowTask } from './complete-workflow-task.ts';
import { rejected } from './outcomes.ts';

export function decideCompleteStep(draft: Draft, command: CompleteStep): Outcome {
  const running = runningActivities(draft, command);
  if (running.length === 0) {
    return rejected('stale', 'none of the attempts that the step finishes runs any more; drop it');
  }
  return isAsAssumed(draft, command, running)
    ? acceptStep(draft, command, running)
    : refuseTask(draft, command, running);
}

/** A result and the attempt it finishes. */
interface Finished {
  readonly activity: ActivityState;
  readonly result: CompleteStep['results'][number];
}

/** The results that still count, each attempt once. */
function runningActivities(draft: Draft, command: CompleteStep): Finished[] {
  const finished = new Map<number, Finished>();
  for (const result of command.results) {
    const { scheduledEventId, attempt } = result;
    const activity = activityFor(draft.state, 'finish', scheduledEventId, attempt);
    if (activity) finished.set(scheduledEventId, { activity, result });
  }
  return [...finished.values()];
}

/** Whether the run is as the worker took it to be when it ran on. */
function isAsAssumed(draft: Draft, command: CompleteStep, running: readonly Finished[]): boolean {
  const { state, clock } = draft;
  const { workflowTimeMs, session } = command;
  return (
    running.length === command.results.length &&
    running.every(({ activity }) => activity.session === session) &&
    command.assumedNextEventId === state.nextEventId &&
    state.workflowTask === undefined &&
    !owesSuggestion(state) &&
    workflowTimeMs >= state.lastEventTime &&
    workflowTimeMs <= clock + MAX_STEP_AHEAD_MS &&
    workflowTimeMs >= clock - MAX_STEP_BEHIND_MS
  );
}

/** The workflow must hear that it should continue as new, which only a task of the server tells. */
function owesSuggestion(state: ExecutionState): boolean {
  return !state.continueAsNewSuggested && shouldContinueAsNew(state);
}

function acceptStep(draft: Draft, command: CompleteStep, running: readonly Finished[]): Outcome {
  const { workflowTimeMs, session, identity } = command;
  recordResults(draft, running, identity, workflowTimeMs);
  scheduleWorkflowTask(draft, workflowTimeMs);
  const task = startVenturedTask(draft, { session, identity }, workflowTimeMs);
  return concludeWorkflowTask(draft, task, command);
}

/** The worker voids its cached run, so the session is no longer worth preferring. */
function refuseTask(draft: Draft, command: CompleteStep, running: readonly Finished[]): Outcome {
  recordResults(draft, running, command.identity, draft.now);
  if (draft.state.stickySession === command.session) draft.set({ stickySession: undefined });
  return { kind: 'taskRefused' };
}

function recordResults(
  draft: Draft,
  running: readonly Finished[],
  identity: string,
  at: number,
): void {
  for (const { activity, result } of running) {
    completeActivity(draft, activity, { result: result.result, identity }, at);
  }
}
