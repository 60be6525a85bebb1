import { bytesTransformer } from '@perdure/contract';
import { StoreUnavailableError } from '@perdure/ports';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TestGateway } from './test-gateway.ts';

let server: TestGateway;
let key: string;

beforeEach(async () => {
  server = await new TestGateway().start();
  ({ key } = await server.key('mine'));
});
afterEach(() => server.close());

interface Answer {
  readonly status: number;
  readonly body: { result?: { data: unknown }; error?: Record<string, unknown> };
  readonly text: string;
}

async function send(path: string, init: RequestInit = {}, token = key): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) as Answer['body'] };
}

const mutate = (path: string, input: unknown, token = key) =>
  send(
    `/trpc/${path}`,
    { method: 'POST', body: JSON.stringify(bytesTransformer.serialize(input)) },
    token,
  );
const query = (path: string, input: unknown) =>
  send(
    `/trpc/${path}?input=${encodeURIComponent(JSON.stringify(bytesTransformer.serialize(input)))}`,
  );

const start = (workflowId: string, more: object = {}) => ({
  namespace: 'mine',
  workflowId,
  workflowType: 'test',
  taskQueue: 'queue',
  requestId: workflowId,
  ...more,
});

test('health needs no key', async () => {
  const response = await fetch(`${server.url}/health`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: 'ok' });
});

test('bytes travel both ways', async () => {
  const input = new Uint8Array([1, 0, 255, 128]);
  expect((await mutate('workflow.startWorkflow', start('w', { input }))).status).toBe(200);
  const { body } = await query('workflow.getHistory', { namespace: 'mine', workflowId: 'w' });
  const { events } = bytesTransformer.deserialize(body.result?.data) as { events: Uint8Array };
  expect(events).toBeInstanceOf(Uint8Array);
  expect(Buffer.from(events).includes(Buffer.from(input))).toBe(true);
});

describe('refusals have a code, a status and no insides', () => {
  test('no key', async () => {
    const { status, body } = await mutate('workflow.startWorkflow', start('w'), 'nonsense');
    expect({ status, body }).toMatchObject({
      status: 401,
      body: { error: { code: 'UNAUTHENTICATED' } },
    });
  });

  test('bad input names the field', async () => {
    const { status, body } = await mutate('workflow.startWorkflow', start(''));
    expect(status).toBe(400);
    expect(bytesTransformer.deserialize(body.error)).toMatchObject({
      data: { perdure: { code: 'INVALID_ARGUMENT', fields: { field: 'workflowId' } } },
    });
  });

  test('what is not there is not found', async () => {
    const { status, body } = await query('workflow.describeWorkflow', {
      namespace: 'mine',
      workflowId: 'x',
    });
    expect(status).toBe(404);
    expect(bytesTransformer.deserialize(body.error)).toMatchObject({
      data: { perdure: { code: 'WORKFLOW_NOT_FOUND' } },
    });
  });

  test('what is there already is a conflict', async () => {
    await mutate('workflow.startWorkflow', start('w'));
    const { status } = await mutate('workflow.startWorkflow', start('w', { requestId: 'other' }));
    expect(status).toBe(409);
  });

  test('another namespace is forbidden', async () => {
    const { status } = await mutate('workflow.startWorkflow', start('w', { namespace: 'theirs' }));
    expect(status).toBe(403);
  });

  test('a bug of ours shows neither its message nor its stack', async () => {
    server.store.visibility.list = async () => {
      throw new Error('relation "secrets" at /srv/app/store.js');
    };
    const { status, text } = await query('workflow.listWorkflows', { namespace: 'mine' });
    expect(status).toBe(500);
    expect(text).not.toMatch(/secrets|srv|stack/);
    expect(server.errors.join()).toContain('secrets');
  });

  test('a store that is away is no bug: come again', async () => {
    server.store.visibility.list = async () => {
      throw new StoreUnavailableError('away');
    };
    const { status } = await query('workflow.listWorkflows', { namespace: 'mine' });
    expect(status).toBe(503);
    server.store.control.apiKeyById = async () => {
      throw new StoreUnavailableError('away');
    };
    const refused = await query('workflow.listWorkflows', { namespace: 'mine' });
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'UNAVAILABLE' } } });
  });

  test('a body without end is not read to its end', async () => {
    const body = JSON.stringify(start('w', { identity: 'x'.repeat(20 * 1024 * 1024) }));
    const { status } = await send('/trpc/workflow.startWorkflow', { method: 'POST', body });
    expect(status).toBe(413);
  });

  test('nor one of unknown length', async () => {
    const { status } = await post(endless(), key);
    expect(status).toBe(413);
  });

  test('the body of a stranger is not read at all', async () => {
    const { status, body } = await post(endless(), 'nonsense');
    expect({ status, body }).toMatchObject({
      status: 401,
      body: { error: { code: 'UNAUTHENTICATED' } },
    });
  });

  test('a path where nothing is says what there is', async () => {
    const { status, body } = await send('/elsewhere');
    expect({ status, body }).toMatchObject({
      status: 404,
      body: { error: { code: 'INVALID_ARGUMENT', message: expect.stringContaining('/trpc') } },
    });
  });

  test('a body that is nested without end is bad input, not a fault', async () => {
    const body = '['.repeat(200_000) + ']'.repeat(200_000);
    const { status } = await send('/trpc/workflow.startWorkflow', { method: 'POST', body });
    expect(status).toBe(400);
    expect(server.errors).toEqual([]);
  });

  test.each(['{', 'null', '[]', '"text"', '7'])('a body of %s is bad input', async (body) => {
    const { status } = await send('/trpc/workflow.startWorkflow', { method: 'POST', body });
    expect(status).toBe(400);
  });
});

/** Sends a body of unknown length. */
function post(body: ReadableStream<Uint8Array>, token: string): Promise<Answer> {
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
  return send('/trpc/workflow.startWorkflow', init, token);
}

/** Twice what a request may have; fetch sends it in chunks. */
function endless(): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(1024 * 1024).fill(0x20);
  let left = 32;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(chunk);
      else controller.close();
    },
  });
}
