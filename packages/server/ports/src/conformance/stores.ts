/** What the store suites share: an adapter's stores, and transitions to put in them. */
import { randomUUID } from 'node:crypto';
import { concatBytes, pack, unpackSequence } from '@perdure/protocol';
import { afterEach, beforeEach } from 'vitest';
import type { ControlStore } from '../control-store.ts';
import type { ExecutionStore, ExecutionTransition, RunKey, RunRef } from '../execution-store.ts';
import type { LetterStore } from '../letter-store.ts';
import type { SessionStore } from '../session-store.ts';
import { shardOf } from '../shard.ts';
import type { VisibilityStore } from '../visibility-store.ts';

/** Every store of one adapter, on one backend. */
export interface Stores {
  readonly executions: ExecutionStore;
  readonly visibility: VisibilityStore;
  readonly control: ControlStore;
  readonly sessions: SessionStore;
  readonly letters: LetterStore;
  close(): Promise<void>;
}

/** Makes stores on an empty backend. Called before each test. */
export type MakeStores = () => Promise<Stores>;

/** The stores of the running test, made before it and closed after it. */
export function storesOfEachTest(make: MakeStores): () => Stores {
  let stores: Stores | undefined;
  beforeEach(async () => {
    stores = await make();
  });
  afterEach(async () => {
    await stores?.close();
    stores = undefined;
  });
  return () => {
    if (stores) return stores;
    throw new Error('there are no stores outside a test');
  };
}

/** A new run id under a workflow id. */
export function newRun(workflowId: string, namespaceId = 1): RunKey {
  return { namespaceId, workflowId, runId: randomUUID() };
}

/** Names a run by its shard. */
export function refOf({ namespaceId, workflowId, runId }: RunKey): RunRef {
  return { namespaceId, shard: shardOf(namespaceId, workflowId), runId };
}

/** First transition of a run. */
export function startOf(key: RunKey, more: Partial<ExecutionTransition> = {}): ExecutionTransition {
  return stepOf(key, 0, {
    started: { workflowType: 'FooBar', taskQueue: 'orders', startTime: 1_000 },
    ...more,
  });
}

/** A later transition, decided on `expectedVersion`. */
export function stepOf(
  key: RunKey,
  expectedVersion: number,
  more: Partial<ExecutionTransition> = {},
): ExecutionTransition {
  return {
    key,
    expectedVersion,
    state: pack(['state', expectedVersion + 1]),
    addTasks: [],
    removeTasks: [],
    requestIds: [],
    ...more,
  };
}

/** Events with these ids, as history holds them. */
export function eventsOf(firstEventId: number, count: number, bytesEach = 4): Uint8Array {
  const ids = Array.from({ length: count }, (_, i) => firstEventId + i);
  return concatBytes(ids.map((id) => pack([1, id, 0, new Uint8Array(bytesEach).fill(id)])));
}

/** Ids of the events of a segment. */
export function eventIdsOf(segment: Uint8Array): number[] {
  return (unpackSequence(segment) as [number, number][]).map(([, id]) => id);
}
