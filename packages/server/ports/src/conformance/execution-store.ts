/** What every ExecutionStore must do, run against each adapter on its real backend. */
import { pack } from '@perdure/protocol';
import { describe, expect, test } from 'vitest';
import type { ExecutionStore, RunKey, WaitingTask } from '../execution-store.ts';
import { shardOf } from '../shard.ts';
import { commitSuite } from './commits.ts';
import {
  type MakeStores,
  eventIdsOf,
  eventsOf,
  newRun,
  refOf,
  startOf,
  stepOf,
  storesOfEachTest,
} from './stores.ts';

const committed = { kind: 'committed' };

/** Declares the suite. */
export function executionStoreConformance(name: string, make: MakeStores): void {
  describe(`ExecutionStore: ${name}`, () => {
    const stores = storesOfEachTest(make);
    const executions = (): ExecutionStore => stores().executions;
    describe('commit', () => {
      commitSuite(executions);
    });
    describe('load', () => {
      loadSuite(executions);
    });
    describe('history', () => {
      historySuite(executions);
    });
    describe('outbox', () => {
      outboxSuite(executions);
    });
    describe('wake-ups', () => {
      wakeSuite(executions);
    });
  });
}

function loadSuite(executions: () => ExecutionStore): void {
  test('the current run of each workflow, in the order asked for', async () => {
    const [a, b] = [newRun('a'), newRun('b')];
    await executions().commit([startOf(a, { state: pack('A') }), startOf(b, { state: pack('B') })]);
    const found = await executions().loadCurrent([b, newRun('none'), a, b]);
    expect(found.map((each) => each?.runId)).toEqual([b.runId, undefined, a.runId, b.runId]);
    expect(found[2]).toMatchObject({ ...a, version: 1 });
    expect([...found[2]!.state]).toEqual([...pack('A')]);
    expect(await executions().loadCurrent([])).toEqual([]);
  });

  test('a run that is no longer current is still found by its id', async () => {
    const [first, second] = [newRun('w'), newRun('w')];
    await executions().commit([startOf(first)]);
    const started = { workflowType: 'T', taskQueue: 'q', startTime: 1, replacesRunId: first.runId };
    await executions().commit([startOf(second, { started })]);
    expect(await executions().loadRun(refOf(first))).toMatchObject({ ...first, version: 1 });
    expect((await executions().loadCurrent([first]))[0]).toMatchObject(second);
  });

  test('an unknown run is not found, whatever its id looks like', async () => {
    for (const runId of [newRun('w').runId, '', 'no uuid', "'; drop table executions"]) {
      const ref = { namespaceId: 1, shard: shardOf(1, 'w'), runId };
      expect(await executions().loadRun(ref)).toBeUndefined();
      expect([...(await executions().readHistory(ref, 1, 100)).segment]).toEqual([]);
    }
  });

  test('ids and states of every form come back as they were', async () => {
    const ids = [
      '',
      ' ',
      'ü漢🧁',
      "o'; --",
      '{}',
      '\\',
      'x'.repeat(500),
      '\0',
      '\u0001',
      '\u00010',
    ];
    const states = [new Uint8Array(0), new Uint8Array(9_000).map((_, i) => i * 31)];
    for (const [i, id] of ids.entries()) {
      const key = newRun(id);
      const state = states[i % 2]!;
      expect(await executions().commit([startOf(key, { state })])).toEqual([committed]);
      const found = await executions().loadRun(refOf(key));
      expect(found).toMatchObject(key);
      expect(Buffer.compare(found!.state, state)).toBe(0);
    }
    const current = await executions().loadCurrent(ids.map((id) => newRun(id)));
    expect(current.map((each) => each?.workflowId)).toEqual(ids);
  });

  test('nothing of one namespace is found from another, even by the same ids', async () => {
    const mine = newRun('same', 1);
    const theirs = { ...mine, namespaceId: 2 };
    await executions().commit([
      startOf(mine, { state: pack('mine'), history: { firstEventId: 1, segment: eventsOf(1, 2) } }),
      startOf(theirs, { state: pack('theirs') }),
    ]);
    await executions().commit([stepOf(mine, 1, { state: pack('changed') })]);
    const [found] = await executions().loadCurrent([theirs]);
    expect(found).toMatchObject({ namespaceId: 2, version: 1 });
    expect([...found!.state]).toEqual([...pack('theirs')]);
    expect((await executions().readHistory(refOf(theirs), 1, 100)).segment.length).toBe(0);
    const stranger = { ...refOf(mine), namespaceId: 3 };
    expect(await executions().loadRun(stranger)).toBeUndefined();
    expect(await executions().commit([stepOf({ ...mine, namespaceId: 3 }, 2)])).toEqual([
      { kind: 'conflict' },
    ]);
  });
}

