/** What a commit promises: compare-and-set, all or nothing, each transition on its own terms. */
import { pack } from '@perdure/protocol';
import { expect, test } from 'vitest';
import type {
  CommitResult,
  ExecutionStore,
  ExecutionTransition,
  RunKey,
} from '../execution-store.ts';
import { eventIdsOf, eventsOf, newRun, refOf, startOf, stepOf } from './stores.ts';

const committed = { kind: 'committed' };
const conflict = { kind: 'conflict' };

const kinds = (results: readonly CommitResult[]): string[] => results.map((each) => each.kind);

const closed = { status: 'CONTINUED_AS_NEW', closeTime: 5, historyLength: 3 } as const;

/** Everything a transition can write beside the state, at once. */
const everything = (id: string): Partial<ExecutionTransition> => ({
  state: pack(`lost ${id}`),
  history: { firstEventId: 50, segment: eventsOf(50, 1) },
  addTasks: [
    { kind: 'workflow', scheduledEventId: 50, attempt: 1, taskQueue: 'q', enqueuedAt: 50 },
  ],
  wake: { from: 0, to: 50 },
  requestIds: [`request of ${id}`],
});

/** Declares the tests. */
export function commitSuite(executions: () => ExecutionStore): void {
  startTests(executions);
  stepTests(executions);
  nextRunTests(executions);
  requestIdTests(executions);
}

function startTests(executions: () => ExecutionStore): void {
  test('an empty batch is answered', async () => {
    expect(await executions().commit([])).toEqual([]);
  });

  test('a second start of a workflow id is refused and leaves nothing', async () => {
    const [first, second] = [newRun('w'), newRun('w')];
    expect(await executions().commit([startOf(first)])).toEqual([committed]);
    expect(await executions().commit([startOf(second, everything('second'))])).toEqual([conflict]);
    await expectNothingOf(executions(), second.runId, 'w');
    expect((await executions().loadCurrent([second]))[0]).toMatchObject(first);
  });

  test('of many starts of one workflow id at once, exactly one wins', async () => {
    for (let round = 0; round < 10; round++) {
      const runs = Array.from({ length: 8 }, () => newRun(`race ${round}`));
      const bystanders = runs.map((_, i) => newRun(`bystander ${round} ${i}`));
      const results = await Promise.all(
        runs.map((run, i) => executions().commit([startOf(run), startOf(bystanders[i]!)])),
      );
      const winners = runs.filter((_, i) => results[i]![0]!.kind === 'committed');
      expect(winners).toHaveLength(1);
      expect(results.map((each) => each[1])).toEqual(runs.map(() => committed));
      expect((await executions().loadCurrent([runs[0]!]))[0]).toMatchObject(winners[0]!);
    }
  });

  test('a start follows the run that it names, and only that one', async () => {
    const [first, second, third] = [newRun('w'), newRun('w'), newRun('w')];
    const following = (run: typeof first, replacesRunId: string): ExecutionTransition =>
      startOf(run, { started: { workflowType: 'T', taskQueue: 'q', startTime: 2, replacesRunId } });
    expect(await executions().commit([following(first, second.runId)])).toEqual([conflict]);
    await executions().commit([startOf(first)]);
    expect(await executions().commit([following(third, second.runId)])).toEqual([conflict]);
    expect(await executions().commit([following(second, first.runId)])).toEqual([committed]);
    expect(await executions().commit([following(third, first.runId)])).toEqual([conflict]);
    expect((await executions().loadCurrent([first]))[0]).toMatchObject(second);
    await expectNothingOf(executions(), third.runId, 'w');
  });

  test('a start under the id of a run that is there fails, and leaves nothing', async () => {
    const [first, second, other] = [newRun('w'), newRun('w'), newRun('other')];
    const started = { workflowType: 'T', taskQueue: 'q', startTime: 2, replacesRunId: first.runId };
    await executions().commit([startOf(first)]);
    await executions().commit([startOf(second, { started })]);
    const after = { ...started, replacesRunId: second.runId };
    const again = executions().commit([startOf(first, { ...everything('again'), started: after })]);
    await expect(again).rejects.toThrow(Error);
    expect((await executions().loadCurrent([first]))[0]).toMatchObject(second);
    expect(await executions().loadRun(refOf(first))).toMatchObject({ ...first, version: 1 });
    expect(await executions().commit([startOf(other)])).toEqual([committed]);
  });

  test('of many runs that would follow the same one at once, exactly one does', async () => {
    const first = newRun('w');
    await executions().commit([startOf(first)]);
    const started = { workflowType: 'T', taskQueue: 'q', startTime: 2, replacesRunId: first.runId };
    const runs = Array.from({ length: 8 }, () => newRun('w'));
    const results = await Promise.all(
      runs.map((run) => executions().commit([startOf(run, { started })])),
    );
    expect(kinds(results.flat()).filter((kind) => kind === 'committed')).toHaveLength(1);
  });

  test('one batch holds first runs, following runs, refused starts and steps', async () => {
    const [old, taken, open] = [newRun('old'), newRun('taken'), newRun('open')];
    await executions().commit([startOf(old), startOf(taken), startOf(open)]);
    const started = { workflowType: 'T', taskQueue: 'q', startTime: 2, replacesRunId: old.runId };
    const [follower, refused, first] = [newRun('old'), newRun('taken'), newRun('new')];
    const results = await executions().commit([
      startOf(refused),
      startOf(follower, { started }),
      stepOf(open, 1),
      startOf(first),
      stepOf(newRun('unknown'), 1),
    ]);
    expect(results).toEqual([conflict, committed, committed, committed, conflict]);
    const found = await executions().loadCurrent([old, taken, open, first]);
    const expected = [follower.runId, taken.runId, open.runId, first.runId];
    expect(found.map((each) => each?.runId)).toEqual(expected);
    expect(found.map((each) => each?.version)).toEqual([1, 1, 2, 1]);
  });
}

