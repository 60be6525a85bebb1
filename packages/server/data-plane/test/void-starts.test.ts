/** A start that is refused has done nothing, whatever its policies say about the run that is there. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { World, callerOf, startInput } from './test-plane.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const caller = callerOf();
const { namespace } = caller;
const replace = { workflowIdConflictPolicy: 'TERMINATE_EXISTING' } as const;
const faults = [
  ['a cron schedule that is none', { cronSchedule: 'nonsense' }],
  ['a cron schedule and a delay', { cronSchedule: '* * * * *', startDelayMs: 1_000 }],
  [
    'a retry policy that is none',
    {
      retryPolicy: {
        initialIntervalMs: 1_000,
        backoffCoefficient: 0.5,
        maximumIntervalMs: 1_000,
        maximumAttempts: 0,
        nonRetryableErrorTypes: [],
      },
    },
  ],
] as const;

test.each(faults)('%s does not end the run that was to make way', async (_what, fault) => {
  const { workflows } = world.start();
  const { runId } = await workflows.startWorkflow(caller, startInput('w'));
  const start = startInput('w', { ...replace, ...fault });
  await expect(workflows.startWorkflow(caller, start)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
  const signal = { signalName: 's', ...start, ...replace, requestId: randomUUID() };
  await expect(workflows.signalWithStart(caller, signal)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
  expect(await workflows.describeWorkflow(caller, { namespace, workflowId: 'w' })).toMatchObject({
    runId,
    status: 'RUNNING',
  });
});

test('a start that may begins where the other ends', async () => {
  const { workflows } = world.start();
  const { runId } = await workflows.startWorkflow(caller, startInput('w'));
  const next = await workflows.startWorkflow(caller, startInput('w', replace));
  expect(next.runId).not.toBe(runId);
  expect(
    await workflows.describeWorkflow(caller, { namespace, workflowId: 'w', runId }),
  ).toMatchObject({ status: 'TERMINATED' });
});
