/** One tenant neither reaches nor hinders another. */
import type { QueryTask } from '@perdure/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DataPlane } from '../src/index.ts';
import { FakeWorker, finish, tokenOf } from './fake-worker.ts';
import { World, callerOf, historyOf, startInput, typesOf } from './test-plane.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const mine = callerOf(1);
const theirs = callerOf(2);
const update = { updateId: 'u', updateName: 'n', waitForStage: 'ACCEPTED' } as const;
const query = { queryName: 'q', rejectCondition: 'NONE' } as const;

/** Catches the questions that a worker is asked. */
function questionsOf(worker: FakeWorker): QueryTask[] {
  const questions: QueryTask[] = [];
  const { channel } = worker;
  const deliver = channel.deliver.bind(channel);
  channel.deliver = (mail) => {
    deliver(mail);
    questions.push(...(mail.queries ?? []));
  };
  return questions;
}

describe('a run of another tenant, though its ids are known', () => {
  type Target = { namespace: string; workflowId: string; runId: string | undefined };
  type Call = (service: DataPlane['workflows'], to: Target) => Promise<unknown>;
  const requestId = 'r';
  const activityOf = ({ workflowId, runId = '' }: Target) => ({
    workflowId,
    runId,
    scheduledEventId: 5,
    attempt: 1,
  });
  const calls: [string, Call][] = [
    ['describe', (s, to) => s.describeWorkflow(theirs, to)],
    ['query', (s, to) => s.queryWorkflow(theirs, { ...to, ...query }, undefined)],
    ['update', (s, to) => s.updateWorkflow(theirs, { ...to, ...update }, undefined)],
    ['poll of an update', (s, to) => s.pollUpdate(theirs, { ...to, ...update }, undefined)],
    ['signal', (s, to) => s.signalWorkflow(theirs, { ...to, signalName: 's', requestId })],
    ['cancel', (s, to) => s.requestCancelWorkflow(theirs, { ...to, requestId })],
    ['terminate', (s, to) => s.terminateWorkflow(theirs, { ...to, requestId })],
    [
      'history',
      (s, to) => {
        const how = { fromEventId: 1, waitForClose: false, closeEventOnly: false };
        return s.getHistory(theirs, { ...to, ...how }, undefined);
      },
    ],
    [
      'completion of an activity',
      (s, to) => {
        const { namespace } = to;
        return s.completeActivity(theirs, { namespace, activity: activityOf(to), requestId });
      },
    ],
  ];
  test.each(calls)('%s: there is none', async (_what, call) => {
    const { workflows } = world.start();
    const { runId } = await workflows.startWorkflow(mine, startInput('w'));
    for (const named of [runId, undefined]) {
      const to = { namespace: theirs.namespace, workflowId: 'w', runId: named };
      await expect(call(workflows, to)).rejects.toMatchObject({
        code: expect.stringMatching(/^(WORKFLOW|ACTIVITY)_NOT_FOUND$/) as string,
      });
    }
  });

  test('a worker that names its tasks completes and loses none of them', async () => {
    const plane = world.start();
    const { runId } = await plane.workflows.startWorkflow(mine, startInput('w'));
    const owner = await new FakeWorker().connect(plane);
    const task = await owner.workflowTask();
    const thief = new FakeWorker();
    thief.sessionId = owner.sessionId;
    await thief.connect(plane, { runningWorkflowTasks: [tokenOf(task)] }, theirs);
    expect(await thief.completeWorkflowTask(task, finish)).toMatchObject({ outcome: 'stale' });
    thief.connection!.close();
    expect(await owner.completeWorkflowTask(task, finish)).toMatchObject({ outcome: 'ok' });
    expect(typesOf(await historyOf(plane, 'w', { runId }))).not.toContain('WorkflowTaskTimedOut');
  });

  test('a question is answered by nobody but the worker that was asked', async () => {
    const plane = world.start();
    const owner = await new FakeWorker().connect(plane);
    const questions = questionsOf(owner);
    const thief = await new FakeWorker().connect(plane, {}, theirs);
    await plane.workflows.startWorkflow(mine, startInput('w'));
    await owner.completeWorkflowTask(await owner.workflowTask());
    const to = { namespace: mine.namespace, workflowId: 'w' };
    const answer = plane.workflows.queryWorkflow(mine, { ...to, ...query }, undefined);
    const { queryId } = await vi.waitFor(() => {
      expect(questions).toHaveLength(1);
      return questions[0]!;
    });
    thief.connection!.answerQueries([{ queryId, result: Uint8Array.of(1, 66) }]);
    owner.connection!.answerQueries([{ queryId, result: Uint8Array.of(1, 77) }]);
    expect(await answer).toEqual({ kind: 'answered', result: Uint8Array.of(1, 77) });
  });

  test('a workflow signals, cancels and adopts only in its own namespace', async () => {
    const plane = world.start();
    const { runId } = await plane.workflows.startWorkflow(theirs, startInput('shared'));
    await plane.workflows.startWorkflow(mine, startInput('w'));
    const worker = await new FakeWorker().connect(plane);
    const target = { workflowId: 'shared', runId };
    await worker.completeWorkflowTask(
      await worker.workflowTask(),
      { commandType: 'SignalExternalWorkflowExecution', ...target, signalName: 's' },
      { commandType: 'RequestCancelExternalWorkflowExecution', ...target },
      { commandType: 'StartChildWorkflowExecution', workflowId: 'shared', workflowType: 'test' },
    );
    let answered = 1;
    await vi.waitFor(async () => {
      // Every task that follows does nothing, so that what it was given is in the history.
      for (const task of worker.workflowTasks.slice(answered)) {
        answered += 1;
        await worker.completeWorkflowTask(task);
      }
      const types = typesOf(await historyOf(plane, 'w'));
      expect(types).toContain('SignalExternalWorkflowExecutionFailed');
      expect(types).toContain('RequestCancelExternalWorkflowExecutionFailed');
      expect(types).toContain('ChildWorkflowExecutionStarted');
    });
    expect(typesOf(await historyOf(plane, 'shared', { runId, caller: theirs }))).toEqual([
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
    ]);
  });
});

