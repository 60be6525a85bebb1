/** Nobody can ask so much at once that nobody else is served. */
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Services } from '@perdure/contract';
import { STREAM_PATH, STREAM_PROTOCOL } from '@perdure/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TestGateway } from './test-gateway.ts';

let server: TestGateway;
let key: string;

beforeEach(async () => {
  server = await new TestGateway().start();
  ({ key } = await server.key('mine'));
});
afterEach(() => server.close());

test('a connection has so many calls under way and no more, and goes on after that', async () => {
  const socket = await server.connect(key);
  const calls = Array.from({ length: 10_050 }, (_, i) => ({
    kind: 'call' as const,
    callId: 1_000 + i,
    path: 'nothing',
  }));
  socket.say(...calls);
  const last = await socket.hear((said) => 'callId' in said && said.callId === 11_049);
  expect(last).toMatchObject({
    kind: 'error',
    code: 'RESOURCE_EXHAUSTED',
    fields: { retryable: true },
  });
  await socket.hear((said) => 'callId' in said && said.callId === 1_000);
  const refused = socket.heard.filter(
    (said) => said.kind === 'error' && said.code === 'RESOURCE_EXHAUSTED',
  );
  expect(refused).toHaveLength(50);
  expect(await socket.call('workflow.listWorkflows', { namespace: 'mine' })).toMatchObject({
    kind: 'reply',
  });
});

test('a request over HTTP holds so many calls and no more', async () => {
  const ask = (calls: number) => {
    const paths = Array.from({ length: calls }, () => 'workflow.listWorkflows').join(',');
    return fetch(`${server.url}/trpc/${paths}?batch=1`, {
      headers: { authorization: `Bearer ${key}` },
    });
  };
  expect((await ask(101)).status).toBe(400);
  expect((await ask(100)).status).not.toBe(500);
  expect(server.errors).toEqual([]);
});

test('a caller over HTTP that goes away is waited for no longer', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const workflows = server.dataPlane.workflows as Services['workflows'];
  const queryWorkflow = workflows.queryWorkflow.bind(workflows);
  workflows.queryWorkflow = (caller, input, signal) => {
    signals.push(signal);
    return queryWorkflow(caller, input, signal);
  };
  const start = { namespace: 'mine', workflowId: 'w', workflowType: 't', taskQueue: 'q' };
  const socket = await server.connect(key);
  await socket.call('workflow.startWorkflow', { ...start, requestId: 'r' });
  const input = JSON.stringify({ namespace: 'mine', workflowId: 'w', queryName: 'q' });
  const gone = new AbortController();
  const asked = fetch(
    `${server.url}/trpc/workflow.queryWorkflow?input=${encodeURIComponent(input)}`,
    { headers: { authorization: `Bearer ${key}` }, signal: gone.signal },
  ).catch((error: Error) => error.name);
  await vi.waitFor(() => expect(signals).toHaveLength(1));
  gone.abort();
  expect(await asked).toBe('AbortError');
  await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true));
});

test('a namespace has so many connections and no more; another is not concerned', async () => {
  await server.close();
  server = await new TestGateway().start({ connectionsPerNamespace: 2 });
  const { key: mine } = await server.key('mine');
  const { key: other } = await server.key('other');
  const first = await server.connect(mine);
  await server.connect(mine);
  await expect(server.connect(mine)).rejects.toThrow('429');
  await server.connect(other);
  first.ws.close();
  await first.closed;
  await vi.waitFor(() => server.connect(mine), { interval: 20 });
  await expect(server.connect(mine)).rejects.toThrow('429');
});

test('a caller that is gone before it is known takes up no connection', async () => {
  await server.close();
  server = await new TestGateway().start({ connectionsPerNamespace: 1 });
  const { key: mine } = await server.key('mine');
  const { controlPlane } = server;
  const authenticate = controlPlane.authenticate.bind(controlPlane);
  const socket = connect(server.gateway.port, '127.0.0.1').on('error', () => {});
  let known: Promise<unknown> | undefined;
  controlPlane.authenticate = (bearer) => {
    socket.resetAndDestroy();
    const answer = setTimeout(100).then(() => authenticate(bearer));
    known = answer;
    return answer;
  };
  socket.write(
    `GET ${STREAM_PATH} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n` +
      `Sec-WebSocket-Protocol: ${STREAM_PROTOCOL}\r\nAuthorization: Bearer ${mine}\r\n\r\n`,
  );
  await vi.waitFor(() => expect(known).toBeDefined(), { interval: 5 });
  await known;
  controlPlane.authenticate = authenticate;
  await server.connect(mine);
});
