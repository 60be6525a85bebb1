/** What a worker does with an activity that it reads after its process has stood still. */
import { Connection } from '@perdure/client';
import { silentLogger } from '@perdure/common';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Worker } from '../src/index.ts';
import { ScriptedServer, givingActivity } from './scripted-server.ts';

const token = { workflowId: 'w', runId: 'r', scheduledEventId: 5, attempt: 1 };
/** More than half the time between two pings. */
const LONG_MS = 1_100;

let server: ScriptedServer;
let connection: Connection;
let worker: Worker;
let running: Promise<void>;
let executed: number;

beforeEach(async () => {
  executed = 0;
  server = await ScriptedServer.start();
  connection = await Connection.connect({ address: server.address, apiKey: 'key' });
  worker = await Worker.create({
    connection,
    taskQueue: 'queue',
    namespace: 'default',
    activities: { act: async () => void executed++ },
    maxConcurrentActivityTaskExecutions: 3,
    keyRing: null,
    logger: silentLogger,
  });
  running = worker.run();
});
afterEach(async () => {
  worker.shutdown();
  await running;
  await connection.close();
  await server.close();
});

function standStill(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LONG_MS);
}

test('the server still answers: the activity is run', async () => {
  const { channel } = await server.letIn(0);
  server.say(0, givingActivity(channel, token));
  standStill();
  const [report] = await server.hear(0, 'complete');
  expect(report?.completions).toMatchObject([{ kind: 'activityCompleted', token }]);
  expect(executed).toBe(1);
  server.say(0, acknowledging(channel, 1));
});

test('the connection has ended: the activity is left to others, its slot is free', async () => {
  const { channel } = await server.letIn(0);
  server.say(0, givingActivity(channel, token));
  server.breakOff(0);
  standStill();
  const hello = await server.letIn(1);
  expect(hello).toMatchObject({ runningActivities: [], activityCredit: 3 });

  // The next attempt is one like any other.
  server.say(1, givingActivity(channel, { ...token, attempt: 2 }));
  const [report] = await server.hear(1, 'complete');
  expect(report?.completions).toMatchObject([{ kind: 'activityCompleted', token: { attempt: 2 } }]);
  expect(executed).toBe(1);
  server.say(1, acknowledging(channel, 1));
});

function acknowledging(channel: number, n: number) {
  const ack = { n, outcome: 'ok' } as const;
  const rest = { workflowTasks: [], activityTasks: [] };
  return { kind: 'tasks', channel, serverTimeMs: 1_001, acks: [ack], ...rest } as const;
}
