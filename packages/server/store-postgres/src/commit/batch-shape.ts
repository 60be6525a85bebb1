/**
 * What a batch of transitions holds: which parts of the commit statement it needs, and their array
 * parameters. The statement (`commit-statement.ts`) numbers its parameters by the same declaration,
 * so the two cannot drift apart.
 */
import { type ExecutionTransition, shardOf } from '@perdure/ports';
import {
  byteaArray,
  int2Array,
  int4Array,
  int8Array,
  textArray,
  uuidArray,
} from '../binary-array.ts';
import { RUNNING, statusNumber } from '../statuses.ts';

const encoders = {
  int2: int2Array,
  int4: int4Array,
  int8: int8Array,
  text: textArray,
  uuid: uuidArray,
  bytea: byteaArray,
} as const;

type ElementType = keyof typeof encoders;

/**
 * Arrays of each part of a batch, as column name and element type. `i` is the place of the
 * transition in the batch.
 */
export const partColumns = {
  /** Transitions of runs that exist. */
  updates: {
    i: 'int2',
    ns: 'int4',
    shard: 'int2',
    run: 'uuid',
    version: 'int4',
    state: 'bytea',
    first: 'int4',
    segment: 'bytea',
  },
  /** First transitions. */
  starts: {
    i: 'int2',
    ns: 'int4',
    shard: 'int2',
    run: 'uuid',
    wf: 'text',
    state: 'bytea',
    first: 'int4',
    segment: 'bytea',
    type: 'text',
    queue: 'text',
    started: 'int8',
    status: 'int2',
    closed: 'int8',
    length: 'int4',
  },
  /** Starts that follow a closed run: the run id that must still be current, or null. */
  replaced: { i: 'int2', old: 'uuid' },
  addedTasks: {
    i: 'int2',
    enqueued: 'int8',
    scheduled: 'int4',
    attempt: 'int4',
    kind: 'int2',
    queue: 'text',
  },
  removedTasks: { i: 'int2', enqueued: 'int8', scheduled: 'int4', attempt: 'int4' },
  addedWakes: { i: 'int2', wake: 'int8' },
  removedWakes: { i: 'int2', wake: 'int8' },
  closes: { i: 'int2', wf: 'text', status: 'int2', closed: 'int8', length: 'int4' },
  requests: { i: 'int2', ns: 'int4', shard: 'int2', run: 'uuid', id: 'text' },
  /** Starts that win only if the close of the run before, at place `after`, does. */
  successors: { i: 'int2', after: 'int2' },
} as const satisfies Record<string, Record<string, ElementType>>;

/** A part that a batch may have or lack. */
export type Part = keyof typeof partColumns;

/** All parts, in the order of their parameters. */
export const parts = Object.keys(partColumns) as Part[];

/** How a task kind is stored. */
export const taskKinds = ['workflow', 'activity'] as const;

interface JsTypes {
  int2: number;
  int4: number;
  int8: number;
  text: string;
  uuid: string;
  bytea: Uint8Array;
}
type RowOf<P extends Part> = {
  readonly [C in keyof (typeof partColumns)[P]]:
    | JsTypes[(typeof partColumns)[P][C] & ElementType]
    | undefined;
};
type Rows = { readonly [P in Part]: RowOf<P>[] };

/** A batch ready to be sent. */
export interface BatchShape {
  /** Parts it has, as a bit set by position in `parts`. */
  readonly mask: number;
  /** Values of the statement's parameters. */
  readonly values: Buffer[];
}

/**
 * Takes a batch apart.
 *
 * @throws TypeError or RangeError for an id or number that Postgres cannot hold
 */
export function shapeOf(batch: readonly ExecutionTransition[]): BatchShape {
  const rows = Object.fromEntries(parts.map((part) => [part, []])) as unknown as Rows;
  for (const [i, transition] of batch.entries()) addTransition(rows, i, transition);
  // Those that follow come after all others, whose places are the caller's.
  let place = batch.length;
  for (const [after, { next, expectedVersion }] of batch.entries()) {
    if (!next) continue;
    if (expectedVersion === 0) throw new TypeError('a transition with `next` must close a run');
    rows.successors.push({ i: place, after });
    addTransition(rows, place++, next);
  }
  let mask = 0;
  const values: Buffer[] = [];
  for (const [bit, part] of parts.entries()) {
    const held: Record<string, unknown>[] = rows[part];
    if (held.length === 0) continue;
    mask |= 1 << bit;
    for (const [name, type] of Object.entries(partColumns[part])) {
      values.push(encoders[type](held.map((row) => row[name]) as never[]));
    }
  }
  return { mask, values };
}

function addTransition(rows: Rows, i: number, transition: ExecutionTransition): void {
  if (transition.expectedVersion === 0) addStart(rows, i, transition);
  else addUpdate(rows, i, transition);
  addTasks(rows, i, transition);
  addWake(rows, i, transition);
  addRequests(rows, i, transition);
}

function addUpdate(rows: Rows, i: number, transition: ExecutionTransition): void {
  const { key, history, closed } = transition;
  rows.updates.push({
    i,
    ns: key.namespaceId,
    shard: shardOf(key.namespaceId, key.workflowId),
    run: key.runId,
    version: transition.expectedVersion,
    state: transition.state,
    first: history?.firstEventId,
    segment: history?.segment,
  });
  if (!closed) return;
  rows.closes.push({
    i,
    wf: key.workflowId,
    status: statusNumber(closed.status),
    closed: closed.closeTime,
    length: closed.historyLength,
  });
}

function addStart(rows: Rows, i: number, transition: ExecutionTransition): void {
  const { key, history, started, closed } = transition;
  if (!started) throw new TypeError('a transition from version 0 must carry `started`');
  rows.starts.push({
    i,
    ns: key.namespaceId,
    shard: shardOf(key.namespaceId, key.workflowId),
    run: key.runId,
    wf: key.workflowId,
    state: transition.state,
    first: history?.firstEventId,
    segment: history?.segment,
    type: started.workflowType,
    queue: started.taskQueue,
    started: started.startTime,
    status: closed ? statusNumber(closed.status) : RUNNING,
    closed: closed?.closeTime,
    length: closed?.historyLength,
  });
  if (started.replacesRunId !== undefined) {
    rows.replaced.push({ i, old: started.replacesRunId });
  }
}

function addTasks(rows: Rows, i: number, transition: ExecutionTransition): void {
  for (const task of transition.addTasks) {
    rows.addedTasks.push({
      i,
      enqueued: task.enqueuedAt,
      scheduled: task.scheduledEventId,
      attempt: task.attempt,
      kind: taskKinds.indexOf(task.kind),
      queue: task.taskQueue,
    });
  }
  for (const task of transition.removeTasks) {
    rows.removedTasks.push({
      i,
      enqueued: task.enqueuedAt,
      scheduled: task.scheduledEventId,
      attempt: task.attempt,
    });
  }
}

function addWake(rows: Rows, i: number, { wake }: ExecutionTransition): void {
  if (!wake || wake.from === wake.to) return;
  if (wake.from !== 0) rows.removedWakes.push({ i, wake: wake.from });
  if (wake.to !== 0) rows.addedWakes.push({ i, wake: wake.to });
}

function addRequests(rows: Rows, i: number, { key, requestIds }: ExecutionTransition): void {
  for (const id of new Set(requestIds)) {
    rows.requests.push({
      i,
      ns: key.namespaceId,
      shard: shardOf(key.namespaceId, key.workflowId),
      run: key.runId,
      id,
    });
  }
}
