/** The runner between a session and the sandbox: tasks in, completions out, questions answered. */
import type { Client } from '@perdure/client';
import { noopMetricMeter, silentLogger } from '@perdure/common';
import { type LoadedDataConverter, loadDataConverter } from '@perdure/data-converter';
import {
  type Ack,
  type CompletionOf,
  type QueryTask,
  type WorkflowQuery,
  type WorkflowTask,
  encodeEvents,
} from '@perdure/protocol';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ActivityRunner } from '../src/activity/activity-runner.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';
import type { NewCompletion, WorkerSession } from '../src/session/worker-session.ts';
import { type WorkerOptions, compileWorkerOptions } from '../src/worker-options.ts';
import { WorkflowRunner } from '../src/workflow/workflow-runner.ts';
import { HistoryServer } from './history-server.ts';
import { payloads, sandboxOf } from './sandbox-driver.ts';

let converter: LoadedDataConverter;
const sandboxes: Record<'changed' | 'handlers', Sandbox> = {} as never;
beforeAll(async () => {
  converter = await loadDataConverter();
  sandboxes.changed = await sandboxOf('changed');
  sandboxes.handlers = await sandboxOf('handlers');
});

const place = { namespace: 'default', workflowId: 'workflow' };
const runners: WorkflowRunner[] = [];
afterEach(() => {
  for (const runner of runners.splice(0)) runner.close();
});

/** A worker's runner with a server behind it that keeps one run. */
class Bench {
  readonly server: HistoryServer;
  readonly runner: WorkflowRunner;
  readonly completions: NewCompletion[] = [];
  /** How often a history was asked for: by who had no copy. */
  fetched = 0;
  #firstEventId = 1;
  /** Whether the task's own events are dropped, as for one that only brought refused updates. */
  /** Whether the start of the task that is pushed turns out durable. */
  startStands = true;
  dropsTask = false;

  constructor(sandbox: Sandbox, workflowType: string, options: Partial<WorkerOptions> = {}) {
    this.server = new HistoryServer(workflowType);
    this.runner = new WorkflowRunner({
      options: compileWorkerOptions({
        taskQueue: 'queue',
        namespace: 'default',
        activities: { near: () => 'near' },
        ...options,
      }),
      converter,
      sandbox,
      session: this.#session(),
      surroundings: { metricMeter: noopMetricMeter, client: () => ({}) as Client },
      log: silentLogger,
      activities: () => ({}) as ActivityRunner,
      fetchHistory: () => {
        this.fetched++;
        return Promise.resolve([...this.server.events]);
      },
    });
    runners.push(this.runner);
  }

