/** Scenario 50, the worker's part: workflow code that does not come to an end fails its task. */
import { heartbeat } from '@perdure/activity';
import type { WorkflowHandle } from '@perdure/client';
import { eventsOf, eventually, rejectionOf } from '@perdure/test-support';
import type { LogEntry } from '@perdure/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { historyOf, shape, useFixture } from './fixture.ts';

/** Ends the activity of the neighbours. */
let release: () => void = () => {};
/** Heartbeats of the activity. */
let count = 0;

const { scenario } = useFixture('deadlock', {
  async beats(): Promise<number> {
    const released = new Promise<'released'>((resolve) => (release = () => resolve('released')));
    for (; (await Promise.race([released, sleep(5)])) !== 'released'; count++) {
      heartbeat(count);
    }
    return count;
  },
});

const isolateExecutionTimeout = '500ms';
const DEADLOCK =
  "[TMPRL1101] Potential deadlock detected: workflow didn't yield within 0.5 second(s).";

/** Waits until tasks of a run have failed so often for code that blocks. */
async function deadlocked(log: readonly LogEntry[], times: number): Promise<void> {
  await eventually(() => {
    const told = log.filter(({ meta }) => String(meta?.failure).startsWith(DEADLOCK));
    expect(told.length).toBeGreaterThanOrEqual(times);
  });
}

async function failureOf(handle: WorkflowHandle): Promise<unknown> {
  const [failed] = eventsOf(await historyOf(handle), 'WorkflowTaskFailed');
  return failed?.attributes.cause;
}

scenario(
  '50: workflow code that blocks fails its task, and nothing else; mended, the run completes',
  async ({ start, whileServedBy, log }) => {
    count = 0;
    const beside = await start('neighbour');
    const stuck = await start('blocksAtOnce');
    const options = { isolateExecutionTimeout, workflowThreadPoolSize: 2 } as const;
    const blocked = async (): Promise<void> => {
      await eventually(() => expect(count).toBeGreaterThan(0));
      const before = count;
      await deadlocked(log, 1);
      release();
      expect(count).toBeGreaterThan(before);
      expect(await beside.result()).toBeGreaterThan(before);
      await deadlocked(log, 2);
    };
    await whileServedBy('deadlock-blocked', blocked, options);
    expect(await shape(stuck)).toBe('S Tf');
    expect(await failureOf(stuck)).toBe('WORKFLOW_WORKER_UNHANDLED_FAILURE');
    expect(await whileServedBy('deadlock', () => stuck.result())).toBe('mended');
    expect(await shape(stuck)).toBe('S Tf T OK');
  },
  false,
);

scenario(
  '50: runs of the same thread are replayed, and go on, whoever blocks it',
  async ({ start, whileServedBy, log }) => {
    const stuck = await start('blocksAtOnce');
    const beside = await start('blocksWhenAsked');
    const blocked = async (): Promise<unknown> => {
      await deadlocked(log, 1);
      await beside.signal('told', 'a word');
      return beside.result();
    };
    const options = { isolateExecutionTimeout } as const;
    expect(await whileServedBy('deadlock-blocked', blocked, options)).toBe('told a word');
    expect(eventsOf(await historyOf(beside), 'WorkflowTaskFailed')).toEqual([]);
    await stuck.terminate();
  },
  false,
);

scenario(
  '50: a query that blocks fails, and the run goes on',
  async ({ start, whileServedBy }) => {
    const handle = await start('blocksWhenAsked');
    const asked = async (): Promise<unknown> => {
      const error = await rejectionOf(handle.query('spin'));
      expect(error.message).toMatch(DEADLOCK);
      await handle.signal('told', 'a word');
      return handle.result();
    };
    const options = { isolateExecutionTimeout } as const;
    expect(await whileServedBy('deadlock-blocked', asked, options)).toBe('told a word');
    expect(await whileServedBy('deadlock', () => handle.query('spin'))).toBe('not dizzy');
    expect(await shape(handle)).toBe('S T Sig T OK');
  },
  false,
);

scenario(
  '50: code that blocks in a replay fails the task, too',
  async ({ start, whileServedBy, log }) => {
    const handle = await start('blocksLater');
    await whileServedBy('deadlock', () =>
      eventually(async () => expect(await shape(handle)).toBe('S T')),
    );
    await handle.signal('told', 'a word');
    await whileServedBy('deadlock-blocked', () => deadlocked(log, 1), { isolateExecutionTimeout });
    expect(await failureOf(handle)).toBe('WORKFLOW_WORKER_UNHANDLED_FAILURE');
    expect(await whileServedBy('deadlock', () => handle.result())).toBe('told a word');
  },
  false,
);

scenario(
  '50: a worker whose code blocks can be shut down',
  async ({ start, whileServedBy, log }) => {
    const stuck = await start('blocksAtOnce');
    // The worker ends as soon as the task has begun; until then, the code must have been ended.
    const begun = async (): Promise<void> =>
      eventually(async () => {
        const { pendingWorkflowTask } = await stuck.describe();
        expect(pendingWorkflowTask?.state).toBe('STARTED');
      });
    await whileServedBy('deadlock-blocked', begun, { isolateExecutionTimeout });
    await deadlocked(log, 1);
    expect(await whileServedBy('deadlock', () => stuck.result())).toBe('mended');
  },
  false,
);
