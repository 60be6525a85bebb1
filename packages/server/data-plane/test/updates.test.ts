/** Updates on their way through the data plane (semantics 41-45), on one server and on two. */
import { randomUUID } from 'node:crypto';
import type { UpdateWorkflowInput, UpdateWorkflowOutput } from '@perdure/contract';
import type { Command, Failure } from '@perdure/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DataPlane } from '../src/index.ts';
import { FakeWorker, finish, settle, tokenOf } from './fake-worker.ts';
import { World, callerOf, historyOf, startInput, typesOf } from './test-plane.ts';

const caller = callerOf();
const { namespace } = caller;
const result = Uint8Array.of(1, 144);
const no: Failure = {
  message: 'no',
  info: { kind: 'application', type: 'No', nonRetryable: true },
};

const accept = (updateId: string): Command => ({ commandType: 'AcceptUpdate', updateId });
const complete = (updateId: string): Command => ({
  commandType: 'CompleteUpdate',
  updateId,
  result,
});
const reject = (updateId: string): Command => ({
  commandType: 'RejectUpdate',
  updateId,
  failure: no,
});
const continueAsNew: Command = { commandType: 'ContinueAsNewWorkflowExecution' };
const done = { stage: 'COMPLETED', outcome: { kind: 'success', result: [...result] } };
const refused = { stage: 'COMPLETED', outcome: { kind: 'failure', failure: no } };
const cutOff = {
  stage: 'COMPLETED',
  outcome: {
    kind: 'failure',
    failure: { info: { type: 'AcceptedUpdateCompletedWorkflow', nonRetryable: true } },
  },
};

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

/** An answer with its bytes as numbers, whichever kind of array they came in. */
function plain<O extends UpdateWorkflowOutput>({ outcome, ...answer }: O): object {
  if (outcome?.kind !== 'success') return outcome ? { ...answer, outcome } : answer;
  return { ...answer, outcome: { kind: 'success', result: [...(outcome.result ?? [])] } };
}

async function update(
  plane: DataPlane,
  updateId: string,
  options: Partial<UpdateWorkflowInput> = {},
): Promise<object> {
  const request = { updateId, updateName: 'update', waitForStage: 'COMPLETED' } as const;
  const input = { namespace, workflowId: 'w', ...request, ...options };
  return plain(await plane.workflows.updateWorkflow(caller, input, undefined));
}

async function poll(plane: DataPlane, updateId: string, runId?: string): Promise<object> {
  const input = { namespace, workflowId: 'w', runId, updateId, waitForStage: 'COMPLETED' } as const;
  return plain(await plane.workflows.pollUpdate(caller, input, undefined));
}

/** A run whose first task is done, and its worker. */
async function idle(plane: DataPlane): Promise<{ worker: FakeWorker; runId: string }> {
  const worker = await new FakeWorker().connect(plane);
  const { runId } = await plane.workflows.startWorkflow(caller, startInput('w'));
  await worker.completeWorkflowTask(await worker.workflowTask());
  return { worker, runId };
}

async function admitted(plane: DataPlane, count: number): Promise<void> {
  await vi.waitFor(async () => {
    const call = { namespace, workflowId: 'w' };
    const { pendingUpdates } = await plane.workflows.describeWorkflow(caller, call);
    expect(pendingUpdates).toHaveLength(count);
  });
}

async function types(plane: DataPlane, runId?: string): Promise<string[]> {
  return typesOf(await historyOf(plane, 'w', { runId }));
}

