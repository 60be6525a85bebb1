/**
 * What the server does with what it should never get: each gets a clear typed error or a retry, the
 * server stays up, and nothing acknowledged is lost.
 */
import { activityInfo, cancelled, heartbeat } from '@perdure/activity';
import { type Client, Connection, PerdureServiceError } from '@perdure/client';
import { pack } from '@perdure/protocol';
import {
  RawStream,
  asOperator,
  clientOf,
  createNamespace,
  eventually,
  rejectionOf,
  startWorker,
} from '@perdure/test-support';
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { connect, historyOf, shape, useFixture } from './fixture.ts';

const fixture = useFixture('bad-input');
const MIB = 1024 * 1024;
const TOO_LARGE = 2.2 * MIB;
const shortName = (): string => `ns-${randomUUID().slice(0, 8)}`;

/** Text that takes about so many bytes, however well it is compressed. */
const noise = (bytes: number): string => randomBytes(bytes).toString('base64');

/** That the server still serves, with the file's own client. */
async function expectAlive(): Promise<void> {
  const { workflow } = fixture.client;
  expect(await rejectionOf(workflow.getHandle('nobody').describe())).toMatchObject({
    name: 'WorkflowNotFoundError',
  });
}

describe('keys and namespaces', () => {
  it('without, with a malformed, an unknown or a wrong secret: UNAUTHENTICATED, at once', async () => {
    const { address, apiKey } = fixture.platform;
    const wrongSecret = apiKey.slice(0, -6) + (apiKey.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA');
    const unknown = `pk_${'0'.repeat(12)}_${'A'.repeat(43)}`;
    for (const key of [undefined, 'not-a-key', unknown, wrongSecret]) {
      const error = await rejectionOf(Connection.connect({ address, apiKey: key }));
      expect(error).toBeInstanceOf(PerdureServiceError);
      expect(error).toMatchObject({ code: 'UNAUTHENTICATED' });
      if (key) expect(error.message).not.toContain(key);
    }
    await expectAlive();
  });

  it('a revoked key is refused, and its live connections end within seconds', async () => {
    const { platform, stage } = fixture;
    const tenant = await createNamespace(platform, shortName());
    const { workflow } = await clientOf(stage, tenant);
    await workflow.start('echoOnce', { taskQueue: 'q', workflowId: 'w', args: ['x'] });
    const worker = await startWorker(stage, tenant, {
      taskQueue: 'other',
      activities: { echo: async () => 'x' },
    });
    const waiting = rejectionOf(workflow.getHandle('w').result());
    await asOperator(platform, (control) =>
      control.revokeApiKey.mutate({ namespace: tenant.namespace, id: tenant.apiKeyId }),
    );
    expect(await waiting).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await rejectionOf(worker.ended)).toMatchObject({ code: 'UNAUTHENTICATED' });
    const { address, apiKey } = tenant;
    const again = await rejectionOf(Connection.connect({ address, apiKey }));
    expect(again).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(again.message).toContain('revoked');
    await expectAlive();
  });

  it('another namespace than the key’s is not found, by client and by worker', async () => {
    const { platform, stage } = fixture;
    const tenant = await createNamespace(platform, shortName());
    const { apiKey } = platform;
    const intruder = await clientOf(stage, { ...tenant, apiKey });
    const error = await rejectionOf(intruder.workflow.getHandle('w').describe());
    expect(error.name).toBe('NamespaceNotFoundError');
    expect(error.message).toContain(tenant.namespace);
    const activities = { echo: async () => 'x' };
    const worker = await startWorker(stage, { ...tenant, apiKey }, { taskQueue: 'q', activities });
    expect(await rejectionOf(worker.ended)).toMatchObject({ code: 'NAMESPACE_NOT_FOUND' });
  });

  it('an API key may not do what the operator may, nor the operator touch workflows', async () => {
    const { platform, stage } = fixture;
    const { address, apiKey, operatorToken, namespace } = platform;
    const member = await connect(stage, { address, apiKey });
    const create = member.service.control.createNamespace.mutate({ name: shortName() });
    expect(await rejectionOf(create)).toMatchObject({ cause: { code: 'PERMISSION_DENIED' } });
    const operator = await connect(stage, { address, apiKey: operatorToken });
    const list = operator.service.workflow.listWorkflows.query({ namespace });
    expect(await rejectionOf(list)).toMatchObject({ cause: { code: 'PERMISSION_DENIED' } });
  });

  it('over HTTP the same keys are asked for', async () => {
    const { address, apiKey, namespace } = fixture.platform;
    const input = encodeURIComponent(JSON.stringify({ namespace }));
    const url = `http://${address}/trpc/workflow.listWorkflows?input=${input}`;
    expect((await fetch(url)).status).toBe(401);
    const bad = await fetch(url, { headers: { authorization: 'Bearer nonsense' } });
    expect(bad.status).toBe(401);
    expect(await bad.json()).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    const good = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } });
    expect(good.status).toBe(200);
    expect((await fetch(`http://${address}/health`)).status).toBe(200);
    expect((await fetch(`http://${address}/nowhere`)).status).toBe(404);
  });
});

