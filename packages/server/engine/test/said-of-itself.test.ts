/** Markers, upserts, forced tasks and sizes: semantics 60-65, 75. */
import { describe, expect, test } from 'vitest';
import type { Command } from '@perdure/protocol';
import { type Outcome, decodeState, encodeState, withHistoryBytes } from '../src/index.ts';
import {
  Run,
  START_TIME,
  blobOf,
  cancelExternal,
  marker,
  schedule,
  signalExternal,
  startChild,
  startTimer,
  succeed,
  upsertMemo,
  upsertSearchAttributes,
} from './run-driver.ts';

const MIB = 1024 * 1024;

describe('what a workflow says of itself', () => {
  test('semantics 60, 61: a local activity is a marker, its long pause a timer', () => {
    const run = Run.start().task(marker('core_local_activity'), startTimer('1', 90_000));
    run.sleep(90_000).task(marker('core_local_activity'), succeed);
    expect(run.story).toBe('S T M Tm+ Tm! T M OK');
    expect(run.last('MarkerRecorded')).toMatchObject({
      markerName: 'core_local_activity',
      details: { data: blobOf('data') },
    });
  });

  test('semantics 64: a patch is a marker and a search attribute', () => {
    const run = Run.start().task(
      marker('core_patch'),
      upsertSearchAttributes({ TemporalChangeVersion: { value: ['p'], type: 'KEYWORD_LIST' } }),
      schedule('a'),
    );
    expect(run.story).toBe('S T M SA As');
  });

  test('semantics 65: one event per upsert, and no task', () => {
    const run = Run.start().task(upsertMemo, upsertSearchAttributes({ a: { value: null } }));
    expect(run.story).toBe('S T WP SA');
    expect(run.last('WorkflowPropertiesModified')).toMatchObject({
      upsertedMemo: blobOf('change'),
      memo: blobOf('all'),
    });
  });

  test('a marker does not make the state larger, a memo hardly', () => {
    const sizeAfter = (...commands: Command[]) =>
      encodeState(Run.start().task(...commands).state).length;
    expect(sizeAfter(marker('m'), marker('n'))).toBe(sizeAfter());
    // Where the memo is, not what it says.
    expect(sizeAfter(upsertMemo) - sizeAfter()).toBeLessThan(30);
  });

  test('the state knows where the memo is and what became of the search attributes', () => {
    const run = Run.start().task(upsertMemo);
    expect(run.state.memoEventId).toBe(run.state.nextEventId - 1);
    const upsert = (value: number | null): Command => ({
      commandType: 'UpsertWorkflowSearchAttributes',
      searchAttributes: { amount: { value } },
    });
    const other = Run.start().task(upsert(3), upsert(null));
    expect(other.state.upsertedSearchAttributes).toEqual({ amount: { value: null } });
    expect(decodeState(encodeState(other.state))).toEqual(other.state);
  });

  test('semantics 62: a task may ask for another at once, for 30 minutes', () => {
    const run = Run.start();
    let beats = 0;
    while (beats < 400 && goOn(run).kind === 'accepted') {
      run.now += 8_000;
      beats += 1;
    }
    expect(beats).toBe(225);
    expect(run.story).toMatch(/^S (T ){225}Tt$/);
    run.task(succeed);
    expect(run.story).toMatch(/T Tt T OK$/);
  });

  test('semantics 62: a task that ends by itself begins the count anew', () => {
    const run = Run.start();
    goOn(run);
    expect(run.state.taskHeartbeatSince).toBe(START_TIME);
    run.task().signal();
    expect(run.state.taskHeartbeatSince).toBe(0);
  });
});

/** A whole workflow task that is to be followed by another. */
function goOn(run: Run): Outcome {
  const { startedEventId, attempt, fence, session } = run.takeTask().state.workflowTask!;
  const [outcome] = run.apply({
    kind: 'completeWorkflowTask',
    startedEventId,
    attempt,
    fence,
    session: session!,
    identity: run.identity,
    commands: [],
    forceCreateNewTask: true,
  });
  return outcome!;
}

