import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { activityInfo } from '@perdure/activity';
import type { Workflow } from '@perdure/common';
import { Worker, type WorkflowBundle, bundleWorkflowCode } from '@perdure/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestWorkflowEnvironment } from '../src/index.ts';
import * as workflows from './sleeping-activities-workflows.ts';
import { replayAll } from './replayed.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const taskQueue = 'orders';

let env: TestWorkflowEnvironment;
let workflowBundle: WorkflowBundle;

beforeAll(async () => {
  const file = new URL('./sleeping-activities-workflows.ts', import.meta.url);
  workflowBundle = await bundleWorkflowCode({ workflowsPath: fileURLToPath(file) });
  env = await TestWorkflowEnvironment.createTimeSkipping();
});
afterAll(async () => {
  await replayAll(env, { workflowBundle });
  await env.teardown();
});

/** Runs a workflow on a worker of its own, to the end of both. */
async function run<T extends Workflow>(
  process: () => Promise<void>,
  workflow: T,
  ...args: Parameters<T>
): Promise<{ result: Awaited<ReturnType<T>>; reminders: number }> {
  let reminders = 0;
  const remind = async () => void (reminders += 1);
  const activities = { process, remind } satisfies workflows.OrderActivities;
  const connection = env.nativeConnection;
  const worker = await Worker.create({ connection, taskQueue, workflowBundle, activities });
  const options = { taskQueue, workflowId: randomUUID(), args };
  const result = await worker.runUntil(env.client.workflow.execute<Workflow>(workflow, options));
  return { result: result as Awaited<ReturnType<T>>, reminders };
}

describe('an activity that sleeps in the environment', () => {
  test('for longer than a timer of its workflow: the timer fires in between', async () => {
    const outcome = await run(() => env.sleep('2 days'), workflows.processOrder, 3 * DAY, DAY);
    expect(outcome).toEqual({ result: 'processed', reminders: 1 });
  });

  test('not at all: no timer fires', async () => {
    const outcome = await run(async () => {}, workflows.processOrder, 3 * DAY, DAY);
    expect(outcome).toEqual({ result: 'processed', reminders: 0 });
  });

  test.each([
    ['timer', 2 * HOUR, HOUR],
    ['activity', HOUR, 2 * HOUR],
  ] as const)('in a race that the %s wins', async (winner, sleepMs, timerMs) => {
    const { result } = await run(() => env.sleep(sleepMs), workflows.raceWithTimer, timerMs);
    expect(result).toBe(winner);
  });

  test('past its time-out is tried again, and what is left of it holds up nobody', async () => {
    const attempts: number[] = [];
    const process = async () => {
      const { attempt } = activityInfo();
      attempts.push(attempt);
      if (attempt === 1) await env.sleep('61 seconds');
    };
    const { result } = await run(process, workflows.processInAMinute);
    expect(attempts).toEqual([1, 2]);
    // A minute, and the wait before the second attempt.
    expect(result).toBeGreaterThanOrEqual(61_000);
    expect(result).toBeLessThan(HOUR);
    const next = await run(() => env.sleep('2 days'), workflows.processOrder, 3 * DAY, DAY);
    expect(next.reminders).toBe(1);
  });
});
