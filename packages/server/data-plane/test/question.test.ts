/** With which tasks a question may go along: with those that know what was acknowledged before it. */
import { type ExecutionState, decide } from '@perdure/engine';
import type { WorkflowTask } from '@perdure/protocol';
import { describe, expect, it } from 'vitest';
import { Question } from '../src/queries/question.ts';

const asked = {
  key: { namespaceId: 1, workflowId: 'w' },
  runId: undefined,
  queryName: 'q',
  args: undefined,
  header: undefined,
  rejectCondition: 'NONE',
} as const;

function begin(runId = 'run'): ExecutionState {
  const command = {
    kind: 'startWorkflow',
    runId,
    workflowId: 'w',
    workflowType: 'test',
    taskQueue: 'queue',
    requestId: 'r',
  } as const;
  return decide(undefined, command, { now: 1 }).decision!.state;
}

function started(state: ExecutionState, fence: number): ExecutionState {
  const { scheduledEventId, attempt } = state.workflowTask!;
  const by = { session: 's', identity: 'i', fence };
  const command = { kind: 'startWorkflowTask', scheduledEventId, attempt, ...by } as const;
  return decide(state, command, { now: 2 }).decision!.state;
}

function completed(state: ExecutionState): ExecutionState {
  const { startedEventId, attempt, fence } = state.workflowTask!;
  const task = { startedEventId, attempt, fence, session: 's', identity: 'i' };
  const command = { kind: 'completeWorkflowTask', ...task, commands: [] } as const;
  return decide(state, command, { now: 3 }).decision!.state;
}

function signalled(state: ExecutionState): ExecutionState {
  return decide(state, { kind: 'signalWorkflow', signalName: 's' }, { now: 3 }).decision!.state;
}

/** As much of the task of a state as counts. */
function taskOf({ runId, workflowTask }: ExecutionState): WorkflowTask {
  const { startedEventId, fence } = workflowTask!;
  return { runId, startedEventId, fence } as WorkflowTask;
}

describe('a question', () => {
  it('rides with nothing before its run has been looked at', () => {
    const question = new Question('q', asked);
    expect(question.mayRide(taskOf(started(begin(), 1)))).toBe(false);
  });

  it('rides with a task that is started after that', () => {
    const question = new Question('q', asked);
    const waiting = begin();
    question.saw(waiting);
    expect(question.mayRide(taskOf(started(waiting, 1)))).toBe(true);
    expect(question.mayRide(taskOf(started(begin('another'), 1)))).toBe(false);
  });

  it('does not ride with a task that was under way then, but with the next', () => {
    const question = new Question('q', asked);
    const underWay = started(begin(), 1);
    question.saw(underWay);
    expect(question.mayRide(taskOf(underWay))).toBe(false);
    const next = started(completed(signalled(underWay)), 2);
    question.saw(next);
    expect(question.mayRide(taskOf(next))).toBe(true);
  });

  it('does not ride with a task of before, of which word comes late', () => {
    const question = new Question('q', asked);
    const before = started(begin(), 1);
    question.saw(signalled(completed(before)));
    expect(question.mayRide(taskOf(before))).toBe(false);
  });

  it('rides with one task at a time, until that has ended without it', () => {
    const question = new Question('q', asked);
    const waiting = begin();
    question.saw(waiting);
    const task = started(waiting, 1);
    expect(question.ride(1)).toMatchObject({ queryId: 'q', queryName: 'q' });
    question.saw(task);
    expect(question.ridesWith('run', 1)).toBe(true);
    expect(question.isUnderWay).toBe(true);
    const next = started(completed(signalled(task)), 2);
    expect(question.mayRide(taskOf(next))).toBe(false);
    question.saw(next);
    expect(question.isUnderWay).toBe(false);
    expect(question.mayRide(taskOf(next))).toBe(true);
  });

  it('ends once', async () => {
    const question = new Question('q', asked);
    let ends = 0;
    question.whenEnded(() => ends++);
    question.answered({ queryId: 'q' });
    question.fail(new Error('too late'));
    question.whenEnded(() => ends++);
    expect(await question.answer).toEqual({ queryId: 'q' });
    expect(ends).toBe(2);
    question.saw(begin());
    expect(question.mayRide(taskOf(started(begin(), 1)))).toBe(false);
  });
});