function historySuite(executions: () => ExecutionStore): void {
  /** Segments of 1, 2, 3 … events, 40 bytes each or so. */
  async function runWithHistory(segments: number): Promise<RunKey> {
    const key = newRun('w');
    let firstEventId = 1;
    for (let version = 0; version < segments; version++) {
      const history = { firstEventId, segment: eventsOf(firstEventId, version + 1, 32) };
      const transition =
        version === 0 ? startOf(key, { history }) : stepOf(key, version, { history });
      expect(await executions().commit([transition])).toEqual([committed]);
      firstEventId += version + 1;
    }
    return key;
  }
  const upTo = (last: number, first = 1): number[] =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i);

  test('segments are joined in order', async () => {
    const run = refOf(await runWithHistory(5));
    const page = await executions().readHistory(run, 1, 1_000_000);
    expect(eventIdsOf(page.segment)).toEqual(upTo(15));
    expect(page.nextEventId).toBeUndefined();
  });

  test('pages end at the budget, hold at least one segment, and say where to go on', async () => {
    const run = refOf(await runWithHistory(5));
    for (const budget of [0, 1, 50, 150, 400, 10_000]) {
      const ids: number[] = [];
      let from: number | undefined = 1;
      let pages = 0;
      while (from !== undefined) {
        const page = await executions().readHistory(run, from, budget);
        expect(page.segment.length).toBeGreaterThan(0);
        expect(page.segment.length).toBeLessThan(budget + 300);
        ids.push(...eventIdsOf(page.segment));
        from = page.nextEventId;
        pages++;
      }
      expect(ids).toEqual(upTo(15));
      expect(pages).toBe(budget <= 1 ? 5 : pages);
    }
  });

  test('a page begins at the event asked for, also in the middle of a segment', async () => {
    const run = refOf(await runWithHistory(5));
    for (const from of [1, 2, 3, 4, 6, 10, 11, 13, 15]) {
      const page = await executions().readHistory(run, from, 1_000_000);
      expect(eventIdsOf(page.segment)).toEqual(upTo(15, from));
    }
    expect(eventIdsOf((await executions().readHistory(run, 16, 100)).segment)).toEqual([]);
  });

  test('large segments come back whole', async () => {
    const key = newRun('w');
    const segment = eventsOf(1, 3, 700_000);
    await executions().commit([startOf(key, { history: { firstEventId: 1, segment } })]);
    const page = await executions().readHistory(refOf(key), 1, 1);
    expect(Buffer.compare(page.segment, segment)).toBe(0);
  });

  test('a transition without events leaves the history as it was', async () => {
    const key = await runWithHistory(2);
    expect(await executions().commit([stepOf(key, 2)])).toEqual([committed]);
    const page = await executions().readHistory(refOf(key), 1, 1_000);
    expect(eventIdsOf(page.segment)).toEqual([1, 2, 3]);
  });
}

