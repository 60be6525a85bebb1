/** Updates: semantics 41-45, and the tricky (c) and (h). */
import { describe, expect, test } from 'vitest';
import {
  type EngineCommand,
  type ExecutionState,
  decodeState,
  encodeState,
  fold,
  openTransition,
  outboxOf,
  transientEvents,
  updatesOfTask,
} from '../src/index.ts';
import {
  Run,
  START_TIME,
  acceptUpdate,
  applicationFailure,
  blobOf,
  completeUpdate,
  continueAsNew,
  marker,
  rejectUpdate,
  schedule,
  startTimer,
  succeed,
} from './run-driver.ts';

/** A run that has nothing to do, and the size its history then has. */
const idle = (): Run => Run.start().task();

describe('an update', () => {
  test('semantics 41: is accepted and completed in one task', () => {
    const run = idle().update('u');
    expect(run.story).toBe('S T');
    expect(run.followUps).toMatchObject([{ kind: 'dispatchWorkflowTask', scheduledEventId: 5 }]);
    run.takeTask();
    expect(updatesOfTask(run.state)).toMatchObject([{ updateId: 'u', input: blobOf('u') }]);
    run.finishTask(acceptUpdate('u'), completeUpdate('u'));
    expect(run.story).toBe('S T T Ua Uc');
    expect(run.last('WorkflowExecutionUpdateAccepted')).toMatchObject({
      protocolInstanceId: 'u',
      acceptedRequestSequencingEventId: 5,
      acceptedRequest: { updateId: 'u', updateName: 'update', input: blobOf('u') },
    });
    expect(run.last('WorkflowExecutionUpdateCompleted')).toMatchObject({
      updateId: 'u',
      acceptedEventId: 8,
      result: blobOf("u's result"),
    });
    expect(run.decision.updates).toMatchObject([
      { kind: 'accepted', updateId: 'u' },
      { kind: 'completed', updateId: 'u', result: blobOf("u's result") },
    ]);
  });

  test('semantics 41: with an async handler', () => {
    const run = idle().update('u').task(acceptUpdate('u'), startTimer('1', 100));
    run.sleep(100).task(completeUpdate('u'));
    expect(run.story).toBe('S T T Ua Tm+ Tm! T Uc');
  });

  test('semantics 43: whose handler fails has a failure for an outcome', () => {
    const run = idle().update('u');
    const failure = applicationFailure('no');
    run.task(acceptUpdate('u'), { commandType: 'CompleteUpdate', updateId: 'u', failure });
    expect(run.story).toBe('S T T Ua Uc');
    expect(run.decision.updates).toMatchObject([
      { kind: 'accepted' },
      { kind: 'completed', failure: { message: 'no' } },
    ]);
  });

  test('semantics 43: whose handler breaks the task stays, and comes again', () => {
    const run = idle().update('u').takeTask().failTask();
    expect(run.story).toBe('S T Tf');
    run.takeTask();
    expect(updatesOfTask(run.state)).toHaveLength(1);
    run.finishTask(acceptUpdate('u'), completeUpdate('u'));
    expect(run.story).toBe('S T Tf T Ua Uc');
  });

  test('before the first task goes with it', () => {
    const run = Run.start().update('u');
    run.task(acceptUpdate('u'), completeUpdate('u'));
    expect(run.story).toBe('S T Ua Uc');
  });

  test('waits for the end of a start delay', () => {
    const run = Run.start({ startDelayMs: 5_000 }).update('u');
    expect(run.state.workflowTask).toBeUndefined();
    run.sleep(5_000).task(acceptUpdate('u'));
    expect(run.story).toBe('S T Ua');
  });

  test('that comes while a task runs goes with the next', () => {
    const run = Run.start().takeTask().update('u');
    expect(updatesOfTask(run.state)).toEqual([]);
    run.finishTask(marker('m'));
    expect(run.story).toBe('S T M');
    run.task(acceptUpdate('u'), completeUpdate('u'));
    expect(run.story).toBe('S T M T Ua Uc');
  });

  test('survives a crash of the server at any stage', () => {
    const run = idle().update('u');
    const kept = decodeState(encodeState(run.state)).updates.get('u')!.request!;
    expect([kept.updateName, new TextDecoder().decode(kept.input)]).toEqual(['update', 'u']);
    run.takeTask();
    expect(updatesOfTask(decodeState(encodeState(run.state)))).toHaveLength(1);
    run.finishTask(acceptUpdate('u'));
    const read = decodeState(encodeState(run.state));
    expect(read.updates.get('u')).toMatchObject({ acceptedEventId: 8, request: undefined });
  });
});