  /** Pushes a task and waits until it is done; what came of it. */
  async task(more: Partial<WorkflowTask> = {}): Promise<NewCompletion> {
    this.server.startTask();
    const { events, runId, workflowId, workflowType } = this.server;
    await this.runner.start({
      workflowId,
      runId,
      workflowType,
      startedEventId: events.length,
      attempt: 1,
      fence: 1,
      firstEventId: this.#firstEventId,
      events: encodeEvents(events.slice(this.#firstEventId - 1)),
      taskTimeoutMs: 10_000,
      updates: this.server.updates,
      ...more,
    });
    return this.completions.at(-1)!;
  }

  async ask(queryName: string, ...args: unknown[]): Promise<unknown> {
    const { runId, workflowId, workflowType, events } = this.server;
    const lastStartedEventId =
      events.findLast(({ eventType }) => eventType === 'WorkflowTaskStarted')?.eventId ?? 0;
    const query: QueryTask = {
      queryId: 'q',
      workflowId,
      runId,
      workflowType,
      lastStartedEventId,
      queryName,
      args: await converter.encodeArgs({ ...place, purpose: 'query-input' }, args),
    };
    const { result, failure } = await this.runner.answerQuery(query);
    if (failure) return { refused: (await converter.openFailure(place, failure)).message };
    return converter.decodeValue({ ...place, purpose: 'query-result' }, result);
  }

  #session(): WorkerSession {
    const complete = (completion: NewCompletion, onAck: (ack: Ack) => void): void => {
      this.completions.push(completion);
      onAck(this.#take(completion));
    };
    return { complete, free() {}, clock: { now: () => Date.now() } } as unknown as WorkerSession;
  }

  #take(completion: NewCompletion): Ack {
    const { server } = this;
    if (completion.kind === 'workflowTaskConfirmed') {
      return { n: 1, outcome: this.startStands ? 'ok' : 'stale' };
    }
    if (completion.kind !== 'workflowTaskCompleted') return { n: 1, outcome: 'stale' };
    const startedEventId = server.events.length;
    if (this.dropsTask) {
      server.events.length -= 2;
      server.updates = [];
    } else {
      server.completeTask(completion.commands);
      this.#firstEventId = startedEventId + 1;
    }
    return { n: 1, outcome: 'ok', nextEventId: server.events.length + 1 };
  }
}

const commandTypes = (completion: NewCompletion): string[] =>
  (completion as CompletionOf<'workflowTaskCompleted'>).commands.map(
    ({ commandType }) => commandType,
  );

describe('local activities', () => {
  it('run inside the task that asks for them', async () => {
    const bench = new Bench(sandboxes.changed, 'nearby');
    expect(commandTypes(await bench.task())).toEqual(['RecordMarker', 'StartTimer']);
    bench.server.add('TimerFired', { timerId: '1', startedEventId: 6 });
    expect(commandTypes(await bench.task())).toEqual(['RecordMarker', 'CompleteWorkflowExecution']);
  });

  it('do not begin for a task whose start came to nothing', async () => {
    let calls = 0;
    const activities = { near: () => ++calls };
    const bench = new Bench(sandboxes.changed, 'nearby', { activities });
    bench.startStands = false;
    expect(await bench.task()).toMatchObject({ kind: 'workflowTaskFailed' });
    expect(calls).toBe(0);
  });

  it.each([10, 0])('that take long go on into the next task (62): %i cached', async (cached) => {
    let finish = (): void => {};
    let calls = 0;
    const near = (): Promise<string> => {
      calls++;
      return new Promise((resolve) => {
        finish = () => resolve('late');
      });
    };
    const options = { activities: { near }, maxCachedWorkflows: cached };
    const bench = new Bench(sandboxes.changed, 'nearby', options);
    const first = await bench.task({ taskTimeoutMs: 20 });
    expect(first).toMatchObject({ commands: [], forceCreateNewTask: true });
    const second = bench.task();
    await new Promise((resolve) => setTimeout(resolve, 5));
    finish();
    expect(commandTypes(await second)).toEqual(['RecordMarker', 'StartTimer']);
    expect(calls).toBe(1);
    expect(bench.fetched).toBe(0);
  });
});

describe('questions', () => {
  it('are answered by the copy at hand', async () => {
    const bench = new Bench(sandboxes.handlers, 'asked');
    await bench.task();
    expect(await bench.ask('get', 'now')).toBe('now: begun');
    expect(bench.fetched).toBe(0);
  });

  it('are answered by replay where there is none', async () => {
    const bench = new Bench(sandboxes.handlers, 'asked', { maxCachedWorkflows: 0 });
    await bench.task();
    const input = await converter.toBlob({ ...place, purpose: 'signal' }, payloads('told'));
    bench.server.add('WorkflowExecutionSignaled', { signalName: 'tell', input });
    await bench.task();
    expect(await bench.ask('get')).toBe('told');
    expect(bench.fetched).toBeGreaterThan(0);
  });

  describe('that come with a task', () => {
    const query = async (queryName: string, ...args: unknown[]): Promise<WorkflowQuery> => {
      const encoded = await converter.encodeArgs({ ...place, purpose: 'query-input' }, args);
      return { queryId: `${queryName}?`, queryName, args: encoded };
    };
    const answersOf = async (completion: NewCompletion): Promise<unknown[]> => {
      const { queryResults = [] } = completion as CompletionOf<'workflowTaskCompleted'>;
      const opened = queryResults.map(async ({ result, failure }) =>
        failure
          ? (await converter.openFailure(place, failure)).message
          : converter.decodeValue({ ...place, purpose: 'query-result' }, result),
      );
      return Promise.all(opened);
    };

    it.each([10, 0])('are answered by what it has left: %i cached', async (cached) => {
      const bench = new Bench(sandboxes.handlers, 'asked', { maxCachedWorkflows: cached });
      const queries = [await query('get', 'now'), await query('throws'), await query('get')];
      expect(await answersOf(await bench.task({ queries }))).toEqual([
        'now: begun',
        'cannot say',
        'begun',
      ]);
      const input = await converter.toBlob({ ...place, purpose: 'signal' }, payloads('told'));
      bench.server.add('WorkflowExecutionSignaled', { signalName: 'tell', input });
      const completion = await bench.task({ queries });
      expect(await answersOf(completion)).toEqual(['now: told', 'cannot say', 'told']);
      expect(commandTypes(completion)).toEqual([]);
      expect((await bench.task()) as object).not.toHaveProperty('queryResults.0');
    });

    it('are answered though the task closes the run', async () => {
      const bench = new Bench(sandboxes.handlers, 'asked');
      await bench.task();
      bench.server.add('TimerFired', { timerId: '1', startedEventId: 5 });
      const completion = await bench.task({ queries: [await query('get')] });
      expect(commandTypes(completion)).toEqual(['CompleteWorkflowExecution']);
      expect(await answersOf(completion)).toEqual(['begun']);
    });

    it('where it waits are answered as it waits after the task', async () => {
      const bench = new Bench(sandboxes.handlers, 'waits');
      const completion = await bench.task({ queries: [await query('__stack_trace')] });
      const [stacks] = await answersOf(completion);
      expect(stacks).toMatch(/^ {4}at inner \(\S*sandbox-workflows\/handlers\.ts:\d+:\d+\)/);
    });

    it('do not wait for a local activity that takes long', async () => {
      let finish = (): void => {};
      const near = () => new Promise<string>((resolve) => (finish = () => resolve('late')));
      const bench = new Bench(sandboxes.changed, 'nearby', { activities: { near } });
      const queries = [await query('missing'), await query('__stack_trace')];
      const asked = await bench.task({ queries });
      expect(asked).toMatchObject({ commands: [], forceCreateNewTask: true });
      expect(await answersOf(asked)).toEqual([
        expect.stringContaining('did not register a handler for missing'),
        expect.stringContaining('changed.ts'),
      ]);
      const again = await bench.task({ queries: [await query('missing')] });
      expect(again).toMatchObject({ commands: [], forceCreateNewTask: true });
      const hurried = bench.task();
      await new Promise((resolve) => setTimeout(resolve, 5));
      bench.runner.hurry('another run');
      bench.runner.hurry(bench.server.runId);
      expect(await hurried).toMatchObject({ commands: [], forceCreateNewTask: true });
      const next = bench.task();
      finish();
      expect(commandTypes(await next)).toEqual(['RecordMarker', 'StartTimer']);
      const traced = await bench.ask('__stack_trace');
      expect(traced).toEqual(expect.stringContaining('changed.ts'));
    });
  });

  it('about a closed run are answered, too', async () => {
    const bench = new Bench(sandboxes.handlers, 'asked');
    await bench.task();
    bench.server.add('TimerFired', { timerId: '1', startedEventId: 5 });
    await bench.task();
    expect(bench.server.closed).toBe(true);
    expect(await bench.ask('get')).toBe('begun');
  });

  it('that fail say why', async () => {
    const bench = new Bench(sandboxes.handlers, 'asked');
    await bench.task();
    expect(await bench.ask('throws')).toEqual({ refused: 'cannot say' });
    expect(await bench.ask('nope')).toEqual({
      refused: expect.stringContaining('did not register a handler for nope') as string,
    });
  });

  it('where it waits are answered by file and line', async () => {
    const bench = new Bench(sandboxes.handlers, 'waits');
    await bench.task();
    expect(await bench.ask('__stack_trace')).toMatch(
      /^ {4}at inner \(\S*sandbox-workflows\/handlers\.ts:\d+:\d+\)/,
    );
    expect(await bench.ask('__enhanced_stack_trace')).toMatchObject({
      sdk: { name: 'typescript' },
      stacks: expect.arrayContaining([
        {
          locations: expect.arrayContaining([
            expect.objectContaining({
              file_path: expect.stringContaining('handlers.ts') as string,
              function_name: 'inner',
              internal_code: false,
            }),
          ]) as unknown,
        },
      ]) as unknown,
    });
    // The copy at hand goes on as if nothing had been asked.
    expect(bench.runner.cachedRuns).toBe(1);
  });
});

it('a task that brings only refused updates may leave no trace (42)', async () => {
  const bench = new Bench(sandboxes.handlers, 'counter');
  await bench.task();
  const input = (n: number) => converter.toBlob({ ...place, purpose: 'update-input' }, payloads(n));
  bench.server.updates.push({ updateId: 'u1', updateName: 'add', input: await input(-1) });
  bench.dropsTask = true;
  expect(commandTypes(await bench.task())).toEqual(['RejectUpdate']);
  bench.dropsTask = false;
  bench.server.updates.push({ updateId: 'u2', updateName: 'add', input: await input(7) });
  expect(commandTypes(await bench.task())).toEqual([
    'AcceptUpdate',
    'CompleteUpdate',
    'CompleteWorkflowExecution',
  ]);
  expect(bench.fetched).toBe(0);
});

describe('code that no longer does what it did (51)', () => {
  /** A run of one function, done with the code of another. */
  async function changed(options: Partial<WorkerOptions> = {}): Promise<NewCompletion> {
    const before = new Bench(sandboxes.changed, 'original');
    await before.task();
    const after = new Bench(sandboxes.changed, 'otherActivity', options);
    after.server.events.push(...before.server.events.slice(1));
    after.server.add('WorkflowExecutionSignaled', { signalName: 'any' });
    return after.task();
  }

  it('fails the task, and says where', async () => {
    const failed = (await changed()) as CompletionOf<'workflowTaskFailed'>;
    expect(failed.cause).toBe('NON_DETERMINISTIC_ERROR');
    expect(failed.failure.message).toMatch(
      /event 5 .*records activity 1 \(foo\), but the code asked for activity 1 \(bar\) at \S*changed\.ts:\d+/,
    );
  });

  it('fails the run where the worker is set to it (48)', async () => {
    const completion = await changed({
      workflowFailureErrorTypes: { otherActivity: ['NondeterminismError'] },
    });
    expect(commandTypes(completion)).toEqual(['FailWorkflowExecution']);
  });
});
