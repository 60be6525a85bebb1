/** Scenarios 39 and 40: questions, which leave no event. */
import {
  Client,
  QueryNotRegisteredError,
  QueryRejectedError,
  type WorkflowHandle,
  isGrpcDeadlineError,
} from '@perdure/client';
import { ApplicationFailure } from '@perdure/common';
import { eventually, rejectionOf } from '@perdure/test-support';
import { expect } from 'vitest';
import { shape, useFixture } from './fixture.ts';

let release = (): void => {};
const work = () => new Promise<void>((resolve) => (release = resolve));
const { scenario } = useFixture('queries', { work });

function becomes(handle: WorkflowHandle, wanted: string): Promise<void> {
  return eventually(async () => expect(await shape(handle)).toBe(wanted));
}

scenario('39: an open run is asked, and a closed one', async ({ start }) => {
  const handle = await start('collects');
  expect(await handle.query('words')).toEqual([]);
  await handle.signal('told', 'first');
  // What was acknowledged before is known to the answer, whether or not a task has run since.
  expect(await handle.query('words')).toEqual(['first']);
  await handle.signal('told', 'second');
  const answers = await Promise.all([1, 2, 3].map(() => handle.query('joined', '-')));
  expect(answers).toEqual(['first-second', 'first-second', 'first-second']);
  await becomes(handle, 'S T Sig T Sig T');
  await handle.signal('told', 'last');
  expect(await handle.result()).toBe('first second last');
  expect(await handle.query('words')).toEqual(['first', 'second', 'last']);
  expect(await shape(handle)).toBe('S T Sig T Sig T Sig T OK');
});

scenario('39: a run that is never without a task is asked along with it', async ({ start }) => {
  const handle = await start('collects');
  await becomes(handle, 'S T');
  let stopped = false;
  const signals = (async () => {
    for (let i = 0; !stopped; i++) await handle.signal('told', `${i}`);
  })();
  const before: string[] = await handle.query('words');
  for (let i = 0; i < 5; i++) {
    const [words] = await Promise.all([1, 2].map(() => handle.query<string[], []>('words')));
    expect(words!.slice(0, before.length)).toEqual(before);
  }
  stopped = true;
  await signals;
  await handle.signal('told', 'last');
  await handle.result();
});

scenario('39: a run with a local activity that takes long is asked meanwhile', async (scene) => {
  const handle = await scene.start('worksNearby');
  await handle.signal('told', 'go');
  expect(await handle.query('words')).toEqual(['go']);
  expect(await handle.query('words')).toEqual(['go']);
  release();
  expect(await handle.result()).toBe('go');
});

scenario(
  '39: a run whose worker has left is asked at another one',
  async ({ start, whileServedBy }) => {
    const handle = await start('collects');
    await whileServedBy('queries', async () => {
      await becomes(handle, 'S T');
      await handle.signal('told', 'first');
      await becomes(handle, 'S T Sig T');
    });
    const asked = handle.query('words');
    expect(await whileServedBy('queries', () => asked)).toEqual(['first']);
    expect(await shape(handle)).toBe('S T Sig T');
  },
  false,
);

scenario('39: of closed runs some may be excluded', async ({ client, start }) => {
  const { connection, namespace } = client;
  const asking = (queryRejectCondition: 'NOT_OPEN' | 'NOT_COMPLETED_CLEANLY') =>
    new Client({ connection, namespace, workflow: { queryRejectCondition } }).workflow;
  const ask = (condition: 'NOT_OPEN' | 'NOT_COMPLETED_CLEANLY', { workflowId }: WorkflowHandle) =>
    asking(condition).getHandle(workflowId).query('words');
  const done = await start('collects');
  expect(await ask('NOT_OPEN', done)).toEqual([]);
  await done.signal('told', 'last');
  await done.result();
  const ended = await start('collects');
  await becomes(ended, 'S T');
  await ended.terminate();
  expect(await ended.query('words')).toEqual([]);
  expect(await ask('NOT_COMPLETED_CLEANLY', done)).toEqual(['last']);
  const rejections = [
    { condition: 'NOT_OPEN', handle: done, status: 'COMPLETED' },
    { condition: 'NOT_OPEN', handle: ended, status: 'TERMINATED' },
    { condition: 'NOT_COMPLETED_CLEANLY', handle: ended, status: 'TERMINATED' },
  ] as const;
  for (const { condition, handle, status } of rejections) {
    const error = await rejectionOf(ask(condition, handle));
    expect(error).toBeInstanceOf(QueryRejectedError);
    expect(error).toMatchObject({ message: 'Query rejected', status });
  }
});

scenario('39: a run whose task goes on failing is not asked', async ({ start }) => {
  const handle = await start('failsUntilTold');
  await eventually(async () => {
    const { pendingWorkflowTask } = await handle.describe();
    expect(pendingWorkflowTask?.attempt).toBeGreaterThan(3);
  });
  expect(await rejectionOf(handle.query('words'))).toMatchObject({
    code: 'WORKFLOW_NOT_READY',
    message: 'Workflow Task in failed state',
  });
  await handle.signal('told', 'mended');
  await becomes(handle, 'S Tf Sig T OK');
  expect(await handle.query('words')).toEqual(['mended']);
});

scenario(
  '39: nobody answers for a run that closed unseen, nor without a worker',
  async ({ client, start }) => {
    const unseen = await start('collects');
    const asked = client.withDeadline(Date.now() + 300, () => unseen.query('words'));
    expect(isGrpcDeadlineError(await rejectionOf(asked))).toBe(true);
    await unseen.terminate();
    expect(await rejectionOf(unseen.query('words'))).toMatchObject({ code: 'WORKFLOW_NOT_READY' });
    expect(await shape(unseen)).toBe('S Ts TERM');
  },
  false,
);

scenario('40: handlers that are missing, throw or promise', async ({ start }) => {
  const handle = await start('collects');
  const cases = {
    missing:
      /^Workflow did not register a handler for missing\. Registered queries: \[__stack_trace __enhanced_stack_trace __temporal_workflow_metadata words joined throws promises sleeps\]$/,
    throws: /^the handler says no$/,
    promises: /^Query handlers should not return a Promise$/,
    // A question may change nothing.
    sleeps: /sleep/,
  };
  for (const [query, message] of Object.entries(cases)) {
    const error = (await rejectionOf(handle.query(query))) as QueryNotRegisteredError;
    expect(error).toBeInstanceOf(QueryNotRegisteredError);
    expect(error.message).toMatch(message);
    expect(error.cause).toBeInstanceOf(ApplicationFailure);
  }
  expect(await rejectionOf(handle.query('throws'))).toMatchObject({
    cause: { type: 'RangeError' },
  });
  expect(await handle.query('words')).toEqual([]);
  expect(await shape(handle)).toBe('S T');
  await handle.signal('told', 'last');
  expect(await handle.result()).toBe('last');
});
