import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Credentials } from '../src/credentials.ts';
import { StreamClient } from '../src/stream/stream-client.ts';
import { ScriptedServer, soon } from './scripted-server.ts';

let server: ScriptedServer;
let client: StreamClient;

beforeEach(async () => {
  server = await ScriptedServer.start();
  client = clientOf(server);
});
afterEach(async () => {
  vi.useRealTimers();
  await client.close();
  await server.close();
});

function clientOf({ address }: { address: string }, connectTimeoutMs = 5_000): StreamClient {
  return new StreamClient({ address, credentials: new Credentials('key'), connectTimeoutMs });
}

/** A listener that notes what it is told. */
function notes() {
  const heard: string[] = [];
  const listener = {
    connected: () => void heard.push('connected'),
    disconnected: (why: string) => void heard.push(`disconnected: ${why}`),
    opened: () => void heard.push('opened'),
    refused: () => void heard.push('refused'),
    tasks: () => void heard.push('tasks'),
    cancelActivities: () => void heard.push('cancelActivities'),
    failed: (error: Error) => void heard.push(`failed: ${error.message}`),
  };
  return { heard, listener };
}

/** This thread does nothing for so long. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('a connection that breaks', () => {
  test('is made anew; what had no reply is asked again, what had one is not', async () => {
    await client.connect();
    const { heard, listener } = notes();
    client.openChannel(listener);
    const answered = client.call('one', 1);
    const open = client.call('two', 2);
    const first = await server.peer(0);
    const { callId } = await first.hear('call');
    first.say({ kind: 'reply', callId, output: 'done' });
    expect(await answered).toBe('done');

    first.ws.terminate();
    const second = await server.peer(1);
    const again = await second.hear('call');
    expect(again).toMatchObject({ path: 'two', input: 2 });
    second.say({ kind: 'reply', callId: again.callId, output: 'done too' });
    expect(await open).toBe('done too');
    expect(second.heard).toHaveLength(1);
    expect(heard).toEqual(['connected', 'disconnected: the connection broke', 'connected']);
  });

  test('keeps what is called meanwhile, but not what was given up', async () => {
    await client.connect();
    const call = client.start('given up', undefined);
    const first = await server.peer(0);
    await first.hear('call');
    call.abandon();
    expect(await first.hear('cancelCall')).toBeDefined();
    first.ws.terminate();
    await soon(() => expect(first.ws.readyState).toBe(first.ws.CLOSED));
    const output = client.call('meanwhile', undefined);
    const second = await server.peer(1);
    const { callId, path } = await second.hear('call');
    expect(path).toBe('meanwhile');
    second.say({ kind: 'reply', callId, output: 1 });
    expect(await output).toBe(1);
    expect(second.heard).toHaveLength(1);
  });

  test('survives a server that is restarted', async () => {
    await client.connect();
    const output = client.call('path', undefined);
    await (await server.peer(0)).hear('call');
    const { port } = server;
    await server.close();
    server = await ScriptedServer.start(port);
    const peer = await server.peer(0);
    const { callId } = await peer.hear('call');
    peer.say({ kind: 'reply', callId, output: 'late' });
    expect(await output).toBe('late');
  });

  test('with a goodbye for good is not made anew', async () => {
    await client.connect();
    const { heard, listener } = notes();
    client.openChannel(listener);
    const call = client.call('path', undefined);
    const outcome = Promise.allSettled([call]);
    const peer = await server.peer(0);
    peer.say({ kind: 'goodbye', code: 'UNAUTHENTICATED', message: 'revoked' });
    peer.ws.close();
    expect(await outcome).toMatchObject([{ reason: { code: 'UNAUTHENTICATED' } }]);
    expect(heard).toEqual(['connected', 'disconnected: revoked', 'failed: revoked']);
    await expect(client.call('path', undefined)).rejects.toMatchObject({ message: 'revoked' });
    expect(server.peers).toHaveLength(1);
  });

  test('with a goodbye for now is made anew', async () => {
    await client.connect();
    const peer = await server.peer(0);
    peer.say({ kind: 'goodbye', code: 'UNAVAILABLE', message: 'shutting down' });
    peer.ws.close();
    expect(await server.peer(1)).toBeDefined();
  });
});

describe('a frame that cannot be read', () => {
  test.each([
    ['no MessagePack', new Uint8Array([0xc1])],
    ['no array', new Uint8Array([7])],
    ['an unknown kind of message', new Uint8Array([0x91, 0x91, 99])],
  ])('(%s) ends the connection with a reason, and the next one goes on', async (_, frame) => {
    await client.connect();
    const { heard, listener } = notes();
    client.openChannel(listener);
    const output = client.call('path', undefined);
    const first = await server.peer(0);
    const { callId } = await first.hear('call');
    first.ws.send(frame);
    first.say({ kind: 'reply', callId, output: 'from a server that is not to be trusted' });
    const { code, reason } = await first.closed;
    expect(code).toBe(1002);
    expect(reason).toContain('cannot be read');

    const second = await server.peer(1);
    const again = await second.hear('call');
    second.say({ kind: 'reply', callId: again.callId, output: 'good' });
    expect(await output).toBe('good');
    expect(heard[1]).toContain('cannot be read');
  });
});

describe('a server that falls silent', () => {
  test('is left, one that pings is not', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await client.connect();
    const { heard, listener } = notes();
    client.openChannel(listener);
    const peer = await server.peer(0);
    for (let pings = 0; pings < 3; pings++) {
      vi.advanceTimersByTime(5_000);
      const pong = new Promise((resolve) => peer.ws.once('pong', resolve));
      peer.ws.ping();
      await pong;
    }
    expect(server.peers).toHaveLength(1);
    vi.advanceTimersByTime(6_000);
    expect(await server.peer(1)).toBeDefined();
    expect(heard[1]).toContain('has not been heard');
  });

  test('is not made out of a standstill of this process', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date', 'performance'] });
    await client.connect();
    const peer = await server.peer(0);
    // However long it was, a timer fires once afterwards.
    vi.setSystemTime(Date.now() + 60_000);
    vi.advanceTimersByTime(250);
    const output = client.call('path', undefined);
    const { callId } = await peer.hear('call');
    peer.say({ kind: 'reply', callId, output: 1 });
    expect(await output).toBe(1);
    expect(server.peers).toHaveLength(1);
  });
});

describe('after a standstill', () => {
  const long = 1_100;

  test('the server is asked whether it still counts on us', async () => {
    await client.connect();
    expect(client.isCountedOn()).toBe(true);
    standStill(long);
    const [one, other] = [client.isCountedOn(), client.isCountedOn()];
    expect(one).toBeInstanceOf(Promise);
    expect(await Promise.all([one, other])).toEqual([true, true]);
    expect(client.isCountedOn()).toBe(true);
  });

  test('a timer that noticed it first makes no difference', async () => {
    await client.connect();
    standStill(long);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(client.isCountedOn()).toBeInstanceOf(Promise);
  });

  test('a server that has given us up does not, whatever it had sent', async () => {
    await client.connect();
    const { heard, listener } = notes();
    const { number: channel } = client.openChannel(listener);
    const peer = await server.peer(0);
    const none = { acks: [], workflowTasks: [], activityTasks: [] };
    let counted: unknown;
    listener.tasks = () => void (counted = client.isCountedOn());
    peer.say({ kind: 'tasks', channel, serverTimeMs: 1, ...none });
    peer.ws.terminate();
    standStill(long);
    await soon(() => expect(counted).toBeInstanceOf(Promise));
    expect(await counted).toBe(false);
    await soon(() => expect(heard.at(-1)).toBe('connected'));
    expect(client.isCountedOn()).toBe(true);
  });

  test('another standstill before the answer makes another question', async () => {
    await client.connect();
    const peer = await server.peer(0);
    let pings = 0;
    peer.ws.on('ping', () => pings++);
    standStill(long);
    const counted = client.isCountedOn();
    standStill(long);
    expect(await counted).toBe(true);
    await soon(() => expect(pings).toBe(2));
  });
});

describe('connecting', () => {
  test('nobody there is said with the address', async () => {
    const { address } = server;
    await server.close();
    await expect(clientOf({ address }, 50).connect()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(address),
    });
  });

  test('a server that comes in time is waited for', async () => {
    const { port } = server;
    await server.close();
    const connecting = client.connect();
    server = await ScriptedServer.start(port);
    await connecting;
    expect(server.peers).toHaveLength(1);
  });

  test('a server that takes the connection and says nothing is given up in time', async () => {
    const mute = createServer(() => {}).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const connecting = clientOf({ address: `127.0.0.1:${port}` }, 100).connect();
    await expect(connecting).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    mute.close();
  });

  test('closing rejects what is under way and makes no new connection', async () => {
    await client.connect();
    const call = client.call('path', undefined);
    const outcome = Promise.allSettled([call]);
    await client.close();
    expect(await outcome).toMatchObject([{ reason: { code: 'UNAVAILABLE' } }]);
    expect(server.peers).toHaveLength(1);
  });
});
