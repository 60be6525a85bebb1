/** The session against a server that says what the test tells it to, over a real socket. */
import { Connection } from '@perdure/client';
import { type LogMetadata, silentLogger } from '@perdure/common';
import type { ActivityToken, Heartbeat } from '@perdure/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type SessionListener, WorkerSession } from '../src/session/worker-session.ts';
import { ScriptedServer, givingActivity } from './scripted-server.ts';

const facts = {
  namespace: 'default',
  taskQueue: 'queue',
  identity: 'test',
  workflowTypes: [],
  activityTypes: ['act'],
  workflowSlots: 0,
  activitySlots: 3,
};
const tokenOf = (attempt: number): ActivityToken => {
  return { workflowId: 'w', runId: 'r', scheduledEventId: 5, attempt };
};

let server: ScriptedServer;
let connection: Connection;
let session: WorkerSession;
let running: ActivityToken[];
let failures: Error[];
let warnings: string[];

beforeEach(async () => {
  [running, failures, warnings] = [[], [], []];
  server = await ScriptedServer.start();
  connection = await Connection.connect({ address: server.address, apiKey: 'key' });
  const listener: SessionListener = {
    workflowTask() {},
    activityTask: (task) => void running.push(task.token),
    cancelActivity() {},
    query() {},
    hurry() {},
    runningActivities: () => running,
    runningWorkflowTasks: () => [],
    failed: (error) => void failures.push(error),
  };
  const warn = (message: string, meta?: LogMetadata) =>
    void warnings.push(`${message} ${JSON.stringify(meta)}`);
  session = new WorkerSession(connection, facts, listener, { ...silentLogger, warn });
});
afterEach(async () => {
  session.close();
  await connection.close();
  await server.close();
});

/** Lets the worker in on the n-th connection. */
async function letIn(n: number): Promise<number> {
  const { channel } = await server.letIn(n);
  await session.ready();
  return channel;
}

/** Breaks the n-th connection; returns when the session has noticed. */
async function breakOff(n: number): Promise<void> {
  const before = warnings.length;
  server.breakOff(n);
  await vi.waitFor(() => expect(warnings.length).toBeGreaterThan(before), { interval: 1 });
}

describe('a refusal', () => {
  test.each(['UNAVAILABLE', 'INTERNAL'] as const)(
    'that passes (%s) is followed by another hello',
    async (code) => {
      const [first] = await server.hear(0, 'openWorker');
      const { channel, sessionId } = first!;
      server.say(0, { kind: 'workerRefused', channel, code, message: 'the store is away' });
      server.say(0, { kind: 'workerRefused', channel, code, message: 'the store is still away' });
      const [, again] = await server.hear(0, 'openWorker', 2);
      expect(again).toMatchObject({ channel, sessionId, activityCredit: 3 });
      await letIn(0);
      expect(failures).toEqual([]);
      expect(warnings.join()).toContain('the store is away');
    },
  );

  test('for good ends the session', async () => {
    const ready = Promise.allSettled([session.ready()]);
    const [first] = await server.hear(0, 'openWorker');
    const { channel } = first!;
    server.say(0, { kind: 'workerRefused', channel, code: 'INVALID_ARGUMENT', message: 'no' });
    expect(await ready).toMatchObject([{ status: 'rejected' }]);
    expect(failures).toMatchObject([{ code: 'INVALID_ARGUMENT', message: 'no' }]);
  });
});

describe('heartbeats', () => {
  const beat = (attempt: number, n: number): Heartbeat => {
    return { token: tokenOf(attempt), details: new Uint8Array([n]) };
  };

  test('recorded while there is no connection: the last of each running attempt is sent', async () => {
    await letIn(0);
    running.push(tokenOf(1), tokenOf(2));
    await breakOff(0);
    for (const n of [1, 2, 3]) session.heartbeat(beat(1, n));
    session.heartbeat(beat(2, 7));
    session.heartbeat(beat(3, 9));
    await letIn(1);
    const [message] = await server.hear(1, 'heartbeat');
    expect(message?.heartbeats.map(({ token, details }) => [token.attempt, details?.[0]])).toEqual([
      [1, 3],
      [2, 7],
    ]);
  });

  test('are not sent twice', async () => {
    await letIn(0);
    running.push(tokenOf(1));
    await breakOff(0);
    session.heartbeat(beat(1, 1));
    await letIn(1);
    await server.hear(1, 'heartbeat');
    await breakOff(1);
    await letIn(2);
    session.heartbeat(beat(1, 2));
    const [message] = await server.hear(2, 'heartbeat');
    expect(message?.heartbeats.map(({ details }) => details?.[0])).toEqual([2]);
  });
});

describe('after a break', () => {
  test('the hello says what runs and what is free, and reports go on until acknowledged', async () => {
    const channel = await letIn(0);
    const acks: number[] = [];
    server.say(0, givingActivity(channel, tokenOf(1)));
    await vi.waitFor(() => expect(running).toHaveLength(1));
    session.complete({ kind: 'activityCompleted', token: tokenOf(9) }, ({ n }) => acks.push(n));
    await server.hear(0, 'complete');
    await breakOff(0);

    await letIn(1);
    expect(await server.hear(1, 'openWorker')).toMatchObject([
      { activityCredit: 2, runningActivities: [{ attempt: 1 }, { attempt: 9 }] },
    ]);
    const [report] = await server.hear(1, 'complete');
    const { n } = report!.completions[0]!;
    const ack = { n, outcome: 'ok' } as const;
    const none = { workflowTasks: [], activityTasks: [] };
    server.say(1, { kind: 'tasks', channel, serverTimeMs: 1_001, acks: [ack, ack], ...none });
    await session.settled();
    expect(acks).toEqual([n]);
  });
});