describe('semantics 42: a rejected update', () => {
  test('leaves nothing at all', () => {
    const before = idle();
    const run = idle().update('u').takeTask();
    expect(run.finishTask(rejectUpdate('u'))).toEqual({ kind: 'accepted' });
    expect(run.story).toBe('S T');
    expect(run.decision.updates).toMatchObject([
      { kind: 'rejected', updateId: 'u', failure: { message: 'refused' } },
    ]);
    expect(run.state.nextEventId).toBe(before.state.nextEventId);
    expect(outboxOf(run.state)).toEqual([]);
    expect(encodeState(run.state).length).toBe(encodeState(before.state).length);
  });

  test('leaves the normal task when that had something else to do', () => {
    const run = idle().signal().update('u').task(rejectUpdate('u'));
    expect(run.story).toBe('S T Sig T');
  });

  test('(c) does not lose a signal that came before the task was taken', () => {
    const run = idle().update('u').signal();
    expect(run.story).toBe('S T Sig Ts');
    run.task(rejectUpdate('u'));
    expect(run.story).toBe('S T Sig T');
  });

  test('(c) does not lose a signal that came while the task ran', () => {
    const run = idle().update('u').takeTask().signal();
    expect(run.story).toBe('S T');
    run.finishTask(rejectUpdate('u'));
    expect(run.story).toBe('S T T Sig Ts');
    run.task(succeed);
    expect(run.story).toBe('S T T Sig T OK');
  });

  test('leaves the task when the workflow had something to say', () => {
    const run = idle().update('u').task(rejectUpdate('u'), marker('m'));
    expect(run.story).toBe('S T T M');
  });

  test('is forgotten: the same id may be tried again', () => {
    const run = idle().update('u').task(rejectUpdate('u')).update('u');
    run.task(acceptUpdate('u'), completeUpdate('u'));
    expect(run.story).toBe('S T T Ua Uc');
  });

  test('makes way for the next', () => {
    const run = idle().update('a').takeTask().update('b');
    run.finishTask(rejectUpdate('a'));
    expect(run.state.workflowTask).toMatchObject({ scheduledEventId: 5, startedEventId: 0 });
    run.takeTask();
    expect(updatesOfTask(run.state).map((each) => each.updateId)).toEqual(['b']);
  });
});

describe('a speculative task', () => {
  test('is pushed with the events it will have', () => {
    const run = idle().update('u').takeTask();
    const promised = transientEvents(run.state, run.identity);
    expect(promised.map((event) => [event.eventId, event.eventType])).toEqual([
      [5, 'WorkflowTaskScheduled'],
      [6, 'WorkflowTaskStarted'],
    ]);
    run.now += 50;
    run.finishTask(acceptUpdate('u'));
    expect(run.history.slice(4, 6)).toEqual(promised);
  });

  test('that times out is recorded', () => {
    const run = idle().update('u').takeTask().sleep(10_000);
    expect(run.story).toBe('S T Tt');
    expect(run.state.workflowTask).toMatchObject({ attempt: 2, speculative: false });
  });

  test('is dropped when the run is terminated', () => {
    const run = idle().update('u').takeTask().ok({ kind: 'terminateWorkflow' });
    expect(run.story).toBe('S T TERM');
  });

  test('does not stand in the way of an activity result', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a').update('u').takeTask();
    run.finishActivity('a').finishTask(rejectUpdate('u'));
    expect(run.story).toBe('S T As T Ast Ac Ts');
  });

  test('keeps a fused step from running past the update', () => {
    const run = Run.start().task(schedule('a')).takeActivity('a').update('u');
    expect(run.step('a', [succeed])).toEqual({ kind: 'taskRefused' });
    expect(run.story).toBe('S T As Ast Ac Ts');
    run.task(acceptUpdate('u'), completeUpdate('u'), succeed);
    expect(run.story).toBe('S T As Ast Ac T Ua Uc OK');
  });
});

