/** What must hold after every transition, whatever happened in it. */
import { expect } from 'vitest';
import type { EventOf, HistoryEvent } from '@perdure/protocol';
import {
  type Decision,
  type ExecutionState,
  type OutboxTask,
  type Transfer,
  decide,
  decodeState,
  durableFacts,
  encodeState,
  fold,
  isCloseEvent,
  isClosed,
  nextDeadline,
  nextRunCommand,
  outboxOf,
  successorOf,
  transfersOf,
} from '../src/index.ts';

/** Freezes a state so that any change of it throws, its byte arrays apart. */
export function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    const refuse = (): never => {
      throw new TypeError('a state that was handed in must not be changed');
    };
    Object.assign(value, { set: refuse, delete: refuse, clear: refuse });
    for (const each of value.values()) deepFreeze(each);
  }
  Object.freeze(value);
  for (const each of Object.values(value)) deepFreeze(each);
  return value;
}

/** What a state holds, for {@link expectUntouched}. */
export function snapshot(state: ExecutionState): readonly unknown[] {
  const { activities, timers, children, externals, updates, completedUpdates, buffered, ...facts } =
    state;
  const entries = [activities, timers, children, externals, updates, completedUpdates];
  return [...Object.values(facts), ...entries.flatMap((each) => [...each.values()]), ...buffered];
}

/** That nothing was replaced since the snapshot; entries are never changed in place. */
export function expectUntouched(state: ExecutionState, before: readonly unknown[]): void {
  const after = snapshot(state);
  const same = after.length === before.length && after.every((each, i) => each === before[i]);
  if (!same) expect(after).toEqual(before);
  expect(same).toBe(true);
}

/** A deep copy in plain arrays and objects with sorted keys, for comparing states. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof Map) return [...value].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const facts = value as Record<string, unknown>;
  const keys = Object.keys(facts).filter((key) => facts[key] !== undefined);
  return Object.fromEntries(keys.toSorted().map((key) => [key, plain(facts[key])]));
}

/** Checks one transition; `history` is the run's whole history, this transition included. */
export function checkDecision(
  before: ExecutionState | undefined,
  decision: Decision,
  history: readonly HistoryEvent[],
  now: number,
): void {
  checkHistory(history);
  expectSame(durableFacts(fold(history)), durableFacts(decision.state));
  expectSame(decodeState(encodeState(decision.state)), decision.state);
  checkOutbox(before, decision);
  checkWake(before, decision, now);
  checkShape(decision.state);
  checkClosed(before, decision, history);
  checkTransfers(before, decision);
  checkNext(decision, history);
}

const references = [
  'scheduledEventId',
  'startedEventId',
  'initiatedEventId',
  'acceptedEventId',
  'workflowTaskCompletedEventId',
];

/** Plain comparisons: there are thousands of events, and `expect` costs more than the engine. */
function checkHistory(history: readonly HistoryEvent[]): void {
  history.forEach((event, i) => {
    const earlier = history[i - 1]?.eventTime ?? 0;
    if (event.eventId !== i + 1 || event.eventTime < earlier) {
      throw new Error(`event ${event.eventId} at ${event.eventTime} follows ${i} at ${earlier}`);
    }
    for (const field of references) {
      const id = (event.attributes as Record<string, unknown>)[field] as number | undefined;
      if (id !== undefined && !(id < event.eventId)) {
        throw new Error(`event ${event.eventId} refers to event ${id} by ${field}`);
      }
    }
  });
}

/** `toEqual`, far quicker for what is equal. */
function expectSame(actual: unknown, expected: unknown): void {
  const [a, b] = [plain(actual), plain(expected)];
  if (JSON.stringify(a) !== JSON.stringify(b)) expect(a).toEqual(b);
}

const keyOf = (task: OutboxTask): string => JSON.stringify(task);

function checkOutbox(before: ExecutionState | undefined, { outbox, state }: Decision): void {
  const tasks = new Set((before ? outboxOf(before) : []).map(keyOf));
  for (const task of outbox.remove) expectSame([task, tasks.delete(keyOf(task))], [task, true]);
  for (const task of outbox.add) {
    expectSame([task, tasks.has(keyOf(task))], [task, false]);
    tasks.add(keyOf(task));
  }
  expectSame([...tasks].toSorted(), outboxOf(state).map(keyOf).toSorted());
}

