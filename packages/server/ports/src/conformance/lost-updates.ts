/**
 * A check for property tests: whatever many writers do at once, no acknowledged update is lost and
 * none is applied that was not acknowledged. The adapters' tests draw the plans.
 */
import { pack } from '@perdure/protocol';
import { expect } from 'vitest';
import type {
  CommitResult,
  ExecutionStore,
  ExecutionTransition,
  RunKey,
} from '../execution-store.ts';
import { eventIdsOf, eventsOf, newRun, refOf, startOf, stepOf } from './stores.ts';

/** One transition that a writer tries: on which workflow, and how far behind its knowledge is. */
export interface PlannedTransition {
  readonly workflow: number;
  /** 0: decided on the version last seen; more: on an older one. */
  readonly behind: number;
  readonly withRequest: boolean;
}

/** Writers run at once; each commits its batches one after another. */
export type Plan = readonly (readonly (readonly PlannedTransition[])[])[];

interface Run {
  readonly key: RunKey;
  seen: number;
  /** The marker in the state of each acknowledged transition, by version. */
  readonly acknowledged: Map<number, string>;
}

/** Carries a plan out and compares the store with what was acknowledged. */
export async function expectNoLostUpdate(
  executions: ExecutionStore,
  workflows: number,
  plan: Plan,
): Promise<void> {
  const runs = Array.from({ length: workflows }, (_, i): Run => {
    const key = newRun(`shared ${i}`, 1 + (i % 2));
    return { key, seen: 1, acknowledged: new Map([[1, 'start']]) };
  });
  const history = { firstEventId: 1, segment: eventsOf(1, 1) };
  const state = pack('start');
  await executions.commit(runs.map((run) => startOf(run.key, { history, state })));
  await Promise.all(plan.map((batches, writer) => write(executions, runs, batches, writer)));
  for (const run of runs) await expectAsAcknowledged(executions, run);
}

async function write(
  executions: ExecutionStore,
  runs: Run[],
  batches: Plan[number],
  writer: number,
): Promise<void> {
  for (const [number, planned] of batches.entries()) {
    const once = new Map(planned.map((each) => [each.workflow % runs.length, each]));
    const tried = [...once].map(([workflow, { behind, withRequest }]) => {
      const run = runs[workflow]!;
      const marker = `writer ${writer} batch ${number}`;
      const version = Math.max(1, run.seen - behind);
      return { run, marker, version, transition: transitionOf(run, version, marker, withRequest) };
    });
    const results = await executions.commit(tried.map((each) => each.transition));
    for (const [i, { run, marker, version }] of tried.entries()) {
      note(run, version + 1, marker, results[i]!);
    }
  }
}

function transitionOf(
  run: Run,
  version: number,
  marker: string,
  withRequest: boolean,
): ExecutionTransition {
  return stepOf(run.key, version, {
    state: pack(marker),
    history: { firstEventId: version + 1, segment: eventsOf(version + 1, 1) },
    requestIds: withRequest ? [marker] : [],
  });
}

function note(run: Run, version: number, marker: string, result: CommitResult): void {
  if (result.kind !== 'committed') {
    expect(result.kind).toBe('conflict');
    // Somebody else has been faster: as if it had loaded again.
    run.seen = Math.max(run.seen, ...run.acknowledged.keys());
    return;
  }
  expect(run.acknowledged.has(version)).toBe(false);
  run.acknowledged.set(version, marker);
  run.seen = Math.max(run.seen, version);
}

async function expectAsAcknowledged(executions: ExecutionStore, run: Run): Promise<void> {
  const found = await executions.loadRun(refOf(run.key));
  expect(found?.version).toBe(run.acknowledged.size);
  expect([...found!.state]).toEqual([...pack(run.acknowledged.get(found!.version))]);
  const page = await executions.readHistory(refOf(run.key), 1, 10_000_000);
  expect(eventIdsOf(page.segment)).toEqual([...run.acknowledged.keys()].sort((a, b) => a - b));
}
