/**
 * How to test a workflow that takes months: with its real code, activities that only take notes, and
 * an environment that leaves out the time in which nothing happens.
 */
import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@perdure/testing';
import { Worker } from '@perdure/worker';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type * as activities from '../src/sleep-for-days/activities.ts';
import { closeAccount, monthlyStatements } from '../src/sleep-for-days/workflows.ts';

const taskQueue = 'sleep-for-days';

let env: TestWorkflowEnvironment;
let worker: Worker;
/** What was sent, and when. */
let sent: { readonly month: number; readonly at: Date }[];

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
});

afterAll(() => env.teardown());

beforeEach(async () => {
  sent = [];
  const notes: typeof activities = {
    async sendStatement(_account, month) {
      sent.push({ month, at: new Date(await env.currentTimeMs()) });
    },
  };
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('../src/sleep-for-days/workflows.ts', import.meta.url)),
    activities: notes,
  });
});

test('a statement goes out every 30 days until the account is closed', async () => {
  const statements = await worker.runUntil(async () => {
    const handle = await env.client.workflow.start(monthlyStatements, {
      taskQueue,
      workflowId: 'statements-of-ada',
      args: ['ada@example.com'],
    });
    // A year and a bit: twelve pauses of 30 days have ended, the thirteenth has not.
    await env.sleep('365 days');
    await handle.signal(closeAccount);
    return handle.result();
  });
  expect(statements).toBe(13);
  expect(sent.map(({ month }) => month)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  const [first, second] = sent.map(({ at }) => at.getTime());
  expect(Math.round((second! - first!) / 86_400_000)).toBe(30);
});

test('an account that is closed at once gets one statement', async () => {
  const statements = await worker.runUntil(async () => {
    const handle = await env.client.workflow.start(monthlyStatements, {
      taskQueue,
      workflowId: 'statements-of-ben',
      args: ['ben@example.com'],
    });
    await handle.signal(closeAccount);
    return handle.result();
  });
  expect(statements).toBe(1);
});