describe('an update', () => {
  it('travels with a task of its own, and is answered with its outcome', async () => {
    const plane = world.start();
    const { worker, runId } = await idle(plane);
    const answer = update(plane, 'u');
    const task = await worker.workflowTask(1);
    expect(task.updates).toMatchObject([{ updateId: 'u', updateName: 'update' }]);
    await worker.completeWorkflowTask(task, accept('u'), complete('u'));
    expect(await answer).toEqual({ runId, ...done });
    expect(await poll(plane, 'u')).toEqual({ runId, ...done });
    expect((await types(plane)).slice(-2)).toEqual([
      'WorkflowExecutionUpdateAccepted',
      'WorkflowExecutionUpdateCompleted',
    ]);
  });

  it('is answered when it is accepted, if no more is wanted', async () => {
    const plane = world.start();
    const { worker, runId } = await idle(plane);
    const answer = update(plane, 'u', { waitForStage: 'ACCEPTED' });
    await worker.completeWorkflowTask(await worker.workflowTask(1), accept('u'));
    expect(await answer).toEqual({ runId, stage: 'ACCEPTED' });
    const later = poll(plane, 'u');
    const signal = { namespace, workflowId: 'w', signalName: 's', requestId: 's' };
    await plane.workflows.signalWorkflow(caller, signal);
    await worker.completeWorkflowTask(await worker.workflowTask(2), complete('u'));
    expect(await later).toEqual({ runId, ...done });
  });

  it('that is refused leaves nothing, and its id may come again', async () => {
    const plane = world.start();
    const { worker, runId } = await idle(plane);
    const before = await types(plane);
    const answer = update(plane, 'u');
    await worker.completeWorkflowTask(await worker.workflowTask(1), reject('u'));
    expect(await answer).toEqual({ runId, ...refused });
    expect(await types(plane)).toEqual(before);
    await expect(poll(plane, 'u')).rejects.toMatchObject({ code: 'UPDATE_NOT_FOUND' });
    const again = update(plane, 'u');
    await worker.completeWorkflowTask(await worker.workflowTask(2), accept('u'), complete('u'));
    expect(await again).toEqual({ runId, ...done });
  });

  it('that comes twice is one, before it is accepted, after, and when it is done', async () => {
    const plane = world.start();
    const { worker, runId } = await idle(plane);
    const both = [update(plane, 'u'), update(plane, 'u')];
    const task = await worker.workflowTask(1);
    expect(task.updates).toHaveLength(1);
    await worker.completeWorkflowTask(task, accept('u'));
    const third = update(plane, 'u');
    await settle();
    expect(worker.workflowTasks).toHaveLength(2);
    const signal = { namespace, workflowId: 'w', signalName: 's', requestId: 's' };
    await plane.workflows.signalWorkflow(caller, signal);
    await worker.completeWorkflowTask(await worker.workflowTask(2), complete('u'));
    for (const answer of [...both, third, update(plane, 'u')]) {
      expect(await answer).toEqual({ runId, ...done });
    }
    expect((await types(plane)).filter((type) => /Accepted/.test(type))).toHaveLength(1);
  });

  it('that fails its task goes along with the next', async () => {
    const plane = world.start();
    const { worker, runId } = await idle(plane);
    const answer = update(plane, 'u');
    const token = tokenOf(await worker.workflowTask(1));
    const cause = 'WORKFLOW_WORKER_UNHANDLED_FAILURE';
    await worker.complete({ kind: 'workflowTaskFailed', token, cause, failure: no });
    const next = await worker.workflowTask(2);
    expect(next.updates).toMatchObject([{ updateId: 'u' }]);
    await worker.completeWorkflowTask(next, accept('u'), complete('u'));
    expect(await answer).toEqual({ runId, ...done });
  });

  it('is not lost when the server dies before a worker has seen it', async () => {
    const first = world.start();
    const { runId } = await first.workflows.startWorkflow(caller, startInput('w'));
    const answer = update(first, 'u');
    void answer.catch(() => {});
    await admitted(first, 1);
    await first.close();
    const second = world.start();
    const worker = await new FakeWorker().connect(second);
    world.skew += 60_000;
    const task = await worker.workflowTask();
    expect(task.updates).toMatchObject([{ updateId: 'u' }]);
    const again = update(second, 'u');
    await worker.completeWorkflowTask(task, accept('u'), complete('u'));
    expect(await again).toEqual({ runId, ...done });
  });
});

