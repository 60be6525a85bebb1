/** `execute` asks for the result with the very message that starts the run. */
import { WorkflowFailedError } from '@perdure/client';
import { WorkflowExecutionAlreadyStartedError } from '@perdure/common';
import { rejectionOf } from '@perdure/test-support';
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { useFixture } from './fixture.ts';

const fixture = useFixture('lives');

it('gives the result of the run it started, not of the one before under the same id', async () => {
  await fixture.worker();
  const { client, taskQueue } = fixture;
  const base = { taskQueue, workflowId: randomUUID() };
  const results: unknown[] = [];
  for (const arg of ['first', 'second', 'third']) {
    results.push(await client.workflow.execute('returns', { ...base, args: [arg] }));
  }
  expect(results).toEqual(['first', 'second', 'third']);
});

it('of an id that has an open run is refused at once, and does not wait for that run', async () => {
  const { client, taskQueue } = fixture;
  const base = { taskQueue, workflowId: randomUUID() };
  const open = await client.workflow.start('waits', base);
  const refused = await rejectionOf(client.workflow.execute('waits', base));
  expect(refused).toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
  expect((await open.describe()).status.name).toBe('RUNNING');
  await open.terminate();
});

it('that takes the place of an open run waits for its own', async () => {
  const { client, taskQueue } = fixture;
  const base = { taskQueue, workflowId: randomUUID() };
  const replaced = await client.workflow.start('waits', base);
  const executing = client.workflow.execute('returns', {
    ...base,
    args: ['mine'],
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
  });
  expect(await rejectionOf(replaced.result())).toBeInstanceOf(WorkflowFailedError);
  await fixture.worker();
  expect(await executing).toBe('mine');
});
