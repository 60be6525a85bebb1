/** Promise 4: payloads, failures and details leave the client sealed, or not at all. */
import { activityInfo, heartbeat } from '@perdure/activity';
import { type Client, PerdureServiceError } from '@perdure/client';
import { ApplicationFailure } from '@perdure/common';
import {
  type KeyRing,
  formatKeyRing,
  generateKeyRing,
  parseKeyRing,
} from '@perdure/data-converter';
import {
  bundleOf,
  clientOf,
  createNamespace,
  dumpPostgres,
  dumpRedis,
  eventually,
  findTexts,
  rejectionOf,
  startWorker,
} from '@perdure/test-support';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { historyOf, useFixture, workflowsPathOf } from './fixture.ts';

const fixture = useFixture('sealing', { broker: 'redis' });

const canary = (): string => `canary-${randomUUID()}`;

/** Everywhere that a text could have ended up on the server's side. */
async function everywhere(): Promise<Buffer> {
  const { platform } = fixture;
  const dumps = [await dumpPostgres(platform.postgres), await dumpRedis(platform.broker)];
  return Buffer.concat([...dumps, Buffer.from(platform.log())]);
}

const anotherKeyRing = (): KeyRing => parseKeyRing(formatKeyRing(generateKeyRing()));

const activities = {
  echo: async (value: string) => value,
  report: async (progress: string) => {
    heartbeat({ progress });
    if (activityInfo().attempt === 1) throw new Error(`after ${progress}`);
    return activityInfo().heartbeatDetails;
  },
  fail: async (message: string) => {
    throw ApplicationFailure.create({ message, type: 'Planned', details: [{ message }] });
  },
};

it('fifty canaries in every kind of payload are found nowhere on the server', async () => {
  await fixture.worker({ activities });
  const canaries: string[] = [];
  const fresh = (): string => {
    const text = canary();
    canaries.push(text);
    return text;
  };
  const runs = Array.from({ length: 10 }, async () => {
    const signalled = fresh();
    const handle = await fixture.start('carry', fresh(), fresh(), fresh());
    await handle.signal('secret', signalled);
    expect(await handle.result()).toBe(`result ${signalled}`);
  });
  const failures = Array.from({ length: 10 }, async () => {
    const message = fresh();
    const handle = await fixture.start('failWith', message);
    const { cause } = await rejectionOf(handle.result());
    expect(cause).toMatchObject({ message, details: [{ detail: message }] });
  });
  await Promise.all([...runs, ...failures]);
  expect(canaries).toHaveLength(50);
  expect(findTexts(await everywhere(), canaries)).toEqual([]);
});

it('tasks that wait in Redis are ids: no payload, and no name that a user chose', async () => {
  const text = canary();
  const workflowId = canary();
  const { client, taskQueue, platform } = fixture;
  const options = { taskQueue, workflowId, args: [text] };
  const handle = await client.workflow.start('echoOnce', options);
  const { firstExecutionRunId: runId } = handle;
  const dump = await eventually(async () => {
    const found = await dumpRedis(platform.broker);
    expect(findTexts(found, [runId])).toEqual([runId]);
    return found;
  });
  expect(findTexts(dump, [text, workflowId, 'echoOnce'])).toEqual([]);
  await handle.terminate();
});

it('the search would have found them: in an open namespace it does', async () => {
  const { platform, stage, taskQueue } = fixture;
  const open = await createNamespace(platform, `open-${randomUUID().slice(0, 8)}`, {
    sealed: false,
  });
  const { workflow } = await clientOf(stage, open, { keyRing: null });
  const workflowBundle = await bundleOf(workflowsPathOf('sealing'));
  await startWorker(stage, open, { taskQueue, workflowBundle, activities, keyRing: null });
  const text = canary();
  const options = { taskQueue, workflowId: 'w', args: [text] };
  expect(await workflow.execute('echoOnce', options)).toBe(text);
  expect(findTexts(await everywhere(), [text])).toEqual([text]);
});