function stepTests(executions: () => ExecutionStore): void {
  test('a transition decided on an old version is refused and leaves nothing', async () => {
    const [key, other] = [newRun('w'), newRun('other')];
    await executions().commit([startOf(key), startOf(other)]);
    await executions().commit([stepOf(key, 1, { state: pack('second') })]);
    const batch = [stepOf(key, 1, everything('stale')), stepOf(other, 1)];
    expect(await executions().commit(batch)).toEqual([conflict, committed]);
    expect(await executions().commit([stepOf(key, 3, everything('early'))])).toEqual([conflict]);
    const found = await executions().loadRun(refOf(key));
    expect(found?.version).toBe(2);
    expect([...found!.state]).toEqual([...pack('second')]);
    expect((await executions().waitingTasks(1_000, 10)).tasks).toEqual([]);
    expect(await executions().dueRuns(1_000, 10)).toEqual([]);
    const page = await executions().readHistory(refOf(key), 1, 1_000);
    expect(eventIdsOf(page.segment)).toEqual([]);
    const retried = stepOf(key, 2, { requestIds: ['request of stale', 'request of early'] });
    expect(await executions().commit([retried])).toEqual([committed]);
  });

  test('of many transitions decided on one version, exactly one wins', async () => {
    const key = newRun('w');
    await executions().commit([startOf(key)]);
    for (let version = 1; version <= 10; version++) {
      const results = await Promise.all(
        Array.from({ length: 8 }, () => executions().commit([stepOf(key, version)])),
      );
      expect(kinds(results.flat()).filter((kind) => kind === 'committed')).toHaveLength(1);
    }
    expect((await executions().loadRun(refOf(key)))?.version).toBe(11);
  });

  test('a batch of any size is answered in its order', async () => {
    const keys = Array.from({ length: 350 }, (_, i) => newRun(`w${i}`, 1 + (i % 5)));
    const starts = await executions().commit(keys.map((key) => startOf(key)));
    expect(starts).toEqual(keys.map(() => committed));
    const steps = keys.map((key, i) => stepOf(key, i % 7 === 0 ? 9 : 1));
    const expected = keys.map((_, i) => (i % 7 === 0 ? conflict : committed));
    expect(await executions().commit(steps)).toEqual(expected);
  });

  test('a run that has closed can be changed no less', async () => {
    const key = newRun('w');
    await executions().commit([startOf(key, { closed })]);
    expect(await executions().commit([stepOf(key, 1)])).toEqual([committed]);
  });
}