function outboxSuite(executions: () => ExecutionStore): void {
  const task = (enqueuedAt: number, scheduledEventId = 2) =>
    ({ kind: 'activity', scheduledEventId, attempt: 1, taskQueue: 'orders', enqueuedAt }) as const;
  const all = async (): Promise<WaitingTask[]> =>
    (await executions().waitingTasks(Number.MAX_SAFE_INTEGER, 100)).tasks;

  test('a task waits until a transition removes it, and no other', async () => {
    const key = newRun('w');
    const workflowTask = { ...task(5), kind: 'workflow' } as const;
    await executions().commit([startOf(key, { addTasks: [workflowTask, task(6, 3), task(6, 4)] })]);
    expect(await all()).toEqual([
      { ...refOf(key), ...workflowTask },
      { ...refOf(key), ...task(6, 3) },
      { ...refOf(key), ...task(6, 4) },
    ]);
    const step = stepOf(key, 1, { removeTasks: [task(6, 3)], addTasks: [task(7, 3)] });
    await executions().commit([step]);
    expect((await all()).map((each) => each.enqueuedAt)).toEqual([5, 6, 7]);
  });

  test('a sweep goes through all tasks, oldest first, in pages, across tenants', async () => {
    for (let i = 0; i < 10; i++) {
      const key = newRun(`w${i}`, 1 + (i % 3));
      await executions().commit([
        startOf(key, { addTasks: [task(100 - (i % 4)), task(200 + i, 9)] }),
      ]);
    }
    const seen: WaitingTask[] = [];
    let cursor: string | undefined;
    do {
      const page = await executions().waitingTasks(204, 4, cursor);
      expect(page.tasks.length).toBeLessThanOrEqual(4);
      seen.push(...page.tasks);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toHaveLength(15);
    expect(seen.map((each) => each.enqueuedAt)).toEqual(
      seen.map((each) => each.enqueuedAt).sort((a, b) => a - b),
    );
    const ids = seen.map(({ runId, scheduledEventId }) => `${runId}:${scheduledEventId}`);
    expect(new Set(ids).size).toBe(15);
  });

  test('removing the task of another run removes nothing', async () => {
    const [a, b] = [newRun('a'), newRun('b')];
    await executions().commit([startOf(a, { addTasks: [task(5)] }), startOf(b)]);
    await executions().commit([stepOf(b, 1, { removeTasks: [task(5)] })]);
    expect(await all()).toHaveLength(1);
  });
}

function wakeSuite(executions: () => ExecutionStore): void {
  test('runs are due in the order of their times, across tenants, until they are moved', async () => {
    const keys = [30, 10, 20, 40].map((at) => ({ at, key: newRun(`at ${at}`, at) }));
    await executions().commit(
      keys.map(({ at, key }) => startOf(key, { wake: { from: 0, to: at } })),
    );
    const due = await executions().dueRuns(30, 10);
    expect(due.map((each) => each.wakeAt)).toEqual([10, 20, 30]);
    expect(due[0]).toEqual({ ...keys[1]!.key, wakeAt: 10 });
    expect(await executions().dueRuns(30, 2)).toEqual(due.slice(0, 2));
    expect(await executions().dueRuns(9, 10)).toEqual([]);

    await executions().commit([stepOf(keys[1]!.key, 1, { wake: { from: 10, to: 35 } })]);
    await executions().commit([stepOf(keys[2]!.key, 1, { wake: { from: 20, to: 0 } })]);
    const later = await executions().dueRuns(100, 10);
    expect(later.map((each) => each.wakeAt)).toEqual([30, 35, 40]);
  });

  test('the next wake-up is the earliest one after now', async () => {
    expect(await executions().nextWakeAt(0)).toBeUndefined();
    await executions().commit(
      [20, 10].map((at) => startOf(newRun(`${at}`, at), { wake: { from: 0, to: at } })),
    );
    expect(await executions().nextWakeAt(0)).toBe(10);
    expect(await executions().nextWakeAt(10)).toBe(20);
    expect(await executions().nextWakeAt(20)).toBeUndefined();
  });

  test('a wake-up that is moved to where it is stays', async () => {
    const key = newRun('w');
    await executions().commit([startOf(key, { wake: { from: 0, to: 10 } })]);
    await executions().commit([stepOf(key, 1, { wake: { from: 10, to: 10 } })]);
    expect(await executions().nextWakeAt(0)).toBe(10);
  });
}
