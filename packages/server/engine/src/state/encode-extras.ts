/**
 * The byte form of what few runs have: chains, parents, children, messages to others, updates. One
 * list at the end of the state that is not there at all when there is nothing in it; see `encode`,
 * whose rules apply here too.
 */
import type { ParentClosePolicy } from '@perdure/common';
import {
  type UpdateRequest,
  type WorkflowExecution,
  packUuid,
  priority,
  retryPolicy,
  searchAttributes,
  unpackUuid,
  updateRequest,
} from '@perdure/protocol';
import { type Base, type Wire, absolute, numberOf, relativeTo, trim } from './encode-entries.ts';
import type {
  ChildState,
  ExecutionState,
  ExternalState,
  ParentLink,
  StartHold,
  Succession,
  UpdateState,
} from './execution-state.ts';

/** The facts of a state that are encoded here. */
export type Extras = Pick<
  ExecutionState,
  | 'startHold'
  | 'parent'
  | 'root'
  | 'succession'
  | 'children'
  | 'externals'
  | 'updates'
  | 'completedUpdates'
  | 'continueAsNewSuggested'
  | 'awaitsParent'
  | 'owesParent'
  | 'taskHeartbeatSince'
  | 'memoEventId'
  | 'upsertedSearchAttributes'
  | 'priority'
>;

/** By number; append only. */
const holds: readonly StartHold[] = ['signal', 'signalWithStart', 'nothing'];
const policies: readonly ParentClosePolicy[] = ['TERMINATE', 'ABANDON', 'REQUEST_CANCEL'];

const SUGGESTED = 1;
const OWES_PARENT = 2;
const AWAITS_PARENT = 4;

/** The stored form; nil when there is nothing to store. */
export function encodeExtras(state: ExecutionState): unknown[] | null {
  return hasExtras(state) ? encodeAll(state) : null;
}

/** A quick no for most runs. */
function hasExtras(state: ExecutionState): boolean {
  return (
    state.parent !== undefined ||
    state.root !== undefined ||
    state.succession !== undefined ||
    state.children.size > 0 ||
    state.externals.size > 0 ||
    state.updates.size > 0 ||
    state.completedUpdates.size > 0 ||
    state.startHold !== 'signal' ||
    state.continueAsNewSuggested ||
    state.awaitsParent ||
    state.owesParent ||
    state.taskHeartbeatSince > 0 ||
    state.memoEventId > 0 ||
    state.upsertedSearchAttributes !== undefined ||
    state.priority !== undefined
  );
}

function encodeAll(state: ExecutionState): unknown[] {
  const flags =
    (state.continueAsNewSuggested ? SUGGESTED : 0) |
    (state.owesParent ? OWES_PARENT : 0) |
    (state.awaitsParent ? AWAITS_PARENT : 0);
  return trim([
    holds.indexOf(state.startHold),
    state.parent ? [...executionTo(state.parent), state.parent.initiatedEventId] : null,
    state.root ? executionTo(state.root) : null,
    state.succession ? encodeSuccession(state.succession, state) : null,
    mapTo(state.children, encodeChild),
    mapTo(state.externals, encodeExternal),
    mapTo(state.updates, encodeUpdate),
    state.completedUpdates.size === 0
      ? null
      : [...state.completedUpdates].flatMap(([id, eventId]) => [packUuid(id), eventId]),
    flags,
    relativeTo(state)(state.taskHeartbeatSince),
    state.memoEventId,
    state.upsertedSearchAttributes ? searchAttributes.to(state.upsertedSearchAttributes) : null,
    state.priority ? priority.to(state.priority) : null,
  ]);
}

/** Reads {@link encodeExtras}. */
export function decodeExtras(stored: unknown, base: Base): Extras {
  const wire = (stored ?? []) as Wire;
  const children = listOf(wire[4]).map(decodeChild);
  const externals = listOf(wire[5]).map(decodeExternal);
  const updates = listOf(wire[6]).map(decodeUpdate);
  const flags = numberOf(wire[8]);
  return {
    startHold: holds[numberOf(wire[0])]!,
    parent: wire[1] ? decodeParent(wire[1] as Wire) : undefined,
    root: wire[2] ? executionFrom(wire[2] as Wire) : undefined,
    succession: wire[3] ? decodeSuccession(wire[3] as Wire, base) : undefined,
    children: new Map(children.map((each) => [each.initiatedEventId, each])),
    externals: new Map(externals.map((each) => [each.initiatedEventId, each])),
    updates: new Map(updates.map((each) => [each.updateId, each])),
    completedUpdates: new Map(pairsOf((wire[7] ?? []) as Wire)),
    continueAsNewSuggested: (flags & SUGGESTED) !== 0,
    owesParent: (flags & OWES_PARENT) !== 0,
    awaitsParent: (flags & AWAITS_PARENT) !== 0,
    taskHeartbeatSince: absolute(wire[9], base),
    memoEventId: numberOf(wire[10]),
    upsertedSearchAttributes: wire[11] ? searchAttributes.from(wire[11]) : undefined,
    priority: wire[12] ? priority.from(wire[12]) : undefined,
  };
}