describe('semantics 75: limits', () => {
  test.each([
    ['children', 'PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED', (i: number) => startChild(`${i}`)],
    ['signals', 'PENDING_SIGNALS_LIMIT_EXCEEDED', (i: number) => signalExternal(`${i}`)],
    [
      'cancel requests',
      'PENDING_REQUEST_CANCEL_LIMIT_EXCEEDED',
      (i: number) => cancelExternal(`${i}`),
    ],
  ] as const)('at most 2,000 pending %s', (_, cause, command) => {
    const run = Run.start().task(...Array.from({ length: 2_000 }, (_each, i) => command(i)));
    run.signal().takeTask();
    expect(run.finishTask(command(2_000))).toMatchObject({
      kind: 'taskFailed',
      message: expect.stringContaining('2000'),
    });
    expect(run.last('WorkflowTaskFailed').cause).toBe(cause);
  });

  test('signals and cancel requests are counted apart', () => {
    const run = Run.start().task(
      ...Array.from({ length: 1_500 }, (_, i) => signalExternal(`${i}`)),
    );
    run.signal().task(...Array.from({ length: 1_500 }, (_, i) => cancelExternal(`${i}`)));
    expect(run.state.externals.size).toBe(3_000);
  });

  test('the size of the history is told, and when to continue as new', () => {
    const run = Run.start()
      .task()
      .resize(3 * MIB)
      .signal()
      .task();
    expect(run.last('WorkflowTaskStarted')).toMatchObject({
      historySizeBytes: 3 * MIB,
      suggestContinueAsNew: undefined,
    });
    run
      .resize(4 * MIB)
      .signal()
      .task();
    expect(run.last('WorkflowTaskStarted')).toMatchObject({ suggestContinueAsNew: true });
    expect(run.state.continueAsNewSuggested).toBe(true);
    run.signal().task();
    expect(run.last('WorkflowTaskStarted').suggestContinueAsNew).toBeUndefined();
  });

  test('4,096 events are many too', () => {
    const run = Run.start()
      .task(...Array.from({ length: 4_092 }, () => marker('m')))
      .signal();
    expect(run.takeTask().last('WorkflowTaskStarted').suggestContinueAsNew).toBe(true);
  });

  test('a fused step waits for the workflow to be told, once', () => {
    const run = Run.start()
      .task(schedule('a'))
      .takeActivity('a')
      .resize(5 * MIB);
    expect(run.step('a', [schedule('b')])).toEqual({ kind: 'taskRefused' });
    run.task(schedule('b')).takeActivity('b');
    expect(run.step('b', [succeed])).toEqual({ kind: 'accepted' });
    expect(run.story).toBe('S T As Ast Ac T As Ast Ac T OK');
    expect(run.last('WorkflowTaskStarted')).toEqual({
      scheduledEventId: expect.any(Number),
      identity: run.identity,
    });
  });

  test('a history of more than 50 MiB or 51,200 events ends the run', () => {
    const run = Run.start()
      .takeTask()
      .resize(51 * MIB)
      .signal();
    expect(run.story).toMatch(/TERM$/);
    expect(run.last('WorkflowExecutionTerminated').reason).toBe(
      'Workflow history size/count exceeds limit.',
    );
    expect(run.decision.closed).toMatchObject({ status: 'TERMINATED' });
    const long = Run.start();
    for (let i = 0; i < 6; i++) {
      long.task(...Array.from({ length: 8_500 }, () => marker('m'))).signal();
    }
    expect(long.state.status).toBe('RUNNING');
    long.task(...Array.from({ length: 250 }, () => marker('m')));
    expect(long.story).toMatch(/M TERM$/);
  });

  test('the size is kept with the state, and costs nothing where nobody keeps it', () => {
    const { state } = Run.start().task();
    const grown = encodeState(withHistoryBytes(state, 100_000)).length - encodeState(state).length;
    expect(grown).toBeGreaterThan(0);
    expect(grown).toBeLessThan(12);
  });
});