describe('an update and the end of its run', () => {
  const ends = { complete: finish, continueAsNew } as const;

  it.each(Object.entries(ends))('accepted, it is cut off (%s)', async (_, end) => {
    const plane = world.start();
    const { worker, runId } = await idle(plane);
    const answer = update(plane, 'u');
    await worker.completeWorkflowTask(await worker.workflowTask(1), accept('u'));
    await plane.workflows.signalWorkflow(caller, {
      namespace,
      workflowId: 'w',
      signalName: 's',
      requestId: 's',
    });
    await worker.completeWorkflowTask(await worker.workflowTask(2), end);
    expect(await answer).toMatchObject({ runId, ...cutOff });
    // Whoever asks later hears the same, also from a server that has just begun.
    expect(await poll(plane, 'u', runId)).toMatchObject({ runId, ...cutOff });
    await plane.close();
    expect(await poll(world.start(), 'u', runId)).toMatchObject({ runId, ...cutOff });
  });

  it('not accepted, it finds nobody', async () => {
    const plane = world.start();
    await plane.workflows.startWorkflow(caller, startInput('w'));
    const answer = update(plane, 'u');
    void answer.catch(() => {});
    await admitted(plane, 1);
    await plane.workflows.terminateWorkflow(caller, { namespace, workflowId: 'w', requestId: 'e' });
    await expect(answer).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' });
  });

  it('not accepted, it is brought before the run that follows', async () => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    const { runId } = await plane.workflows.startWorkflow(caller, startInput('w'));
    const first = await worker.workflowTask();
    const answer = update(plane, 'u');
    await admitted(plane, 1);
    await worker.completeWorkflowTask(first, continueAsNew);
    world.skew += 2_000;
    const task = await worker.workflowTask(1);
    expect(task.runId).not.toBe(runId);
    expect(task.updates).toMatchObject([{ updateId: 'u' }]);
    await worker.completeWorkflowTask(task, accept('u'), complete('u'));
    expect(await answer).toEqual({ runId: task.runId, ...done });
  });

  it('done with the last task, it is answered, also when it is asked again', async () => {
    const plane = world.start();
    const { worker, runId } = await idle(plane);
    const answer = update(plane, 'u');
    await worker.completeWorkflowTask(
      await worker.workflowTask(1),
      accept('u'),
      complete('u'),
      finish,
    );
    expect(await answer).toEqual({ runId, ...done });
    expect(await update(plane, 'u')).toEqual({ runId, ...done });
    await expect(update(plane, 'other')).rejects.toMatchObject({ code: 'WORKFLOW_NOT_FOUND' });
  });
});

describe('with a start', () => {
  const both = async (plane: DataPlane, requestId: string, updateId = 'u') => {
    const start = { ...startInput('w', { requestId }), workflowIdConflictPolicy: 'USE_EXISTING' };
    const request = { updateId, updateName: 'update', waitForStage: 'COMPLETED' };
    const input = { namespace, start, update: request } as Parameters<
      DataPlane['workflows']['updateWithStart']
    >[1];
    return plain(await plane.workflows.updateWithStart(caller, input, undefined));
  };

  it('begins the run, or uses it', async () => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    const first = both(plane, 'r1');
    const task = await worker.workflowTask();
    expect(task.updates).toMatchObject([{ updateId: 'u' }]);
    await worker.completeWorkflowTask(task, accept('u'), complete('u'));
    const { runId } = task;
    expect(await first).toMatchObject({ runId, started: true, ...done });
    const second = both(plane, 'r2', 'v');
    await worker.completeWorkflowTask(await worker.workflowTask(1), accept('v'), complete('v'));
    expect(await second).toMatchObject({ runId, started: false, ...done });
  });

  it('goes along with a run that continues before it has seen it', async () => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    const { runId } = await plane.workflows.startWorkflow(caller, startInput('w'));
    const first = await worker.workflowTask();
    const answer = both(plane, 'r');
    await admitted(plane, 1);
    await worker.completeWorkflowTask(first, continueAsNew);
    world.skew += 2_000;
    const task = await worker.workflowTask(1);
    expect(task.updates).toMatchObject([{ updateId: 'u' }]);
    await worker.completeWorkflowTask(task, accept('u'), complete('u'));
    const { runId: next } = task;
    expect(await answer).toMatchObject({ runId: next, firstExecutionRunId: runId, ...done });
  });

  it('a repeated call is the same call', async () => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    const answers = [both(plane, 'r'), both(plane, 'r')];
    const task = await worker.workflowTask();
    await worker.completeWorkflowTask(task, accept('u'), complete('u'), finish);
    for (const answer of [...answers, both(plane, 'r')]) {
      expect(await answer).toMatchObject({ runId: task.runId, ...done });
    }
    expect(worker.workflowTasks).toHaveLength(1);
  });

  it('a repeated call to a run that it had found, and that has closed since, starts none', async () => {
    const plane = world.start();
    const { worker, runId } = await idle(plane);
    const answer = both(plane, 'r');
    const task = await worker.workflowTask(1);
    await worker.completeWorkflowTask(task, accept('u'), complete('u'), finish);
    expect(await answer).toMatchObject({ runId, ...done });
    expect(await both(plane, 'r')).toMatchObject({ runId, started: false, ...done });
    expect(worker.workflowTasks).toHaveLength(2);
  });

  it('nor does a repeated signal with a start', async () => {
    const plane = world.start();
    const { worker, runId } = await idle(plane);
    const start = startInput('w', { requestId: randomUUID() });
    const input = { ...start, workflowIdConflictPolicy: 'USE_EXISTING', signalName: 's' } as const;
    expect(await plane.workflows.signalWithStart(caller, input)).toMatchObject({ runId });
    await worker.completeWorkflowTask(await worker.workflowTask(1), finish);
    const again = await plane.workflows.signalWithStart(caller, input);
    expect(again).toMatchObject({ runId, started: false });
    expect(worker.workflowTasks).toHaveLength(2);
  });
});