describe('frames', () => {
  it('a WebSocket without a key is refused at the handshake', async () => {
    const { stage, platform } = fixture;
    await expect(RawStream.open(stage, platform.address, {})).rejects.toThrow('401');
    const headers = { authorization: 'Bearer pk_nonsense' };
    await expect(RawStream.open(stage, platform.address, headers)).rejects.toThrow('401');
    await expectAlive();
  });

  const malformed: [string, Uint8Array | string][] = [
    ['no MessagePack at all', Buffer.from('c1c1c1', 'hex')],
    ['text', 'GET / HTTP/1.1'],
    ['nothing', new Uint8Array(0)],
    ['a map', pack({ kind: 'call' })],
    ['messages of unknown kinds', pack([[99, 1, 2, 3]])],
    ['a message that is no array', pack([7])],
    ['a call without a path', pack([[1, 1]])],
    ['fields of wrong types', pack([[3, 'channel', 7, {}, []]])],
    ['a negative credit', pack([[4, 1, -5, 0]])],
    ['an array cut short', Buffer.from('dd00ffffff01', 'hex')],
  ];
  it.each(malformed)('%s: MALFORMED_FRAME, and this connection ends', async (_, frame) => {
    const { stage, platform } = fixture;
    const stream = await RawStream.connect(stage, platform);
    stream.sayBytes(frame);
    expect(await stream.hear('goodbye')).toMatchObject({ code: 'MALFORMED_FRAME' });
    expect((await stream.ended).code).toBe(1008);
    await expectAlive();
  });

  it('one larger than the limit ends this connection only', async () => {
    const { stage, platform } = fixture;
    const stream = await RawStream.connect(stage, platform);
    stream.sayBytes(Buffer.alloc(17 * 1024 * 1024));
    expect((await stream.ended).code).toBe(1009);
    await expectAlive();
  });

  it('an unknown procedure, or bad arguments, are INVALID_ARGUMENT, and the connection stays', async () => {
    const { stage, platform } = fixture;
    const { namespace } = platform;
    const stream = await RawStream.connect(stage, platform);
    const asks: [string, unknown][] = [
      ['workflow.noSuch', { namespace }],
      ['__proto__', {}],
      ['toString', {}],
      ['workflow.describeWorkflow', { namespace }],
      ['workflow.describeWorkflow', { namespace, workflowId: '' }],
      ['workflow.listWorkflows', { namespace, status: 'SLEEPING' }],
      ['workflow.listWorkflows', { namespace, pageToken: 'nonsense' }],
      ['workflow.startWorkflow', { namespace, workflowId: 'x'.repeat(2_000) }],
      ['workflow.signalWorkflow', null],
    ];
    asks.forEach(([path, input], i) => stream.say({ kind: 'call', callId: i, path, input }));
    for (const [i] of asks.entries()) {
      const error = await stream.hear('error', ({ callId }) => callId === i);
      expect(error, `call ${i}`).toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    expect(fixture.platform.log()).not.toContain('a request failed');
  });

  it('completions, credits and heartbeats of a worker that was never opened are ignored', async () => {
    const { stage, platform } = fixture;
    const stream = await RawStream.connect(stage, platform);
    stream.say(
      { kind: 'credit', channel: 5, workflow: 1, activity: 1 },
      { kind: 'complete', channel: 5, completions: [] },
      { kind: 'drainWorker', channel: 5 },
      { kind: 'closeWorker', channel: 5 },
      { kind: 'cancelCall', callId: 77 },
      {
        kind: 'call',
        callId: 1,
        path: 'workflow.listWorkflows',
        input: { namespace: platform.namespace },
      },
    );
    expect(await stream.hear('reply')).toMatchObject({ callId: 1 });
  });
});

describe('stale completions', () => {
  it('of attempts that never were, of closed runs, of other runs: stale, and nothing changes', async () => {
    const { stage, platform, taskQueue } = fixture;
    const handle = await fixture.start('echoOnce', 'x');
    const { workflowId, firstExecutionRunId: runId = '' } = handle;
    const stream = await RawStream.connect(stage, platform);
    await stream.openWorker(platform, { taskQueue });
    const task = { workflowId, runId, startedEventId: 3, attempt: 1, fence: 1 };
    const activity = { workflowId, runId, scheduledEventId: 5, attempt: 1 };
    const nobody = { ...activity, workflowId: 'nobody', runId: randomUUID() };
    const failure = { info: { kind: 'application' } } as const;
    const cause = 'WORKFLOW_WORKER_UNHANDLED_FAILURE' as const;
    const step = { results: [], assumedNextEventId: 1, workflowTimeMs: 1, commands: [] };
    stream.say({
      kind: 'complete',
      channel: 1,
      completions: [
        { kind: 'workflowTaskCompleted', n: 1, token: task, commands: [] },
        { kind: 'workflowTaskFailed', n: 2, token: { ...task, attempt: 9 }, cause, failure },
        { kind: 'activityCompleted', n: 3, token: activity },
        { kind: 'activityFailed', n: 4, token: nobody, failure },
        { kind: 'activityCanceled', n: 5, token: { ...activity, runId: 'not-a-uuid' } },
        { kind: 'step', n: 6, workflowId, runId, ...step },
      ],
    });
    for (const n of [1, 2, 3, 4, 5, 6]) {
      const { acks } = await stream.hear('tasks', (mail) => mail.acks.some((ack) => ack.n === n));
      expect(acks.find((ack) => ack.n === n)?.outcome, `completion ${n}`).toBe('stale');
    }
    expect(await shape(handle)).toBe('S Ts');
    await handle.terminate();
  });

  it('of another namespace does not reach the run', async () => {
    const { stage, platform } = fixture;
    const tenant = await createNamespace(platform, shortName());
    const { taskQueue } = fixture;
    const handle = await fixture.start('echoOnce', 'x');
    const victim = await RawStream.connect(stage, platform);
    await victim.openWorker(platform, { taskQueue, workflowTypes: ['x'], workflowCredit: 1 });
    const { workflowTasks } = await victim.hear('tasks', (mail) => mail.workflowTasks.length > 0);
    const { workflowId, runId, startedEventId, attempt, fence } = workflowTasks[0]!;

    const intruder = await RawStream.connect(stage, tenant);
    await intruder.openWorker(tenant, { taskQueue });
    const token = { workflowId, runId, startedEventId, attempt, fence };
    const complete = { kind: 'workflowTaskCompleted', n: 1, token, commands: [] } as const;
    intruder.say({ kind: 'complete', channel: 1, completions: [complete] });
    const { acks } = await intruder.hear('tasks');
    expect(acks[0]?.outcome).toBe('stale');
    expect(await shape(handle)).toBe('S Ts Tst');
    await handle.terminate();
  });
});

describe('a payload over 2 MiB', () => {
  it('of a start or a signal is PAYLOAD_TOO_LARGE, and nothing happens', async () => {
    const { taskQueue, client } = fixture;
    const large = noise(TOO_LARGE);
    const options = { taskQueue, workflowId: 'large', args: [large] };
    const error = await rejectionOf(client.workflow.start('echoOnce', options));
    expect(error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(error.message).toContain('reference');
    const handle = await fixture.start('echoOnce', 'x');
    expect(await rejectionOf(handle.signal('any', large))).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    expect(await shape(handle)).toBe('S Ts');
    await handle.terminate();
  });

  it('even over the frame limit', async () => {
    const { taskQueue, client } = fixture;
    const options = { taskQueue, workflowId: 'huge', args: [noise(20 * MIB)] };
    expect(await rejectionOf(client.workflow.start('echoOnce', options))).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    await expectAlive();
  });

  it.each([TOO_LARGE, 20 * MIB])(
    'of an activity’s result (%i bytes) fails the attempt; the next one may do better',
    async (size) => {
      let calls = 0;
      const echo = async () => (++calls === 1 ? noise(size) : 'small');
      const { worker } = await fixture.worker({ activities: { echo } });
      const handle = await fixture.start('echoOnce', 'x');
      await eventually(async () => {
        const [pending] = (await handle.describe()).pendingActivities;
        expect(pending?.lastFailure).toMatchObject({ type: 'PAYLOAD_TOO_LARGE' });
      });
      expect(await handle.result()).toBe('small');
      expect(worker.getState()).toBe('RUNNING');
    },
  );

  it('of a heartbeat fails the attempt, not the worker', async () => {
    const echo = async () => {
      if (activityInfo().attempt > 1) return 'small';
      heartbeat(noise(TOO_LARGE));
      return cancelled();
    };
    const { worker } = await fixture.worker({ activities: { echo } });
    const handle = await fixture.start('echoOnce', 'x');
    expect(await handle.result()).toBe('small');
    expect(worker.getState()).toBe('RUNNING');
  });

  it('of a workflow’s result fails its task, and shows; other runs go on', async () => {
    const { worker } = await fixture.worker({ activities: { echo: async () => 'x' } });
    const handle = await fixture.start('doubled', noise(1.2 * MIB));
    await eventually(async () => {
      const { pendingWorkflowTask } = await handle.describe();
      expect(pendingWorkflowTask?.attempt).toBeGreaterThan(1);
    });
    const events = await historyOf(handle);
    expect(events.map(({ attributes }) => attributes)).toContainEqual(
      expect.objectContaining({ cause: 'PAYLOADS_TOO_LARGE' }),
    );
    const other = await fixture.start('echoOnce', 'x');
    expect(await other.result()).toBe('x');
    expect(worker.getState()).toBe('RUNNING');
    await handle.terminate();
  });

  it('of a step’s command does not blame the activity before it', async () => {
    const { worker } = await fixture.worker({ activities: { echo: async () => 'x' } });
    const handle = await fixture.start('stepThenDoubled', noise(1.2 * MIB));
    await eventually(async () => {
      const { pendingWorkflowTask } = await handle.describe();
      expect(pendingWorkflowTask?.attempt).toBeGreaterThan(1);
    });
    expect(await shape(handle)).toBe('S T As Ast Ac Tf');
    expect(worker.getState()).toBe('RUNNING');
    await handle.terminate();
  });

  it('many payloads that are large together, but not each, go through', async () => {
    const size = 1.5 * MIB;
    const { worker } = await fixture.worker({ activities: { echo: async () => noise(size) } });
    const handle = await fixture.start('manyEchoes', 12);
    expect(await handle.result()).toBeGreaterThanOrEqual(12 * size);
    expect(worker.getState()).toBe('RUNNING');
  });
});

it('an unknown workflow id, run id or malformed run id is WorkflowNotFoundError everywhere', async () => {
  const { workflow }: Client = fixture.client;
  const handle = await fixture.start('echoOnce', 'x');
  for (const missing of [
    workflow.getHandle('nobody'),
    workflow.getHandle(handle.workflowId, randomUUID()),
    workflow.getHandle(handle.workflowId, 'not a run id'),
  ]) {
    const calls = await Promise.allSettled([
      missing.describe(),
      missing.signal('s'),
      missing.cancel(),
      missing.terminate(),
      missing.fetchHistory(),
      missing.result(),
    ]);
    const names = calls.map((call) => call.status === 'rejected' && (call.reason as Error).name);
    expect(names).toEqual(Array(6).fill('WorkflowNotFoundError'));
  }
  await handle.terminate();
});

it.each(['ü/…#?%', 'nul\0inside', '\ud83d\ude00', "'; drop --", ' blank ', '-1', '__proto__'])(
  'ids and values of any characters come back as they went in: %j',
  async (workflowId) => {
    const { client, taskQueue } = fixture;
    await fixture.worker({ activities: { echo: async (value: unknown) => value } });
    const options = { taskQueue, workflowId, args: [workflowId] };
    expect(await client.workflow.execute('echoOnce', options)).toBe(workflowId);
    const listed: string[] = [];
    for await (const each of client.workflow.list({ workflowId })) listed.push(each.workflowId);
    expect(listed).toEqual([workflowId]);
  },
);