function checkWake(before: ExecutionState | undefined, decision: Decision, now: number): void {
  const { wake, state, changed } = decision;
  const armed = before?.wakeAt ?? 0;
  expectSame(state.wakeAt, wake ? wake.to : armed);
  if (wake) expectSame([wake.from, changed], [armed, true]);
  const next = nextDeadline(state, now);
  const over = isClosed(state) && transfersOf(state).length === 0;
  if (over) expectSame([state.wakeAt, next], [0, 0]);
  if (!changed || next === 0) return;
  const inTime = state.wakeAt > 0 && state.wakeAt <= Math.max(next, now);
  expectSame([state.wakeAt, next, inTime], [state.wakeAt, next, true]);
}

function checkShape(state: ExecutionState): void {
  const started = (state.workflowTask?.startedEventId ?? 0) > 0;
  if (!started) expectSame(state.buffered, []);
  const settled = [...state.activities.values()].filter((each) => each.outcomeBuffered);
  const fired = [...state.timers.values()].filter((each) => each.firedBuffered);
  const types = state.buffered.map((event) => event.eventType);
  expectSame(types.filter((type) => type === 'TimerFired').length, fired.length);
  expectSame(types.filter((type) => /^ActivityTask(?!Started)/.test(type)).length, settled.length);
  const children = [...state.children.values()].filter((each) => each.outcomeBuffered);
  const externals = [...state.externals.values()].filter((each) => each.outcomeBuffered);
  const ends = /^ChildWorkflowExecution(?!Started)|^StartChildWorkflowExecutionFailed/;
  expectSame(types.filter((type) => ends.test(type)).length, children.length);
  expectSame(types.filter((type) => /External/.test(type)).length, externals.length);
  const task = state.workflowTask;
  const unwritten = task && (task.attempt > 1 || task.speculative);
  if (unwritten) expectSame(task.scheduledEventId, state.nextEventId);
  const waits = [...state.updates.values()].some((each) => each.request && !each.deliveredIn);
  const mayBegin = state.firstWorkflowTaskAt === 0 && !state.awaitsParent;
  if (waits && mayBegin) expectSame(task !== undefined, true);
  if (state.awaitsParent) expectSame(task, undefined);
}

function checkTransfers(before: ExecutionState | undefined, { transfers, state }: Decision): void {
  const keys = (list: readonly Transfer[]): string[] =>
    list.map(({ kind, initiatedEventId }) => `${kind} ${initiatedEventId}`);
  const owed = new Set(before ? keys(transfersOf(before)) : []);
  for (const key of keys(transfers.remove)) expectSame([key, owed.delete(key)], [key, true]);
  for (const key of keys(transfers.add)) {
    expectSame([key, owed.has(key)], [key, false]);
    owed.add(key);
  }
  expectSame([...owed].toSorted(), keys(transfersOf(state)).toSorted());
}

/** A run that names a following one says how it begins, and it can begin so. */
function checkNext({ next, events, state }: Decision, history: readonly HistoryEvent[]): void {
  const last = events.at(-1);
  const runId = last && isCloseEvent(last) ? successorOf(last) : undefined;
  expectSame(next?.runId, runId);
  if (!next) return;
  const started = history[0] as EventOf<'WorkflowExecutionStarted'>;
  const command = nextRunCommand(next, started);
  const { outcome, decision } = decide(undefined, command, { now: state.closeTime });
  expectSame(outcome, { kind: 'accepted' });
  const follower = decision!.state;
  const chain = ({
    firstExecutionRunId,
    parent,
    root,
    workflowId,
    awaitsParent,
  }: ExecutionState): unknown => ({
    firstExecutionRunId,
    awaitsParent,
    parent,
    root,
    workflowId,
  });
  expectSame(chain(follower), chain(state));
  expectSame([follower.runId, state.owesParent], [runId, false]);
}

function checkClosed(
  before: ExecutionState | undefined,
  { closed, state, events }: Decision,
  history: readonly HistoryEvent[],
): void {
  if (before && isClosed(before)) return expectSame([closed, events], [undefined, []]);
  const last = history.at(-1)!;
  const expected = { status: state.status, closeTime: last.eventTime };
  expectSame(closed, isClosed(state) ? expected : undefined);
  if (closed) expect(last.eventType).toMatch(/^WorkflowExecution/);
}
