/**
 * W7: 500 FooBars of two activities of 50 ms each are under way; when two fifths of the activities
 * have begun, the worker is killed (SIGKILL) and another one started at once. Seconds from the kill
 * to the last result; runs that are not done in time; and steps that were begun again although their
 * completion was in the history. The new worker's start, bundling included, is in the time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@perdure/client';
import type { Execution } from '../measure/ledger.ts';
import { within } from '../measure/pace.ts';
import { type RecordedStep, recordedSteps } from '../measure/recorded-steps.ts';
import { type Row, atMost } from '../report/row.ts';
import type { Workload } from '../workload.ts';

const count = 500;
const stepsEach = 2;
const killAfter = (count * stepsEach * 2) / 5;
const lookEveryMs = 5;

export const recovery: Workload<'W7'> = {
  title: `kill -9 of the worker amid ${count} FooBars`,
  timed: true,

  async run(bench) {
    const { stand, runs, seconds, progress } = bench;
    await Promise.all(Array.from({ length: 20 }, () => runs.execute('slowFooBar', 'x')));
    const handles = await Promise.all(
      Array.from({ length: count }, () => runs.start('slowFooBar', 'x')),
    );
    const ids = new Set(handles.map(({ workflowId }) => workflowId));
    const ledger = (): Execution[] =>
      stand.ledger.read().filter(({ workflowId }) => ids.has(workflowId));
    while (ledger().length < killAfter) await sleep(lookEveryMs);
    progress.phase('W7 killed, recovering');
    const killedAt = performance.now();
    const killedTime = Date.now();
    const replaced = stand.replaceWorker();
    const started = replaced.then(() => performance.now() - killedAt);
    const unfinished = await finish(handles, seconds);
    const recoveredMs = performance.now() - killedAt;
    const executions = ledger();
    const again = await reRun(handles, executions);
    return {
      result: { seconds: recoveredMs / 1_000, unfinished, recordedStepsReRun: again },
      notes: [
        `the new worker was ready after ${((await started) / 1_000).toFixed(2)} s and began its ` +
          `first activity after ${firstAfter(killedTime, executions).toFixed(2)} s; ` +
          `${executions.length} executions of ${count * stepsEach} steps ` +
          '(those that were not recorded may run again)',
      ],
    };
  },

  judge({ seconds, unfinished, recordedStepsReRun }): Row[] {
    return [
      atMost('kill → all done', seconds, 's', 1.8),
      atMost('unfinished', unfinished, 'runs', 0),
      atMost('recorded steps re-run', recordedStepsReRun, 'steps', 0),
    ];
  },
};

/** Seconds from a time to the first execution that began later. */
function firstAfter(time: number, executions: readonly Execution[]): number {
  const later = executions.map(({ beganAt }) => beganAt).filter((beganAt) => beganAt > time);
  return (Math.min(...later) - time) / 1_000;
}

/** Returns how many have not returned what they should when all have or the time is over. */
async function finish(handles: readonly WorkflowHandle[], seconds: number): Promise<number> {
  let missing = handles.length;
  const all = handles.map(async (handle) => {
    if ((await handle.result()) === 'bar foo x') missing--;
  });
  const limit = within(seconds);
  const late = (async (): Promise<void> => {
    while (missing > 0 && !limit.expired()) await sleep(lookEveryMs);
  })();
  // A run that failed counts as unfinished.
  await Promise.race([Promise.allSettled(all), late]);
  return missing;
}

async function reRun(
  handles: readonly WorkflowHandle[],
  executions: readonly Execution[],
): Promise<number> {
  const steps = new Map<string, RecordedStep>();
  for (const handle of handles) {
    const { events } = await handle.fetchHistory();
    for (const step of recordedSteps(events)) {
      steps.set(`${handle.workflowId} ${step.activityType}`, step);
    }
  }
  const again = new Set<string>();
  for (const { workflowId, activityType, attempt, beganAt } of executions) {
    const name = `${workflowId} ${activityType}`;
    const step = steps.get(name);
    if (step && (attempt > step.attempt || beganAt > step.recordedAt)) again.add(name);
  }
  return again.size;
}