function encodeSuccession(succession: Succession, state: ExecutionState): unknown[] {
  return trim([
    succession.attempt,
    succession.retryPolicy ? retryPolicy.to(succession.retryPolicy) : null,
    succession.cronSchedule ?? null,
    relativeTo(state)(succession.executionDeadline),
  ]);
}

function decodeSuccession(wire: Wire, base: Base): Succession {
  return {
    attempt: wire[0] as number,
    retryPolicy: wire[1] ? retryPolicy.from(wire[1]) : undefined,
    cronSchedule: (wire[2] ?? undefined) as string | undefined,
    executionDeadline: absolute(wire[3], base),
  };
}

function encodeChild(child: ChildState): unknown[] {
  return trim([
    child.initiatedEventId,
    child.workflowTaskCompletedEventId,
    packUuid(child.workflowId),
    child.workflowType,
    policies.indexOf(child.parentClosePolicy),
    child.startedEventId,
    child.runId === undefined ? null : packUuid(child.runId),
    child.outcomeBuffered ? 1 : 0,
  ]);
}

function decodeChild(wire: Wire): ChildState {
  return {
    initiatedEventId: wire[0] as number,
    workflowTaskCompletedEventId: wire[1] as number,
    workflowId: unpackUuid(wire[2]),
    workflowType: wire[3] as string,
    parentClosePolicy: policies[numberOf(wire[4])]!,
    startedEventId: numberOf(wire[5]),
    runId: uuidOrNone(wire[6]),
    outcomeBuffered: wire[7] === 1,
  };
}

const SIGNAL = 1;
const CHILD_ONLY = 2;
const EXTERNAL_BUFFERED = 4;

function encodeExternal(external: ExternalState): unknown[] {
  return trim([
    external.initiatedEventId,
    external.workflowTaskCompletedEventId,
    packUuid(external.workflowId),
    external.runId === undefined ? null : packUuid(external.runId),
    (external.kind === 'signal' ? SIGNAL : 0) |
      (external.childWorkflowOnly ? CHILD_ONLY : 0) |
      (external.outcomeBuffered ? EXTERNAL_BUFFERED : 0),
  ]);
}

function decodeExternal(wire: Wire): ExternalState {
  const flags = numberOf(wire[4]);
  return {
    kind: (flags & SIGNAL) === 0 ? 'cancel' : 'signal',
    initiatedEventId: wire[0] as number,
    workflowTaskCompletedEventId: wire[1] as number,
    workflowId: unpackUuid(wire[2]),
    runId: uuidOrNone(wire[3]),
    childWorkflowOnly: (flags & CHILD_ONLY) !== 0,
    outcomeBuffered: (flags & EXTERNAL_BUFFERED) !== 0,
  };
}

function encodeUpdate(update: UpdateState): unknown[] {
  return trim([
    packUuid(update.updateId),
    update.acceptedEventId,
    update.request ? updateRequest.to(update.request) : null,
    update.deliveredIn,
  ]);
}

function decodeUpdate(wire: Wire): UpdateState {
  const request: UpdateRequest | undefined = wire[2] ? updateRequest.from(wire[2]) : undefined;
  return {
    updateId: unpackUuid(wire[0]),
    acceptedEventId: numberOf(wire[1]),
    request,
    deliveredIn: numberOf(wire[3]),
  };
}

function executionTo({ workflowId, runId }: WorkflowExecution): unknown[] {
  return [packUuid(workflowId), packUuid(runId)];
}

function executionFrom(wire: Wire): WorkflowExecution {
  return { workflowId: unpackUuid(wire[0]), runId: unpackUuid(wire[1]) };
}

function decodeParent(wire: Wire): ParentLink {
  return { ...executionFrom(wire), initiatedEventId: wire[2] as number };
}

function mapTo<T>(entries: ReadonlyMap<unknown, T>, encode: (entry: T) => unknown[]): unknown {
  return entries.size === 0 ? null : [...entries.values()].map(encode);
}

function* pairsOf(flat: Wire): Generator<[string, number]> {
  for (let i = 0; i < flat.length; i += 2) yield [unpackUuid(flat[i]), flat[i + 1] as number];
}

function uuidOrNone(wire: unknown): string | undefined {
  return wire === null || wire === undefined ? undefined : unpackUuid(wire);
}

function listOf(wire: unknown): readonly Wire[] {
  return (wire ?? []) as readonly Wire[];
}