describe('plaintext in a sealed namespace', () => {
  const plainClient = (): Promise<Client> =>
    clientOf(fixture.stage, fixture.platform, { keyRing: null });

  it('from a client is refused, with word of what to configure, and nothing is stored', async () => {
    const { taskQueue } = fixture;
    const { workflow } = await plainClient();
    const text = canary();
    const workflowId = `plain-${randomUUID()}`;
    const start = workflow.start('echoOnce', { taskQueue, workflowId, args: [text] });
    const error = (await rejectionOf(start)) as PerdureServiceError;
    expect(error).toBeInstanceOf(PerdureServiceError);
    expect(error.code).toBe('PLAINTEXT_REFUSED');
    expect(error.message).toContain('PERDURE_KEYRING');
    expect(error.message).not.toContain(text);
    expect(await rejectionOf(workflow.getHandle(workflowId).describe())).toMatchObject({
      name: 'WorkflowNotFoundError',
    });
    expect(findTexts(await everywhere(), [text])).toEqual([]);
  });

  it('in a signal or a memo or the details of a termination is refused', async () => {
    const { taskQueue } = fixture;
    const { workflow } = await plainClient();
    const { workflowId } = await fixture.start('carry', 'a', 'b', 'c');
    const handle = workflow.getHandle(workflowId);
    const text = canary();
    const memo = { text };
    for (const call of [
      handle.signal('secret', text),
      handle.terminate('because', text),
      workflow.start('echoOnce', { taskQueue, workflowId: 'memo', memo }),
    ]) {
      expect(await rejectionOf(call)).toMatchObject({ code: 'PLAINTEXT_REFUSED' });
    }
    expect((await handle.describe()).status.name).toBe('RUNNING');
    expect(findTexts(await everywhere(), [text])).toEqual([]);
    await handle.terminate();
  });

  it('from a worker is refused: results, failures and heartbeats, and it recovers', async () => {
    const text = canary();
    const workflows = await fixture.worker();
    const input = 'harmless';
    const handles = [
      await fixture.start('echoOnce', input),
      await fixture.start('carry', input, text, text),
      await fixture.start('reportOnce', text),
    ];
    const plain = await fixture.activityWorker({
      keyRing: null,
      activities: { ...activities, echo: async () => text },
    });
    await eventually(async () => {
      for (const handle of handles) {
        const [pending] = (await handle.describe()).pendingActivities;
        expect(pending?.lastFailure).toBeDefined();
      }
    });
    expect(findTexts(await everywhere(), [text])).toEqual([]);
    await plain.stop();

    await fixture.activityWorker({ activities });
    const [first, second, third] = handles;
    expect(await first!.result()).toBe(input);
    await second!.signal('secret', 'done');
    expect(await second!.result()).toBe('result done');
    expect(await third!.result()).toBeUndefined();
    expect(workflows.worker.getState()).toBe('RUNNING');
    for (const handle of handles) await historyOf(handle);
  });

  it('from a workflow worker is refused, and a sealed one completes the run', async () => {
    const handle = await fixture.start('failWith', 'the message');
    const plain = await fixture.worker({ keyRing: null });
    await eventually(async () => {
      const { pendingWorkflowTask } = await handle.describe();
      expect(pendingWorkflowTask?.attempt).toBeGreaterThan(1);
    });
    await plain.stop();
    await fixture.worker();
    const { cause } = await rejectionOf(handle.result());
    expect(cause).toMatchObject({ message: 'the message', type: 'Planned' });
  });
});

it('a worker with another key ring fails tasks, tells why, and the right one completes', async () => {
  const handle = await fixture.start('echoOnce', 'for the right eyes');
  const keyRing = anotherKeyRing();
  const wrong = await fixture.worker({ keyRing, activities });
  await eventually(() => {
    const failures = wrong.log.map(({ meta }) => String(meta?.['failure']));
    expect(failures.join()).toMatch(/key/);
  });
  await wrong.stop();
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await fixture.worker({ activities });
  expect(await handle.result()).toBe('for the right eyes');
  expect((await historyOf(handle)).at(-1)?.eventType).toBe('WorkflowExecutionCompleted');
});

it('a client with another key ring cannot read the result, and says so', async () => {
  await fixture.worker({ activities });
  const handle = await fixture.start('echoOnce', 'secret');
  await handle.result();
  const { stage, platform } = fixture;
  const stranger = await clientOf(stage, platform, { keyRing: anotherKeyRing() });
  const error = await rejectionOf(stranger.workflow.getHandle(handle.workflowId).result());
  expect(error.name).toBe('PayloadOpenError');
  expect(error.message).toMatch(/key/);
});
