/** The stored form of a run, rebuilding it from history, and the wake-ups it asks for. */
import { describe, expect, test } from 'vitest';
import { pack } from '@perdure/protocol';
import { decodeState, encodeState, fold, outboxOf } from '../src/index.ts';
import { Run, applicationFailure, schedule, startTimer, succeed } from './run-driver.ts';

describe('encoded state', () => {
  test('is small: an idle run with one pending activity', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a');
    const strings = ['workflow', 'run', 'FooBar', 'queue', 'request', 'a', 'type-a', run.identity];
    const userBytes = strings.reduce((sum, text) => sum + text.length, 'session'.length);
    expect(encodeState(run.state).length - userBytes).toBeLessThan(120);
  });

  test('is smaller once the run has closed', () => {
    const run = Run.start().task(schedule('a'));
    const pending = encodeState(run.state).length;
    expect(encodeState(run.signal().task(succeed).state).length).toBeLessThan(pending);
  });

  test('keeps failures, details and buffered events', () => {
    const run = Run.start().task(schedule('a', { taskQueue: 'other' }), schedule('b'));
    run.takeActivity('a').heartbeat('a', 'p1').failActivity('a', applicationFailure('no'));
    run.takeActivity('b', 'elsewhere').signal().takeTask().signal('buffered').finishActivity('b');
    const read = decodeState(encodeState(run.state));
    expect(read.activities.get(5)).toMatchObject({
      taskQueue: 'other',
      attempt: 2,
      lastFailure: { message: 'no' },
    });
    expect(read.activities.get(6)).toMatchObject({ session: 'elsewhere', outcomeBuffered: true });
    expect(read.buffered.map((event) => event.eventType)).toEqual([
      'WorkflowExecutionSignaled',
      'ActivityTaskStarted',
      'ActivityTaskCompleted',
    ]);
  });

  test.each([[[2, 'workflow']], [{}]])('of another version is refused: %j', (value) => {
    expect(() => decodeState(pack(value))).toThrow(/schema version 1; got version/);
  });
});

describe('fold', () => {
  test('refuses what is not a history', () => {
    const { history } = Run.start().task(succeed);
    expect(() => fold([])).toThrow(/must begin with event 1/);
    expect(() => fold(history.slice(1))).toThrow(/must begin with event 1/);
    expect(() => fold(history.toSpliced(2, 1))).toThrow(/wanted 3, got 4/);
  });
});

describe('outbox', () => {
  test('an attempt that nobody took waits there, and the retry replaces it', () => {
    const run = Run.start().task(schedule('a'));
    expect(outboxOf(run.state)).toMatchObject([{ kind: 'activity', attempt: 1 }]);
    run.takeActivity('a').failActivity('a');
    expect(outboxOf(run.state)).toEqual([]);
    run.sleep(1_000);
    expect(outboxOf(run.state)).toMatchObject([{ attempt: 2, enqueuedAt: run.now }]);
  });
});

test('an attempt that was taken and lost in one transition is replaced there', () => {
  const run = Run.start().task(schedule('a'));
  const attempt = { scheduledEventId: 5, attempt: 1 };
  run.apply(
    { kind: 'startActivity', ...attempt, session: 's', identity: 'x' },
    { kind: 'loseActivity', ...attempt },
  );
  expect(outboxOf(run.state)).toMatchObject([{ kind: 'activity', attempt: 2 }]);
});

describe('wake-ups', () => {
  test('are not moved along the hot path', () => {
    const run = Run.start().takeTask();
    const armed = run.state.wakeAt;
    run.now += 5;
    run.finishTask(schedule('foo'));
    run.takeActivity('foo');
    run.step('foo', [schedule('bar')]);
    run.takeActivity('bar');
    expect(run.state.wakeAt).toBe(armed);
  });

  test('check whether the worker lives after 10 s, 20 s, 40 s, then every 60 s', () => {
    const run = Run.start().task(schedule('a', { startToCloseTimeoutMs: 86_400_000 }));
    run.takeActivity('a');
    const started = run.now;
    const checks: number[] = [];
    for (let i = 0; i < 6; i++) {
      checks.push((run.state.wakeAt - started) / 1_000);
      run.now = run.state.wakeAt;
      run.ok({ kind: 'wakeUp' });
    }
    expect(checks).toEqual([10, 20, 40, 100, 160, 220]);
  });

  test('of a parked run are exact, so that it does not wake for nothing', () => {
    const run = Run.start().task(startTimer('long', 86_400_000));
    expect(run.state.wakeAt).toBe(run.now + 86_400_000);
    run.signal().task();
    expect(run.state.wakeAt).toBe(run.now + 86_400_000);
  });

  test('a parked run without a deadline has none', () => {
    expect(Run.start().task().state.wakeAt).toBe(0);
  });
});