function nextRunTests(executions: () => ExecutionStore): void {
  /** The close of a run, and the start of the one that follows it. */
  const continued = (key: RunKey, version: number, next: RunKey): ExecutionTransition => {
    const started = { workflowType: 'T', taskQueue: 'q', startTime: 2, replacesRunId: key.runId };
    const start = startOf(next, { started, history: { firstEventId: 1, segment: eventsOf(1, 2) } });
    const history = { firstEventId: 3, segment: eventsOf(3, 1) };
    return stepOf(key, version, { closed, history, next: start });
  };

  test('a run closes and another follows it, at once', async () => {
    const [first, second, other] = [newRun('w'), newRun('w'), newRun('other')];
    await executions().commit([startOf(first), startOf(other)]);
    const batch = [stepOf(other, 1), continued(first, 1, second)];
    expect(await executions().commit(batch)).toEqual([committed, committed]);
    expect((await executions().loadCurrent([first]))[0]).toMatchObject({ ...second, version: 1 });
    expect(await executions().loadRun(refOf(first))).toMatchObject({ ...first, version: 2 });
    const page = await executions().readHistory(refOf(second), 1, 100);
    expect(eventIdsOf(page.segment)).toEqual([1, 2]);
  });

  test('a close that loses takes the run that follows with it', async () => {
    const [first, second, other] = [newRun('w'), newRun('w'), newRun('other')];
    await executions().commit([startOf(first), startOf(other)]);
    await executions().commit([stepOf(first, 1)]);
    const batch = [continued(first, 1, second), stepOf(other, 1)];
    expect(await executions().commit(batch)).toEqual([conflict, committed]);
    await expectNothingOf(executions(), second.runId, 'w');
    expect((await executions().loadCurrent([first]))[0]).toMatchObject({ ...first, version: 2 });
  });

  test('of a close with another run behind it and a plain one, exactly one wins', async () => {
    for (let round = 0; round < 10; round++) {
      const [first, second] = [newRun(`race ${round}`), newRun(`race ${round}`)];
      await executions().commit([startOf(first)]);
      const results = await Promise.all([
        executions().commit([continued(first, 1, second)]),
        executions().commit([stepOf(first, 1, { closed })]),
      ]);
      const won = results.map(([result]) => result!.kind === 'committed');
      expect(won.filter(Boolean)).toHaveLength(1);
      const [current] = await executions().loadCurrent([first]);
      expect(current?.runId).toBe(won[0] ? second.runId : first.runId);
    }
  });
}

function requestIdTests(executions: () => ExecutionStore): void {
  test('a request is answered once, and the rest of the batch is not held up', async () => {
    const [key, other] = [newRun('w'), newRun('other')];
    await executions().commit([startOf(key, { requestIds: ['a'] }), startOf(other)]);
    await executions().commit([stepOf(key, 1, { requestIds: ['b', 'c'] })]);
    const repeated = stepOf(key, 2, { ...everything('repeated'), requestIds: ['d', 'c', 'a'] });
    const results = await executions().commit([
      repeated,
      stepOf(other, 1, { requestIds: ['a', 'b', 'c'] }),
    ]);
    expect(results[1]).toEqual(committed);
    expect(results[0]).toMatchObject({ kind: 'duplicateRequest' });
    const { requestIds } = results[0] as { readonly requestIds: readonly string[] };
    expect([...requestIds].sort()).toEqual(['a', 'c']);
    expect((await executions().loadRun(refOf(key)))?.version).toBe(2);
    expect((await executions().waitingTasks(1_000, 10)).tasks).toEqual([]);
    expect(await executions().commit([stepOf(key, 2, { requestIds: ['d'] })])).toEqual([committed]);
  });

  test('request ids belong to a run', async () => {
    const keys = [newRun('a'), newRun('b'), newRun('a', 2)];
    const results = await executions().commit(keys.map((key) => startOf(key)));
    expect(kinds(results)).toEqual(['committed', 'committed', 'committed']);
    for (const key of keys) {
      const step = stepOf(key, 1, { requestIds: ['same', 'same', "o'\0"] });
      expect(await executions().commit([step])).toEqual([committed]);
      const again = stepOf(key, 2, { requestIds: ["o'\0"] });
      const duplicate = { kind: 'duplicateRequest', requestIds: ["o'\0"] };
      expect(await executions().commit([again])).toEqual([duplicate]);
    }
  });

  test('of many transitions with one request id, exactly one wins', async () => {
    const key = newRun('w');
    await executions().commit([startOf(key)]);
    for (let version = 1; version < 6; version++) {
      const requestIds = [`request ${version}`];
      const results = await Promise.all(
        Array.from({ length: 6 }, () =>
          executions().commit([stepOf(key, version, { requestIds })]),
        ),
      );
      expect(kinds(results.flat()).filter((kind) => kind === 'committed')).toHaveLength(1);
    }
  });
}

async function expectNothingOf(
  executions: ExecutionStore,
  runId: string,
  workflowId: string,
): Promise<void> {
  const ref = refOf({ namespaceId: 1, workflowId, runId });
  expect(await executions.loadRun(ref)).toBeUndefined();
  expect((await executions.readHistory(ref, 1, 1_000)).segment.length).toBe(0);
  expect((await executions.waitingTasks(1_000, 10)).tasks).toEqual([]);
  expect(await executions.dueRuns(1_000, 10)).toEqual([]);
}