describe('a store that fails', () => {
  const faults = ['fails', 'lost', 'conflicts'] as const;
  const cases = faults.flatMap((fault) => [0, 1, 2].map((at) => [fault, at] as const));

  /** Does what the worker is given until there is an answer. */
  async function serve(worker: FakeWorker, from: number, answer: Promise<object>): Promise<object> {
    let answered = false;
    void answer.finally(() => (answered = true)).catch(() => {});
    for (let n = from; ; n++) {
      const given = () => expect(answered || worker.workflowTasks.length > n).toBe(true);
      await vi.waitFor(given, { interval: 2, timeout: 10_000 });
      if (answered) return answer;
      const task = await worker.workflowTask(n);
      const commands = task.updates ? [accept('u'), complete('u')] : [];
      await worker.completeWorkflowTask(task, ...commands);
    }
  }

  it.each(cases)('(%s, at commit %d): an update is taken once', async (fault, at) => {
    const plane = world.start();
    const { worker, runId } = await idle(plane);
    world.store.faults.push(...Array.from({ length: at }, () => undefined), fault);
    expect(await serve(worker, 1, update(plane, 'u'))).toEqual({ runId, ...done });
    const updates = (await types(plane)).filter((type) => /Update/.test(type));
    expect(updates).toEqual([
      'WorkflowExecutionUpdateAccepted',
      'WorkflowExecutionUpdateCompleted',
    ]);
  });

  it.each(cases)('(%s, at commit %d): one with a start is taken once', async (fault, at) => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    world.store.faults.push(...Array.from({ length: at }, () => undefined), fault);
    const request = { updateId: 'u', updateName: 'update', waitForStage: 'COMPLETED' } as const;
    const input = { namespace, start: startInput('w'), update: request };
    const answer = plane.workflows.updateWithStart(caller, input, undefined).then(plain);
    expect(await serve(worker, 0, answer)).toMatchObject(done);
    const all = await types(plane);
    expect(all.filter((type) => type === 'WorkflowExecutionStarted')).toHaveLength(1);
    expect(all.filter((type) => /Update/.test(type))).toHaveLength(2);
  });
});

describe('on two servers', () => {
  /** The run's worker is at the first one, updates come to the second. */
  async function two() {
    const [near, far] = [world.start({ alone: false }), world.start({ alone: false })];
    return { near, far, ...(await idle(near)) };
  }

  it('an update is taken, and answered at the other', async () => {
    const { far, worker, runId } = await two();
    const answer = update(far, 'u');
    await worker.completeWorkflowTask(await worker.workflowTask(1), accept('u'), complete('u'));
    expect(await answer).toEqual({ runId, ...done });
  });

  it('an update is refused once', async () => {
    const { far, worker, runId } = await two();
    const answer = update(far, 'u');
    await worker.completeWorkflowTask(await worker.workflowTask(1), reject('u'));
    expect(await answer).toMatchObject({
      runId,
      stage: 'COMPLETED',
      outcome: { kind: 'failure', failure: { info: { kind: 'application' } } },
    });
    expect(worker.workflowTasks).toHaveLength(2);
  });

  it('an accepted update is not carried over into the next run', async () => {
    const { near, far, worker, runId } = await two();
    const answer = update(far, 'u');
    await worker.completeWorkflowTask(await worker.workflowTask(1), accept('u'));
    const signal = { namespace, workflowId: 'w', signalName: 's', requestId: 's' };
    await near.workflows.signalWorkflow(caller, signal);
    await worker.completeWorkflowTask(await worker.workflowTask(2), continueAsNew);
    expect(await answer).toMatchObject({ runId, ...cutOff });
  });
});
