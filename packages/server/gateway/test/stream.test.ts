import type { UpstreamMessage } from '@perdure/protocol';
import { STREAM_PROTOCOL, pack } from '@perdure/protocol';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Socket, TestGateway, operatorToken } from './test-gateway.ts';

let server: TestGateway;
let key: { id: string; key: string };
let stranger: { id: string; key: string };

beforeEach(async () => {
  server = await new TestGateway().start();
  key = await server.key('mine');
  stranger = await server.key('theirs');
});
afterEach(() => server.close());

const start = (workflowId: string, more: object = {}) => ({
  namespace: 'mine',
  workflowId,
  workflowType: 'test',
  taskQueue: 'queue',
  requestId: workflowId,
  ...more,
});

const hello = (channel: number, more: object = {}) =>
  ({
    kind: 'openWorker',
    channel,
    sessionId: `session-${channel}`,
    namespace: 'mine',
    taskQueue: 'queue',
    identity: 'test',
    workflowTypes: ['test'],
    activityTypes: [],
    workflowCredit: 5,
    activityCredit: 0,
    runningActivities: [],
    runningWorkflowTasks: [],
    ...more,
  }) as UpstreamMessage;

describe('who may come in', () => {
  test.each([
    ['no key', ''],
    ['nonsense', 'nonsense'],
    ['a key with a wrong secret', 'pk_000000000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  ])('not with %s', async (_, wrong) => {
    const socket = new Socket(server.gateway.port, wrong);
    await expect(socket.opened).rejects.toThrow('401');
  });

  test('not with the id of one key and the secret of another', async () => {
    const [, id] = key.key.split('_');
    const secret = stranger.key.slice(stranger.key.indexOf('_', 3) + 1);
    const socket = new Socket(server.gateway.port, `pk_${id}_${secret}`);
    await expect(socket.opened).rejects.toThrow('401');
  });

  test('not with another version of the protocol', async () => {
    const socket = new Socket(server.gateway.port, key.key, 'perdure.99');
    await expect(socket.opened).rejects.toThrow('400');
  });

  test('not at another path', async () => {
    const ws = new WebSocket(`ws://127.0.0.1:${server.gateway.port}/elsewhere`);
    await expect(new Promise((_, reject) => ws.once('error', reject))).rejects.toThrow('404');
  });

  test('a handshake with a broken path is refused as one with a wrong path', async () => {
    expect(await rawHandshake('//')).toContain('HTTP/1.1 404');
    expect(server.errors).toEqual([]);
  });

  test('a peer that keeps its refused handshake open does not keep the server open', async () => {
    const peer = connect({ port: server.gateway.port, host: '127.0.0.1', allowHalfOpen: true });
    peer.write(handshake('/stream'));
    await once(peer, 'data');
    await server.gateway.close();
    expect(peer.writable).toBe(true);
    peer.destroy();
  });

  test('a revoked key ends its connections, and what they say afterwards is not heard', async () => {
    const socket = await server.connect(key.key);
    const other = await server.connect(stranger.key);
    await server.controlPlane.control.revokeApiKey({ namespace: 'mine', id: key.id });
    socket.say({ kind: 'call', callId: 1, path: 'workflow.startWorkflow', input: start('late') });
    expect(await socket.closed).toBe(1008);
    expect(socket.heard).toMatchObject([{ kind: 'goodbye', code: 'UNAUTHENTICATED' }]);
    expect(other.ws.readyState).toBe(WebSocket.OPEN);
    const { executions } = await server.store.visibility.list(1, {}, 10);
    expect(executions).toEqual([]);
  });

  test('nobody reaches another namespace, by call or by worker', async () => {
    const socket = await server.connect(stranger.key);
    const refusal = { kind: 'error', code: 'NAMESPACE_NOT_FOUND' };
    expect(await socket.call('workflow.startWorkflow', start('w'))).toMatchObject(refusal);
    socket.say(hello(1));
    expect(await socket.hear(({ kind }) => kind === 'workerRefused')).toMatchObject({
      code: 'NAMESPACE_NOT_FOUND',
    });
  });

  test('an API key may not run the server, and the operator token runs no workflows', async () => {
    const socket = await server.connect(key.key);
    const denied = { kind: 'error', code: 'PERMISSION_DENIED' };
    expect(await socket.call('control.listNamespaces', undefined)).toMatchObject(denied);
    const operator = await server.connect(operatorToken);
    expect(await operator.call('workflow.startWorkflow', start('w'))).toMatchObject(denied);
    expect(await operator.call('control.listNamespaces', undefined)).toMatchObject({
      kind: 'reply',
    });
  });
});

describe('frames that break the protocol', () => {
  const frames: [string, Uint8Array][] = [
    ['no bytes', new Uint8Array()],
    ['no MessagePack', new Uint8Array([0xc1])],
    ['text', new TextEncoder().encode('hello')],
    ['a number', pack(7)],
    ['a message of an unknown kind', pack([[99]])],
    ['a call without an id', pack([[1, null, 'path']])],
    ['a negative call id', pack([[1, -1, 'path']])],
    ['very deep nesting', new Uint8Array(100_000).fill(0x91)],
    ['a length without the items', new Uint8Array([0xdd, 0x7f, 0xff, 0xff, 0xff])],
    ['a failure without end', failureWithCauses(200_000)],
  ];

  test.each(frames)(
    '%s ends the connection with a reason, and the server stays',
    async (_, frame) => {
      const socket = await server.connect(key.key);
      socket.ws.send(frame);
      expect(await socket.closed).toBe(1008);
      expect(socket.heard).toMatchObject([{ kind: 'goodbye', code: 'MALFORMED_FRAME' }]);
      const next = await server.connect(key.key);
      expect(await next.call('workflow.startWorkflow', start('w'))).toMatchObject({
        kind: 'reply',
      });
    },
  );

  test('a frame of very many messages is refused unread', async () => {
    const socket = await server.connect(key.key);
    const header = new Uint8Array([0xdd, 0x00, 0x1e, 0x84, 0x80]);
    const body = Buffer.alloc(6_000_000, Buffer.from([0x92, 2, 1]));
    socket.ws.send(Buffer.concat([header, body]));
    expect(await socket.closed).toBe(1008);
    expect(socket.heard).toMatchObject([{ code: 'MALFORMED_FRAME' }]);
    expect(JSON.stringify(socket.heard)).toContain('2000000 messages');
  });

  test('a frame that is too large ends the connection, nobody else’s', async () => {
    const other = await server.connect(key.key);
    const socket = await server.connect(key.key);
    socket.ws.send(Buffer.alloc(17 * 1024 * 1024));
    expect(await socket.closed).toBe(1009);
    expect(await other.call('workflow.startWorkflow', start('w'))).toMatchObject({ kind: 'reply' });
  });

  test('nothing after a broken frame is heard', async () => {
    const socket = await server.connect(key.key);
    socket.ws.send(pack([[99]]));
    socket.say({ kind: 'call', callId: 1, path: 'workflow.startWorkflow', input: start('late') });
    await socket.closed;
    const { executions } = await server.store.visibility.list(1, {}, 10);
    expect(executions).toEqual([]);
  });
});

describe('calls with bad input name the field', () => {
  const century = 100 * 366 * 24 * 3_600_000;
  test.each([
    ['workflowId', { workflowId: '' }],
    ['workflowId', { workflowId: 'x'.repeat(1_001) }],
    ['workflowId', { workflowId: '漢'.repeat(400) }],
    ['workflowId', { workflowId: 7 }],
    ['taskQueue', { taskQueue: undefined }],
    ['requestId', { requestId: undefined }],
    ['input', { input: 'text' }],
    ['workflowRunTimeoutMs', { workflowRunTimeoutMs: -1 }],
    ['workflowRunTimeoutMs', { workflowRunTimeoutMs: century }],
    ['startDelayMs', { startDelayMs: Number.MAX_SAFE_INTEGER }],
    ['workflowTaskTimeoutMs', { workflowTaskTimeoutMs: 1e9 }],
    ['workflowIdReusePolicy', { workflowIdReusePolicy: 'SOMETIMES' }],
  ])('%s', async (field, more) => {
    const socket = await server.connect(key.key);
    const answer = await socket.call('workflow.startWorkflow', start('w', more));
    expect(answer).toMatchObject({ kind: 'error', code: 'INVALID_ARGUMENT', fields: { field } });
    expect(server.errors).toEqual([]);
  });

  test.each(['nonsense', '__proto__', 'constructor', 'workflow', 'workflow.startWorkflow.x', ''])(
    'an unknown procedure (%s) is told so',
    async (path) => {
      const socket = await server.connect(key.key);
      expect(await socket.call(path, {})).toMatchObject({
        kind: 'error',
        code: 'INVALID_ARGUMENT',
      });
    },
  );

  test('a page token that is none', async () => {
    const socket = await server.connect(key.key);
    const answer = await socket.call('workflow.listWorkflows', {
      namespace: 'mine',
      pageToken: 'x',
    });
    expect(answer).toMatchObject({ code: 'INVALID_ARGUMENT', fields: { field: 'pageToken' } });
  });
});

describe('workers', () => {
  test('a worker that closes before it was let in is not kept', async () => {
    const socket = await server.connect(key.key);
    socket.say(hello(1), { kind: 'closeWorker', channel: 1 });
    await socket.hear(({ kind }) => kind === 'workerOpened');
    await socket.call('workflow.startWorkflow', start('w'));
    const answer = await socket.call('workflow.describeWorkflow', {
      namespace: 'mine',
      workflowId: 'w',
    });
    expect(answer).toMatchObject({ output: { pendingWorkflowTask: { state: 'SCHEDULED' } } });
  });

  test('slots granted while a worker is being let in count', async () => {
    const socket = await server.connect(key.key);
    socket.say(hello(1, { workflowCredit: 0 }), {
      kind: 'credit',
      channel: 1,
      workflow: 1,
      activity: 0,
    });
    await socket.call('workflow.startWorkflow', start('w'));
    expect(await socket.hear(({ kind }) => kind === 'tasks')).toMatchObject({
      workflowTasks: [{ workflowId: 'w' }],
    });
  });

  test('a channel that is opened again replaces the worker that had it', async () => {
    const socket = await server.connect(key.key);
    socket.say(hello(1));
    await socket.hear(({ kind }) => kind === 'workerOpened');
    socket.say(hello(1, { sessionId: 'another', workflowCredit: 0 }));
    await socket.call('workflow.startWorkflow', start('w'));
    const answer = await socket.call('workflow.describeWorkflow', {
      namespace: 'mine',
      workflowId: 'w',
    });
    expect(answer).toMatchObject({ output: { pendingWorkflowTask: { state: 'SCHEDULED' } } });
  });

  test('much is not kept for a worker that has not been let in', async () => {
    const socket = await server.connect(key.key);
    const credit = { kind: 'credit', channel: 1, workflow: 1, activity: 0 } as const;
    socket.say(hello(1), ...Array.from({ length: 100 }, () => credit));
    expect(await socket.closed).toBe(1008);
    expect(socket.heard).toMatchObject([{ kind: 'goodbye', code: 'INVALID_ARGUMENT' }]);
  });

  test('a connection has room for so many workers and no more', async () => {
    const socket = await server.connect(key.key);
    socket.say(...Array.from({ length: 1_100 }, (_, i) => hello(i + 1)));
    const refusal = await socket.hear(({ kind }) => kind === 'workerRefused');
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

test('a call that is cancelled, and one whose connection ends, wait no longer', async () => {
  const socket = await server.connect(key.key);
  await socket.call('workflow.startWorkflow', start('w'));
  const wait = { namespace: 'mine', workflowId: 'w', waitForClose: true, closeEventOnly: true };
  socket.say({ kind: 'call', callId: 100, path: 'workflow.getHistory', input: wait });
  socket.say({ kind: 'cancelCall', callId: 100 }, { kind: 'cancelCall', callId: 999 });
  expect(await socket.hear((each) => 'callId' in each && each.callId === 100)).toMatchObject({
    output: { status: 'RUNNING' },
  });
});

test('an id of a call that is under way names no other', async () => {
  const socket = await server.connect(key.key);
  await socket.call('workflow.startWorkflow', start('w'));
  const wait = { namespace: 'mine', workflowId: 'w', waitForClose: true };
  const call = { kind: 'call', callId: 7, path: 'workflow.getHistory', input: wait } as const;
  socket.say(call, call);
  expect(await socket.closed).toBe(1008);
  expect(socket.heard).toContainEqual(
    expect.objectContaining({ kind: 'goodbye', code: 'MALFORMED_FRAME' }),
  );
});

test('closing says goodbye, ends every connection and frees the port', async () => {
  const socket = await server.connect(key.key);
  await server.gateway.close();
  expect(await socket.closed).toBe(1001);
  expect(socket.heard).toMatchObject([{ kind: 'goodbye', code: 'UNAVAILABLE' }]);
  await expect(new Socket(server.gateway.port, key.key).opened).rejects.toThrow('ECONNREFUSED');
});

/** A handshake without a key. */
function handshake(path: string): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
    `Sec-WebSocket-Protocol: ${STREAM_PROTOCOL}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** What the server answers to it. */
async function rawHandshake(path: string): Promise<string> {
  const peer = connect(server.gateway.port, '127.0.0.1');
  peer.write(handshake(path));
  const [answer] = (await once(peer, 'data')) as [Buffer];
  peer.destroy();
  return answer.toString();
}

/** A frame that reports a failure whose causes go on and on; too deep to be packed as a value. */
function failureWithCauses(depth: number): Uint8Array {
  // [[5, 1, [[4, 1, ['w', 'r', 1, 1], failure]]]]
  const head = [0x91, 0x93, 5, 1, 0x91, 0x94, 4, 1, 0x94, 0xa1, 0x77, 0xa1, 0x72, 1, 1];
  // [[1, 't'], 'm', nil, nil, cause]
  const failure = [0x95, 0x92, 1, 0xa1, 0x74, 0xa1, 0x6d, 0xc0, 0xc0];
  const last = [0x91, 0x91, 1];
  return Buffer.concat([
    Buffer.from(head),
    Buffer.alloc(depth * failure.length, Buffer.from(failure)),
    Buffer.from(last),
  ]);
}
