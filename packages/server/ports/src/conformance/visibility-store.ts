/** What every VisibilityStore must do, run against each adapter on its real backend. */
import { type ListedExecution, WorkflowExecutionStatus } from '@perdure/common';
import { describe, expect, test } from 'vitest';
import type { RunKey } from '../execution-store.ts';
import type { ListFilter } from '../visibility-store.ts';
import { type MakeStores, newRun, startOf, stepOf, storesOfEachTest } from './stores.ts';

const statuses = Object.values(WorkflowExecutionStatus);

/** Declares the suite. */
export function visibilityStoreConformance(name: string, make: MakeStores): void {
  describe(`VisibilityStore: ${name}`, () => {
    const stores = storesOfEachTest(make);

    /** Run number i: started at i / 3, of one of two types, with the i-th status. */
    async function startRuns(count: number): Promise<RunKey[]> {
      const keys = Array.from({ length: count }, (_, i) => newRun(`w${i}`));
      await stores().executions.commit(
        keys.map((key, i) =>
          startOf(key, {
            started: {
              workflowType: i % 2 ? 'Odd' : 'Even',
              taskQueue: 'q',
              startTime: Math.floor(i / 3),
            },
          }),
        ),
      );
      const closing = keys.flatMap((key, i) => {
        const status = statuses[i % statuses.length]!;
        const closed = { status, closeTime: 100 + i, historyLength: i };
        return status === 'RUNNING' ? [] : [stepOf(key, 1, { closed })];
      });
      await stores().executions.commit(closing);
      return keys;
    }

    async function listAll(filter: ListFilter, pageSize: number): Promise<ListedExecution[]> {
      const listed: ListedExecution[] = [];
      let token: string | undefined;
      do {
        const page = await stores().visibility.list(1, filter, pageSize, token);
        expect(page.executions.length).toBeLessThanOrEqual(pageSize);
        listed.push(...page.executions);
        token = page.nextPageToken;
      } while (token !== undefined);
      return listed;
    }

    test('a start is listed at once, and a close changes what is listed', async () => {
      const key = newRun('w');
      const started = { workflowType: 'FooBar', taskQueue: 'orders', startTime: 7 };
      await stores().executions.commit([startOf(key, { started })]);
      const listed = { workflowId: 'w', runId: key.runId, ...started, status: 'RUNNING' };
      expect(await listAll({}, 10)).toEqual([listed]);
      await stores().executions.commit([stepOf(key, 1)]);
      expect(await listAll({}, 10)).toEqual([listed]);
      const closed = { status: 'FAILED', closeTime: 9, historyLength: 17 } as const;
      await stores().executions.commit([stepOf(key, 2, { closed })]);
      expect(await listAll({}, 10)).toEqual([{ ...listed, ...closed }]);
      expect(await listAll({ status: 'RUNNING' }, 10)).toEqual([]);
      expect(await listAll({ status: 'FAILED' }, 10)).toHaveLength(1);
    });

    test('a refused transition changes no list', async () => {
      const [key, second] = [newRun('w'), newRun('w')];
      await stores().executions.commit([startOf(key)]);
      const closed = { status: 'FAILED', closeTime: 9, historyLength: 17 } as const;
      await stores().executions.commit([stepOf(key, 5, { closed })]);
      await stores().executions.commit([startOf(second)]);
      const listed = await listAll({}, 10);
      expect(listed.map(({ runId, status }) => [runId, status])).toEqual([[key.runId, 'RUNNING']]);
    });

    test('a run that starts and closes in one transition is listed as closed', async () => {
      const closed = { status: 'TERMINATED', closeTime: 9, historyLength: 2 } as const;
      await stores().executions.commit([startOf(newRun('w'), { closed })]);
      expect(await listAll({ status: 'RUNNING' }, 10)).toEqual([]);
      expect(await listAll({ status: 'TERMINATED' }, 10)).toMatchObject([closed]);
    });

    test('pages go through all runs, latest start first, each once', async () => {
      const keys = await startRuns(40);
      for (const pageSize of [1, 3, 39, 40, 41]) {
        const listed = await listAll({}, pageSize);
        expect(listed).toHaveLength(40);
        expect(new Set(listed.map((each) => each.runId))).toEqual(
          new Set(keys.map((key) => key.runId)),
        );
        const times = listed.map((each) => each.startTime);
        expect(times).toEqual([...times].sort((a, b) => b - a));
      }
    });

    test('each status, type and workflow id is listed by itself and together', async () => {
      await startRuns(40);
      const all = await listAll({}, 100);
      const filters: ListFilter[] = [
        ...statuses.map((status) => ({ status })),
        ...statuses.map((status) => ({ status, workflowType: 'Odd' })),
        { workflowType: 'Even' },
        { workflowId: 'w7' },
        { workflowId: 'w7', status: all.find((each) => each.workflowId === 'w7')!.status },
        { workflowId: 'w7', workflowType: 'Even' },
        { workflowId: 'w' },
      ];
      for (const filter of filters) {
        const entries = Object.entries(filter) as [keyof ListFilter, string][];
        const expected = all.filter((run) => entries.every(([name, value]) => run[name] === value));
        expect(await listAll(filter, 4)).toEqual(expected);
      }
      expect(all.filter((each) => each.workflowType === 'Odd')).toHaveLength(20);
    });

    test('every run of a workflow id is listed', async () => {
      const runs = [newRun('w'), newRun('w'), newRun('w')];
      const closed = { status: 'COMPLETED', closeTime: 9, historyLength: 2 } as const;
      for (const [i, run] of runs.entries()) {
        const replacesRunId = runs[i - 1]?.runId;
        const started = { workflowType: 'T', taskQueue: 'q', startTime: i, replacesRunId };
        await stores().executions.commit([startOf(run, { started })]);
        if (i < 2) await stores().executions.commit([stepOf(run, 1, { closed })]);
      }
      const listed = await listAll({ workflowId: 'w' }, 2);
      expect(listed.map((each) => each.runId)).toEqual(runs.map((run) => run.runId).reverse());
      expect(listed.map((each) => each.status)).toEqual(['RUNNING', 'COMPLETED', 'COMPLETED']);
    });

    test('nothing of another namespace is listed', async () => {
      const mine = newRun('same', 1);
      await stores().executions.commit([startOf(mine), startOf({ ...mine, namespaceId: 2 })]);
      expect((await stores().visibility.list(1, {}, 10)).executions).toHaveLength(1);
      expect((await stores().visibility.list(3, {}, 10)).executions).toEqual([]);
      expect((await stores().visibility.list(3, { workflowId: 'same' }, 10)).executions).toEqual(
        [],
      );
    });

    test('a page token that is not ours is refused', async () => {
      const list = stores().visibility.list(1, {}, 10, 'made up');
      await expect(list).rejects.toThrow(TypeError);
    });
  });
}
