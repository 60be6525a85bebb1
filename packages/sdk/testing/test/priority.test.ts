/** What travels beside the work itself: priorities, and how much notice a failure deserves. */
import { fileURLToPath } from 'node:url';
import { activityInfo } from '@perdure/activity';
import { WorkflowFailedError } from '@perdure/client';
import { ApplicationFailure, ValueError } from '@perdure/common';
import { DefaultLogger, type LogEntry, Worker } from '@perdure/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestWorkflowEnvironment } from '../src/index.ts';
import * as workflows from './priority-workflows.ts';
import { replayAll } from './replayed.ts';

const taskQueue = 'priorities';
const workflowsPath = fileURLToPath(new URL('./priority-workflows.ts', import.meta.url));
const priority = { priorityKey: 2, fairnessKey: 'shop-a' };
const logged: LogEntry[] = [];
let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;

const workerOptions = () => ({
  connection: env.nativeConnection,
  taskQueue,
  workflowsPath,
  activities: {
    priorityHere: async () => activityInfo().priority,
    async failBenignly() {
      throw ApplicationFailure.create({ message: 'out of stock', category: 'BENIGN' });
    },
    async failBadly() {
      throw new Error('no disk');
    },
  },
  logger: new DefaultLogger('DEBUG', (entry) => void logged.push(entry)),
});

beforeAll(async () => {
  env = await TestWorkflowEnvironment.createTimeSkipping();
  worker = await Worker.create(workerOptions());
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await replayAll(env, { workflowsPath });
  await env.teardown();
});

describe('a priority', () => {
  it('reaches the run, its activities and its children, which may have their own', async () => {
    const { workflow } = env.client;
    const workflowId = 'p-1';
    const options = { taskQueue, workflowId, priority };
    expect(await workflow.execute(workflows.priorities, options)).toEqual([
      priority,
      priority,
      { ...priority, priorityKey: 1 },
      priority,
      { ...priority, fairnessWeight: 2.5 },
    ]);
  });

  it('is in the history, and the history replays', async () => {
    const history = await env.client.workflow.getHandle('p-1').fetchHistory();
    const given = history.events.flatMap(({ attributes }) =>
      'priority' in attributes ? (attributes.priority ?? []) : [],
    );
    // Of the start, one activity and one child: the others were given none of their own.
    expect(given).toEqual([
      priority,
      expect.objectContaining({ priorityKey: 1 }),
      expect.objectContaining({ fairnessWeight: 2.5 }),
    ]);
    await Worker.runReplayHistory({ workflowsPath }, history);
  });

  it('is that of the run before, and of none without one', async () => {
    const { workflow } = env.client;
    const next = { taskQueue, workflowId: 'p-2', priority };
    expect(await workflow.execute(workflows.priorityOfNextRun, next)).toEqual(priority);
    const none = { taskQueue, workflowId: 'p-3' };
    expect(await workflow.execute(workflows.priorityOfRun, none)).toBeUndefined();
    const empty = { ...none, priority: { priorityKey: 0, fairnessKey: '' } };
    expect(await workflow.execute(workflows.priorityOfRun, empty)).toBeUndefined();
  });

  it('that cannot be is refused where it is given', async () => {
    const { workflow } = env.client;
    const options = { taskQueue, workflowId: 'p-4' };
    const why = 'priority.priorityKey must be a whole number from 1 to 5; got 6';
    expect(await workflow.execute(workflows.refusals, options)).toEqual([why, why]);
    const start = workflow.start(workflows.priorityOfRun, {
      ...options,
      priority: { fairnessKey: 'é'.repeat(33) },
    });
    await expect(start).rejects.toThrow(ValueError);
  });
});

describe('a benign failure', () => {
  it('is benign to the workflow, to the client, in the history, and when it is replayed', async () => {
    const options = { taskQueue, workflowId: 'b-1' };
    const failed = await env.client.workflow
      .execute(workflows.failsBenignly, options)
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(WorkflowFailedError);
    expect((failed as WorkflowFailedError).cause).toMatchObject({
      message: 'seen BENIGN',
      category: 'BENIGN',
    });
    const history = await env.client.workflow.getHandle('b-1').fetchHistory();
    const failures = history.events.flatMap(({ attributes }) =>
      'failure' in attributes ? (attributes.failure ?? []) : [],
    );
    expect(failures.map(({ info }) => info)).toEqual([
      expect.objectContaining({ kind: 'application', category: 'BENIGN' }),
      expect.objectContaining({ kind: 'application', category: 'BENIGN' }),
    ]);
    await Worker.runReplayHistory({ workflowsPath }, history);
  });

  it('is logged as what it is; another is a warning', async () => {
    const { workflow } = env.client;
    const options = { taskQueue, workflowId: 'b-2' };
    await workflow.execute('failsBadly', options).catch(() => {});
    const failures = logged.filter(({ message }) => message.startsWith('an attempt'));
    const told = failures.map(({ level, meta }) => [level, String(meta?.['error'])]);
    expect(told).toEqual([
      ['DEBUG', 'ApplicationFailure: out of stock'],
      ['WARN', 'Error: no disk'],
    ]);
    expect(failures[0]!.meta).toMatchObject({ activityType: 'failBenignly', attempt: 1 });
  });
});
