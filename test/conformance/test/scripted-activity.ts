/**
 * An activity that does in each attempt what its caller has written down for it, so that a scenario
 * says in one place what is called and how that goes.
 */
import {
  ApplicationFailure,
  CompleteAsyncError,
  activityInfo,
  cancelled,
  heartbeat,
} from '@perdure/activity';
import type { Duration } from '@perdure/common';
import { eventually } from '@perdure/test-support';
import type { TestWorkflowEnvironment } from '@perdure/testing';

/** What one attempt does. */
export type Step =
  /** Returns what the attempt before last said in a heartbeat. */
  | 'returns heartbeat details'
  /** Leaves its completion to others. */
  | 'completes elsewhere'
  /** Waits for its cancellation, and confirms it. */
  | 'confirms cancellation'
  /** Waits for its cancellation, and returns all the same. */
  | 'ignores cancellation'
  | { readonly returns: unknown }
  /** Throws an OrderError, after heartbeats if there are any. */
  | { readonly throws: string; readonly heartbeats?: readonly string[] }
  /** Throws an ApplicationFailure; a duration delays the next attempt. */
  | { readonly fails: string; readonly nonRetryable?: boolean; readonly retryIn?: Duration }
  /** Throws something that is no error. */
  | { readonly throwsText: string }
  /** Sends heartbeats and sees to it that the server has them; then takes so long. */
  | { readonly hangsFor: Duration; readonly heartbeats?: readonly string[] };

class OrderError extends Error {}

/** `act`, whose last step goes for all attempts that follow. */
export function scriptedActivity(env: () => TestWorkflowEnvironment) {
  return async function act(...steps: Step[]): Promise<unknown> {
    const step = steps[Math.min(activityInfo().attempt, steps.length) - 1]!;
    if (step === 'returns heartbeat details') return activityInfo().heartbeatDetails;
    if (step === 'completes elsewhere') throw new CompleteAsyncError();
    if (step === 'confirms cancellation') return cancelled();
    if (step === 'ignores cancellation') return cancelled().catch(() => 'stubborn');
    if ('returns' in step) return step.returns;
    if ('throws' in step) {
      for (const details of step.heartbeats ?? []) heartbeat(details);
      throw new OrderError(step.throws);
    }
    // oxlint-disable-next-line typescript/only-throw-error -- this is the case under test
    if ('throwsText' in step) throw step.throwsText;
    if ('fails' in step) {
      const { fails: message, nonRetryable, retryIn: nextRetryDelay } = step;
      throw ApplicationFailure.create({ message, type: 'Planned', nonRetryable, nextRetryDelay });
    }
    return hang(env(), step.hangsFor, step.heartbeats ?? []);
  };
}

async function hang(
  env: TestWorkflowEnvironment,
  duration: Duration,
  heartbeats: readonly string[],
): Promise<void> {
  for (const details of heartbeats) heartbeat(details);
  const { workflowExecution, activityId } = activityInfo();
  const handle = env.client.workflow.getHandle(workflowExecution.workflowId);
  await eventually(async () => {
    const { pendingActivities } = await handle.describe();
    const pending = pendingActivities.find((each) => each.activityId === activityId);
    if (pending?.heartbeatDetails !== heartbeats.at(-1)) throw new Error('it is on its way');
  });
  await env.sleep(duration);
}