describe('waiting questions', () => {
  /** Asks a run that no worker serves. */
  const ask = (plane: DataPlane, signal: AbortSignal, workflowId: string, caller = mine) => {
    const { namespace } = caller;
    const asked = plane.workflows.queryWorkflow(
      caller,
      { namespace, workflowId, ...query },
      signal,
    );
    return asked.then(
      () => 'answered',
      (error: { code?: string }) => error.code,
    );
  };

  test('are so many for a workflow and no more, and make room when their callers leave', async () => {
    const plane = world.start();
    await plane.workflows.startWorkflow(mine, startInput('w'));
    await plane.workflows.startWorkflow(theirs, startInput('w'));
    const left = new AbortController();
    const waiting = Array.from({ length: 100 }, () => ask(plane, left.signal, 'w'));
    expect(await ask(plane, left.signal, 'w')).toBe('RESOURCE_EXHAUSTED');
    const others = ask(plane, left.signal, 'w', theirs);
    left.abort();
    expect(new Set(await Promise.all([...waiting, others]))).toEqual(
      new Set(['DEADLINE_EXCEEDED']),
    );
    expect(await ask(plane, AbortSignal.abort(), 'w')).toBe('DEADLINE_EXCEEDED');
  });

  test('are so many in a namespace and no more', async () => {
    const plane = world.start();
    const left = new AbortController();
    const waiting: Promise<unknown>[] = [];
    for (let i = 0; i < 1_000; i++) waiting.push(ask(plane, left.signal, `w${i}`));
    expect(await ask(plane, left.signal, 'one more')).toBe('RESOURCE_EXHAUSTED');
    expect(await ask(plane, left.signal, 'w', theirs)).toBe('WORKFLOW_NOT_FOUND');
    left.abort();
    await Promise.all(waiting);
  });
});
