/** What must hold after every transition, whatever happened in it. */
import { expect } from 'vitest';
import type { HistoryEvent } from '@perdure/protocol';
import {
  type Decision,
  type ExecutionState,
  type OutboxTask,
  decodeState,
  durableFacts,
  encodeState,
  fold,
  isClosed,
  nextDeadline,
  outboxOf,
} from '../src/index.ts';

/** Freezes a state so that any change of it throws, its maps and byte arrays apart. */
export function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (value instanceof Map) {
    const refuse = (): never => {
      throw new TypeError('a state that was handed in must not be changed');
    };
    Object.assign(value, { set: refuse, delete: refuse, clear: refuse });
    for (const each of value.values()) deepFreeze(each);
  }
  if (!Object.isFrozen(value)) {
    Object.freeze(value);
    for (const each of Object.values(value)) deepFreeze(each);
  }
  return value;
}

/** A deep copy in plain arrays and objects, for comparing states. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof Map) return [...value].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.map(([key, each]) => [key, plain(each)]).toSorted());
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
}

/** Plain comparisons: there are thousands of events, and `expect` costs more than the engine. */
function checkHistory(history: readonly HistoryEvent[]): void {
  history.forEach((event, i) => {
    const earlier = history[i - 1]?.eventTime ?? 0;
    if (event.eventId !== i + 1 || event.eventTime < earlier) {
      throw new Error(`event ${event.eventId} at ${event.eventTime} follows ${i} at ${earlier}`);
    }
    for (const field of ['scheduledEventId', 'startedEventId', 'workflowTaskCompletedEventId']) {
      const id = (event.attributes as Record<string, unknown>)[field] as number | undefined;
      if (id !== undefined && !(id < event.eventId)) {
        throw new Error(`event ${event.eventId} refers to event ${id} by ${field}`);
      }
    }
  });
}

/** `toEqual` with the same answer for equal values, and far quicker for them. */
function expectSame(actual: unknown, expected: unknown): void {
  const [a, b] = [plain(actual), plain(expected)];
  if (JSON.stringify(a) !== JSON.stringify(b)) expect(a).toEqual(b);
}

const keyOf = (task: OutboxTask): string => JSON.stringify(task);

function checkOutbox(before: ExecutionState | undefined, { outbox, state }: Decision): void {
  const tasks = new Set((before ? outboxOf(before) : []).map(keyOf));
  for (const task of outbox.remove) expect(tasks.delete(keyOf(task))).toBe(true);
  for (const task of outbox.add) {
    expect(tasks.has(keyOf(task))).toBe(false);
    tasks.add(keyOf(task));
  }
  expect([...tasks].toSorted()).toEqual(outboxOf(state).map(keyOf).toSorted());
}

function checkWake(before: ExecutionState | undefined, decision: Decision, now: number): void {
  const { wake, state, changed } = decision;
  const armed = before?.wakeAt ?? 0;
  expect(state.wakeAt).toBe(wake ? wake.to : armed);
  if (wake) expect([wake.from, changed]).toEqual([armed, true]);
  const next = nextDeadline(state, now);
  if (isClosed(state)) expect([state.wakeAt, next]).toEqual([0, 0]);
  if (!changed || next === 0) return;
  expect(state.wakeAt).toBeGreaterThan(0);
  expect(state.wakeAt).toBeLessThanOrEqual(Math.max(next, now));
}

function checkShape(state: ExecutionState): void {
  const started = (state.workflowTask?.startedEventId ?? 0) > 0;
  if (!started) expect(state.buffered).toEqual([]);
  const settled = [...state.activities.values()].filter((each) => each.outcomeBuffered);
  const fired = [...state.timers.values()].filter((each) => each.firedBuffered);
  const bufferedTypes = state.buffered.map((event) => event.eventType);
  expect(bufferedTypes.filter((type) => type === 'TimerFired').length).toBe(fired.length);
  expect(
    bufferedTypes.filter((type) => /^ActivityTask(?!Started)/.test(type)).length,
  ).toBe(settled.length);
  if (state.workflowTask && state.workflowTask.attempt > 1) {
    expect(state.workflowTask.scheduledEventId).toBe(state.nextEventId);
  }
}

function checkClosed(
  before: ExecutionState | undefined,
  { closed, state, events }: Decision,
  history: readonly HistoryEvent[],
): void {
  if (before && isClosed(before)) {
    expect([closed, events.length]).toEqual([undefined, 0]);
    return;
  }
  const last = history.at(-1)!;
  expect(closed).toEqual(
    isClosed(state) ? { status: state.status, closeTime: last.eventTime } : undefined,
  );
  if (closed) expect(last.eventType).toMatch(/^WorkflowExecution/);
}
