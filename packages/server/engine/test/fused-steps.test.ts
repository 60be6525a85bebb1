/** Fused steps (blueprint §3): one commit per step, and a history that does not show it. */
import { describe, expect, test } from 'vitest';
import { Run, cancelTimer, schedule, startTimer, succeed } from './run-driver.ts';

/** FooBar up to the running foo. */
function fooRuns(): Run {
  return Run.start().task(schedule('foo')).takeActivity('foo');
}

describe('accepted', () => {
  test('FooBar fused has the same 17 events as unfused', () => {
    const unfused = fooRuns().finishActivity('foo').task(schedule('bar')).run('bar').task(succeed);
    const fused = fooRuns();
    expect(fused.step('foo', [schedule('bar')])).toEqual({ kind: 'accepted' });
    fused.takeActivity('bar');
    expect(fused.step('bar', [succeed])).toEqual({ kind: 'accepted' });
    expect(fused.history.map(withoutTime)).toEqual(unfused.history.map(withoutTime));
    expect(fused.history).toHaveLength(17);
  });

  test('the workflow sees the time that the history shows', () => {
    const run = fooRuns();
    run.now += 50;
    const workflowTimeMs = run.now - 30;
    expect(run.step('foo', [startTimer('1', 10)], { workflowTimeMs })).toEqual({
      kind: 'accepted',
    });
    const times = run.history.slice(5).map((event) => event.eventTime);
    expect(times).toEqual([...Array<number>(4).fill(workflowTimeMs), run.now, run.now]);
  });

  test('a workflow time slightly ahead of the server moves the run ahead', () => {
    const run = fooRuns();
    const workflowTimeMs = run.now + 4_000;
    expect(run.step('foo', [succeed], { workflowTimeMs })).toEqual({ kind: 'accepted' });
    expect(run.state.closeTime).toBe(workflowTimeMs);
  });

  test('steps cannot push the run ever further ahead', () => {
    const run = fooRuns();
    run.step('foo', [schedule('bar')], { workflowTimeMs: run.now + 4_000 });
    run.takeActivity('bar');
    const workflowTimeMs = run.now + 8_000;
    expect(run.step('bar', [succeed], { workflowTimeMs })).toEqual({ kind: 'taskRefused' });
  });

  test('results may belong to several activities', () => {
    const run = Run.start().task(schedule('a'), schedule('b')).takeActivity('a').takeActivity('b');
    const [outcome] = run.apply({
      kind: 'completeStep',
      session: 'session',
      identity: 'x',
      results: [
        { scheduledEventId: 5, attempt: 1 },
        { scheduledEventId: 6, attempt: 1 },
      ],
      assumedNextEventId: 7,
      workflowTimeMs: run.now,
      commands: [succeed],
    });
    expect(outcome).toEqual({ kind: 'accepted' });
    expect(run.story).toBe('S T As As Ast Ac Ast Ac T OK');
  });

  test('bad commands fail the task; the results stand', () => {
    const run = fooRuns();
    expect(run.step('foo', [cancelTimer('nope')])).toMatchObject({ kind: 'taskFailed' });
    expect(run.story).toBe('S T As Ast Ac Tf');
    expect(run.followUps).toMatchObject([{ kind: 'dispatchWorkflowTask', attempt: 2 }]);
  });
});

describe('refused, the result recorded', () => {
  test('a signal came in between', () => {
    const run = fooRuns();
    const assumedNextEventId = run.state.nextEventId;
    run.signal();
    expect(run.step('foo', [succeed], { assumedNextEventId })).toEqual({ kind: 'taskRefused' });
    expect(run.story).toBe('S T As Sig Ts Ast Ac');
    expect(run.state.stickySession).toBeUndefined();
    run.task(succeed);
    expect(run.story).toBe('S T As Sig Ts Ast Ac Wst Wco OK');
  });

  test('a whole workflow task came in between', () => {
    const run = fooRuns();
    const assumedNextEventId = run.state.nextEventId;
    run.signal().task();
    expect(run.step('foo', [succeed], { assumedNextEventId })).toEqual({ kind: 'taskRefused' });
    expect(run.story).toBe('S T As Sig T Ast Ac Ts');
  });

  test('the same result comes twice', () => {
    const run = fooRuns();
    const result = { scheduledEventId: 5, attempt: 1 };
    const [outcome] = run.apply({
      kind: 'completeStep',
      session: 'session',
      identity: 'x',
      results: [result, result],
      assumedNextEventId: run.state.nextEventId,
      workflowTimeMs: run.now,
      commands: [succeed],
    });
    expect(outcome).toEqual({ kind: 'taskRefused' });
    expect(run.story).toBe('S T As Ast Ac Ts');
  });

  test('a workflow task runs', () => {
    const run = fooRuns();
    run.signal().takeTask();
    expect(run.step('foo', [succeed])).toEqual({ kind: 'taskRefused' });
    run.finishTask();
    expect(run.story).toBe('S T As Sig T Ast Ac Ts');
  });

  test.each([
    ['too far ahead', 5_001],
    ['too old', -60_001],
  ])('the workflow time is %s', (_, offset) => {
    const run = fooRuns();
    run.now += 100_000;
    const workflowTimeMs = run.now + offset;
    expect(run.step('foo', [succeed], { workflowTimeMs })).toEqual({ kind: 'taskRefused' });
    expect(run.story).toBe('S T As Ast Ac Ts');
  });

  test('before the last event', () => {
    const run = fooRuns();
    const workflowTimeMs = run.state.lastEventTime - 1;
    expect(run.step('foo', [succeed], { workflowTimeMs })).toEqual({ kind: 'taskRefused' });
  });

  test('another session runs the activity', () => {
    expect(fooRuns().step('foo', [succeed], { session: 'other' })).toEqual({ kind: 'taskRefused' });
  });
});

test('a step whose activity is no longer running changes nothing', () => {
  const run = fooRuns();
  const command = {
    kind: 'completeStep',
    session: 'session',
    identity: 'x',
    results: [{ scheduledEventId: 5, attempt: 1 }],
    assumedNextEventId: run.state.nextEventId,
    workflowTimeMs: run.now,
    commands: [succeed],
  } as const;
  run.ok({ kind: 'loseActivity', scheduledEventId: 5, attempt: 1 });
  expect(run.apply(command)).toMatchObject([{ kind: 'rejected', reason: 'stale' }]);
  expect(run.apply({ ...command, results: [] })).toMatchObject([{ kind: 'rejected' }]);
  expect(run.story).toBe('S T As');
});

function withoutTime({ eventId, eventType, attributes }: Run['history'][number]): unknown {
  return { eventId, eventType, attributes };
}