describe('semantics 44: update ids', () => {
  test('are known while admitted, accepted and completed', () => {
    const run = idle().update('u').update('u').takeTask();
    expect(updatesOfTask(run.state)).toHaveLength(1);
    run.finishTask(acceptUpdate('u'));
    run.update('u');
    expect(run.state.workflowTask).toBeUndefined();
    run.signal().task(completeUpdate('u')).update('u');
    expect(run.state.completedUpdates.get('u')).toBe(run.history.at(-1)!.eventId);
    expect(run.state.workflowTask).toBeUndefined();
    run.signal().task(succeed);
    expect(run.state.completedUpdates.has('u')).toBe(true);
  });

  test('10 may be in flight', () => {
    const run = idle();
    for (let i = 0; i < 10; i++) run.update(`${i}`);
    const request = { updateId: 'more', updateName: 'update' };
    expect(run.apply({ kind: 'updateWorkflow', request })).toMatchObject([
      { kind: 'rejected', reason: 'limitExceeded', message: expect.stringContaining('10') },
    ]);
    run.task(rejectUpdate('3'), ...['0', '1'].map(acceptUpdate), completeUpdate('0'));
    expect(run.update('more').state.updates.has('more')).toBe(true);
  });

  /** An idle run that has completed so many updates. */
  const experienced = (count: number): ExecutionState => ({
    ...idle().state,
    completedUpdates: new Map(Array.from({ length: count }, (_, i) => [`${i}`, 4])),
  });

  test('2,000 may be taken in all', () => {
    const transition = openTransition(experienced(1_999), { now: START_TIME });
    const update = (updateId: string): EngineCommand => ({
      kind: 'updateWorkflow',
      request: { updateId, updateName: 'update' },
    });
    expect(transition.apply(update('last'))).toEqual({ kind: 'accepted' });
    expect(transition.apply(update('more'))).toMatchObject({
      reason: 'limitExceeded',
      message: expect.stringContaining('2000'),
    });
    expect(transition.apply(update('1998'))).toEqual({ kind: 'accepted' });
  });

  test.each([
    [1_799, undefined],
    [1_800, true],
  ])('after %d the workflow is told to continue as new: %s', (count, suggestContinueAsNew) => {
    const transition = openTransition(experienced(count), { now: START_TIME });
    transition.apply({ kind: 'signalWorkflow', signalName: 's' });
    const { scheduledEventId } = transition.state!.workflowTask!;
    const worker = { session: 's', identity: 'i', fence: 1, attempt: 1 };
    transition.apply({ kind: 'startWorkflowTask', scheduledEventId, ...worker });
    expect(transition.close().events.at(-1)?.attributes).toMatchObject({ suggestContinueAsNew });
  });

  test('an update that the worker does not answer is rejected', () => {
    const run = idle().update('u').task(marker('m'));
    expect(run.story).toBe('S T T M');
    expect(run.decision.updates).toMatchObject([
      { kind: 'rejected', updateId: 'u', failure: { info: { type: 'UnprocessedUpdate' } } },
    ]);
  });
});

describe('semantics 44: when the run closes', () => {
  test('(h) update and main function end in one task', () => {
    const run = idle().update('u').task(acceptUpdate('u'), completeUpdate('u'), succeed);
    expect(run.story).toBe('S T T Ua Uc OK');
    expect(run.decision.updates.map((each) => each.kind)).toEqual(['accepted', 'completed']);
  });

  test.each([
    ['completes', succeed],
    ['continues as new', continueAsNew()],
  ])('it %s: what is not completed is aborted', (_, close) => {
    const run = idle().update('a').task(acceptUpdate('a'), startTimer('1', 60_000));
    run.signal().takeTask().update('late').finishTask(close);
    expect(run.decision.updates).toEqual([
      { kind: 'aborted', updateId: 'a', accepted: true },
      { kind: 'aborted', updateId: 'late', accepted: false },
    ]);
    // Whoever asks later, or another server, is to hear the same.
    expect([...run.state.updates.keys()]).toEqual(['a']);
    expect(run.state.updates.get('a')?.acceptedEventId).toBeGreaterThan(0);
  });

  test('there is nobody to ask', () => {
    const run = Run.start().task(succeed);
    const request = { updateId: 'u', updateName: 'update' };
    expect(run.apply({ kind: 'updateWorkflow', request })).toMatchObject([
      { kind: 'rejected', reason: 'notFound' },
    ]);
  });
});

test('an update without an id or a name is invalid', () => {
  const run = idle();
  const invalid = { kind: 'rejected', reason: 'invalid' };
  expect(
    run.apply(
      { kind: 'updateWorkflow', request: { updateId: '', updateName: 'x' } },
      { kind: 'updateWorkflow', request: { updateId: 'x', updateName: '' } },
    ),
  ).toMatchObject([invalid, invalid]);
});

test('an update is answered once, and by the task that took it along', () => {
  const run = idle().update('u').takeTask();
  expect(run.finishTask(acceptUpdate('u'), rejectUpdate('u'))).toMatchObject({
    kind: 'taskFailed',
    message: expect.stringMatching(/RejectUpdate.updateId names update u/),
  });
  run.takeTask();
  expect(run.finishTask(acceptUpdate('u'), completeUpdate('u'), completeUpdate('u'))).toMatchObject(
    {
      kind: 'taskFailed',
    },
  );
  run.sleep(1_000).takeTask().update('late');
  expect(run.finishTask(acceptUpdate('late'))).toMatchObject({ kind: 'taskFailed' });
});

test('an update that a history brings along waits to be asked', () => {
  const run = idle();
  const request = { updateId: 'u', updateName: 'update', input: blobOf('u') };
  const state = fold([
    ...run.history,
    {
      eventId: run.state.nextEventId,
      eventTime: run.now,
      eventType: 'WorkflowExecutionUpdateAdmitted',
      attributes: { request, origin: 'REAPPLY' },
    },
  ]);
  expect(state.updates.get('u')).toEqual({
    updateId: 'u',
    acceptedEventId: 0,
    request,
    deliveredIn: 0,
  });
});
