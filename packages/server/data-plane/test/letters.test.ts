/** Questions and updates asked at one server and dealt with by the workers of another. */
import { randomUUID } from 'node:crypto';
import type { QueryWorkflowInput } from '@perdure/contract';
import { StoreUnavailableError } from '@perdure/ports';
import type { Failure, WorkflowTask } from '@perdure/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DataPlane } from '../src/index.ts';
import { FakeWorker, finish, schedule, settle, tokenOf } from './fake-worker.ts';
import { World, callerOf, startInput } from './test-plane.ts';

const caller = callerOf();
const { namespace } = caller;
const result = Uint8Array.of(1, 144);
const other = Uint8Array.of(1, 145);
const answered = { kind: 'answered', result: [...result] };
const no: Failure = {
  message: 'no',
  info: { kind: 'application', type: 'No', nonRetryable: true },
  cause: { message: 'because', info: { kind: 'application', type: 'Cause' } },
};
/** For what a look in place of a lost note takes. */
const patience = { interval: 5, timeout: 10_000 };

let world: World;
let near: DataPlane;
let far: DataPlane;
beforeEach(() => {
  world = new World();
  near = world.start({ alone: false });
  far = world.start({ alone: false });
});
afterEach(() => world.close());

/** The answer, with its bytes as numbers, whichever kind of array they came in. */
async function ask(
  at: DataPlane,
  options: Partial<QueryWorkflowInput> = {},
  given?: AbortSignal,
): Promise<object> {
  const question = { queryName: 'query', rejectCondition: 'NONE' } as const;
  const input = { namespace, workflowId: 'w', ...question, ...options };
  const answer = await at.workflows.queryWorkflow(caller, input, given);
  return answer.kind === 'answered' ? { ...answer, result: [...(answer.result ?? [])] } : answer;
}

async function signal(at: DataPlane): Promise<void> {
  const call = { namespace, workflowId: 'w', signalName: 's', requestId: randomUUID() };
  await at.workflows.signalWorkflow(caller, call);
}

/** A run whose first task is done, and its worker, at a server. */
async function idle(at: DataPlane = near): Promise<{ worker: FakeWorker; runId: string }> {
  const worker = await new FakeWorker().connect(at);
  const { runId } = await at.workflows.startWorkflow(caller, startInput('w'));
  await worker.completeWorkflowTask(await worker.workflowTask());
  return { worker, runId };
}

/** Answers the question that reaches a worker outside of a task. */
async function reply(worker: FakeWorker, at = 0, told: Uint8Array = result): Promise<void> {
  await vi.waitFor(() => expect(worker.queries.length).toBeGreaterThan(at), patience);
  worker.answer({ queryId: worker.queries[at]!.queryId, result: told });
}

function complete(worker: FakeWorker, task: WorkflowTask, told: Uint8Array = result) {
  const queryResults = task.queries?.map(({ queryId }) => ({ queryId, result: told }));
  const completed = { kind: 'workflowTaskCompleted', token: tokenOf(task) } as const;
  return worker.complete({ ...completed, commands: [], queryResults });
}

const lettersLeft = () => world.memory.letters.waiting(0, 100);

describe('a question', () => {
  it('is answered by the worker of another server, and leaves nothing', async () => {
    const { worker, runId } = await idle();
    const args = Uint8Array.of(1, 7);
    const answer = ask(far, { input: args });
    await reply(worker);
    expect(await answer).toEqual(answered);
    expect(worker.queries).toMatchObject([{ runId, queryName: 'query', lastStartedEventId: 3 }]);
    expect([...worker.queries[0]!.args!]).toEqual([...args]);
    await vi.waitFor(async () => expect(await lettersLeft()).toEqual([]));
    expect(worker.queries).toHaveLength(1);
  });

  it('is answered with the failure of its handler', async () => {
    const { worker } = await idle();
    const answer = ask(far);
    await vi.waitFor(() => expect(worker.queries).toHaveLength(1), patience);
    worker.answer({ queryId: worker.queries[0]!.queryId, failure: no });
    expect(await answer).toMatchObject({ kind: 'failed', failure: no });
  });

  it('goes along with a task there, also of a run that is never without one', async () => {
    const { worker } = await idle();
    await signal(near);
    let isAnswered = false;
    const answer = ask(far).finally(() => (isAnswered = true));
    for (let at = 1; !isAnswered; at++) {
      const task = await worker.workflowTask(at);
      await signal(far);
      await complete(worker, task);
      await settle(5);
    }
    expect(await answer).toEqual(answered);
    expect(worker.queries).toEqual([]);
  });

  it('does not leave the server that can answer it', async () => {
    const { worker } = await idle();
    const answer = ask(near);
    await reply(worker);
    expect(await answer).toEqual(answered);
    expect(world.brokers.notes).toEqual([]);
  });

  it('is not heard of by servers without such workers, nor by other tenants', async () => {
    const { worker } = await idle();
    const stranger = await new FakeWorker().connect(far, {}, callerOf(2));
    const read = vi.spyOn(world.memory.letters, 'read');
    world.start({ alone: false });
    const third = world.start({ alone: false });
    const answer = ask(third);
    await reply(worker);
    expect(await answer).toEqual(answered);
    expect(stranger.queries).toEqual([]);
    // By the server that answers, and by the one that asks.
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('is put to the worker that has the run, though others could', async () => {
    const { worker } = await idle();
    const third = world.start({ alone: false });
    const others = [];
    for (const at of [third, world.start({ alone: false })]) {
      others.push(await new FakeWorker().connect(at));
    }
    const answer = ask(far);
    await reply(worker);
    expect(await answer).toEqual(answered);
    await settle(200);
    expect(others.flatMap(({ queries }) => queries)).toEqual([]);
  });

  it('is put to another worker when the one that has the run is gone, or its server', async () => {
    const { worker } = await idle();
    worker.connection!.close();
    const third = world.start({ alone: false });
    const second = await new FakeWorker().connect(third);
    const answer = ask(far);
    await reply(second);
    expect(await answer).toEqual(answered);
    const again = ask(far);
    await vi.waitFor(() => expect(second.queries).toHaveLength(2), patience);
    // It has been taken on there, and the server dies.
    await third.close();
    const last = await new FakeWorker().connect(world.start({ alone: false }));
    await reply(last);
    expect(await again).toEqual(answered);
  });

  it('of a closed run is answered, too, and refused where it is to be', async () => {
    const { worker, runId } = await idle();
    await signal(near);
    await worker.completeWorkflowTask(await worker.workflowTask(1), finish);
    const answer = ask(far, { runId });
    await reply(worker);
    expect(await answer).toEqual(answered);
    const excluded = ask(far, { rejectCondition: 'NOT_OPEN' });
    await expect(excluded).rejects.toMatchObject({ code: 'QUERY_REJECTED' });
  });

  it('that is given up is put to nobody any more', async () => {
    const { worker } = await idle();
    worker.connection!.close();
    const given = new AbortController();
    const answer = ask(far, {}, given.signal);
    await vi.waitFor(async () => expect(await lettersLeft()).toHaveLength(1), patience);
    given.abort();
    await expect(answer).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await vi.waitFor(async () => expect(await lettersLeft()).toEqual([]), patience);
    const second = await new FakeWorker().connect(near);
    await settle(50);
    expect(second.queries).toEqual([]);
  });

  it('that its own workers leave without an answer is put to others', async () => {
    const { worker } = await idle();
    const hanging = await new FakeWorker().connect(far);
    const answer = ask(far);
    await reply(worker);
    expect(await answer).toEqual(answered);
    expect(hanging.queries).toHaveLength(1);
  });

  it.each(['while it is asked', 'from then on'])('survives a broker away %s', async (until) => {
    const { worker } = await idle();
    world.brokers.begin();
    const answer = ask(far);
    await vi.waitFor(() => expect(worker.queries).toHaveLength(1), patience);
    if (until === 'while it is asked') world.brokers.end();
    await reply(worker);
    expect(await answer).toEqual(answered);
    world.brokers.end();
  });

  it('is left again when the letter is lost, before it was heard of and after', async () => {
    const { worker } = await idle();
    world.brokers.begin();
    const answer = ask(far);
    await vi.waitFor(async () => expect(await lettersLeft()).toHaveLength(1), patience);
    await world.memory.letters.removeExpired(Number.MAX_SAFE_INTEGER);
    world.brokers.end();
    await vi.waitFor(() => expect(worker.queries).toHaveLength(1), patience);
    await world.memory.letters.removeExpired(Number.MAX_SAFE_INTEGER);
    // The answer finds no letter; the question comes once more when that was to be forgotten.
    worker.connection!.disconnected();
    const second = await new FakeWorker().connect(world.start({ alone: false }));
    await reply(second);
    expect(await answer).toEqual(answered);
  });

  it('survives a store that fails for a while', async () => {
    const { worker } = await idle();
    const { letters } = world.memory;
    const away = () => Promise.reject(new StoreUnavailableError('away'));
    const spies = (['post', 'read', 'claim', 'answer', 'waiting'] as const).map((name) =>
      vi.spyOn(letters, name).mockImplementation(away),
    );
    const answer = ask(far);
    for (const spy of spies) {
      await settle(100);
      spy.mockRestore();
    }
    await vi.waitFor(() => expect(worker.queries.length).toBeGreaterThan(0), patience);
    await reply(worker);
    expect(await answer).toEqual(answered);
  });

  it('that two answer has one answer', async () => {
    const { worker } = await idle();
    const answer = ask(far);
    await vi.waitFor(() => expect(worker.queries).toHaveLength(1), patience);
    const [letter] = await lettersLeft();
    // The worker is slow, and another server has taken it on meanwhile.
    const { queryId } = worker.queries[0]!;
    const third = world.start({ alone: false });
    const second = await new FakeWorker().connect(third);
    await reply(second, 0, other);
    expect(await answer).toEqual({ kind: 'answered', result: [...other] });
    worker.answer({ queryId, result });
    await settle();
    expect(await world.memory.letters.read(letter!)).toBeUndefined();
  });

  it('waits for what was acknowledged at any server', async () => {
    const { worker } = await idle();
    await signal(near);
    const task = await worker.workflowTask(1);
    await signal(far);
    const answer = ask(far);
    await settle(100);
    expect(task.queries).toBeUndefined();
    expect(worker.queries).toEqual([]);
    await complete(worker, task);
    const next = await worker.workflowTask(2);
    expect(next.queries).toHaveLength(1);
    await complete(worker, next);
    expect(await answer).toEqual(answered);
  });
});

describe('an update', () => {
  const accept = { commandType: 'AcceptUpdate', updateId: 'u' } as const;
  const done = { commandType: 'CompleteUpdate', updateId: 'u', result } as const;
  const reject = { commandType: 'RejectUpdate', updateId: 'u', failure: no } as const;
  const refused = { stage: 'COMPLETED', outcome: { kind: 'failure', failure: no } };
  const update = (at: DataPlane, workflowId = 'w') =>
    at.workflows.updateWorkflow(
      caller,
      { namespace, workflowId, updateId: 'u', updateName: 'n', waitForStage: 'COMPLETED' },
      undefined,
    );
  const kindsTold = () => world.brokers.notes.map((note) => (JSON.parse(note) as string[])[0]);

  it.each([true, false])(
    'that is refused tells why, at whichever server (broker: %s)',
    async (broker) => {
      const { worker, runId } = await idle();
      const answers = [update(far), update(near)];
      const task = await worker.workflowTask(1);
      if (!broker) world.brokers.begin();
      await worker.completeWorkflowTask(task, reject);
      for (const answer of answers) expect(await answer).toMatchObject({ runId, ...refused });
      world.brokers.end();
      expect(worker.workflowTasks).toHaveLength(2);
    },
  );

  it('that is refused tells why with a start, and when it is asked after', async () => {
    const worker = await new FakeWorker().connect(near);
    const request = { updateId: 'u', updateName: 'n', waitForStage: 'COMPLETED' } as const;
    const begun = { namespace, start: startInput('w'), update: request };
    const answer = far.workflows.updateWithStart(caller, begun, undefined);
    const task = await worker.workflowTask();
    const polled = world
      .start({ alone: false })
      .workflows.pollUpdate(
        caller,
        { namespace, workflowId: 'w', updateId: 'u', waitForStage: 'COMPLETED' },
        undefined,
      );
    await settle();
    await worker.completeWorkflowTask(task, reject);
    expect(await answer).toMatchObject(refused);
    expect(await polled).toMatchObject(refused);
  });

  it('that is refused is refused, though nobody could keep why', async () => {
    const { worker, runId } = await idle();
    const answer = update(far);
    const task = await worker.workflowTask(1);
    const post = vi.spyOn(world.memory.letters, 'post');
    post.mockRejectedValue(new StoreUnavailableError('away'));
    await worker.completeWorkflowTask(task, reject);
    expect(await answer).toMatchObject({
      runId,
      outcome: { kind: 'failure', failure: { info: { type: 'UpdateRefused' } } },
    });
  });

  it.each([finish, { commandType: 'ContinueAsNewWorkflowExecution' } as const])(
    'that is refused by the task that closes the run is refused ($commandType)',
    async (close) => {
      const { worker, runId } = await idle();
      const answer = update(far);
      await worker.completeWorkflowTask(await worker.workflowTask(1), reject, close);
      expect(await answer).toMatchObject({ runId, ...refused });
      expect(worker.workflowTasks).toHaveLength(2);
    },
  );

  it('that is taken after a refusal that came to nothing is not refused', async () => {
    const { worker, runId } = await idle();
    const answer = update(far);
    const task = await worker.workflowTask(1);
    const second = await new FakeWorker().connect(near);
    worker.connection!.disconnected();
    const again = await second.workflowTask();
    await worker.connect(near);
    const forgotten = vi.spyOn(world.memory.letters, 'remove');
    expect(await worker.completeWorkflowTask(task, reject)).toMatchObject({ outcome: 'stale' });
    expect(forgotten).toHaveBeenCalledOnce();
    await second.completeWorkflowTask(again, accept, done);
    expect(await answer).toMatchObject({ runId, outcome: { kind: 'success' } });
  });

  it('is told of by the server that has done it, to one that waits', async () => {
    const { worker } = await idle();
    const answer = update(far);
    await worker.completeWorkflowTask(await worker.workflowTask(1), accept, done);
    expect(await answer).toMatchObject({ outcome: { kind: 'success' } });
    expect(kindsTold()).toEqual(['follow', 'stirred']);
  });

  it('is told of to nobody where nobody waits elsewhere', async () => {
    const { worker } = await idle();
    const answer = update(near);
    await worker.completeWorkflowTask(await worker.workflowTask(1), accept, done);
    expect(await answer).toMatchObject({ outcome: { kind: 'success' } });
    expect(kindsTold()).toEqual([]);
  });
});

it('starts, steps, signals and closes tell nobody anything and leave no letters', async () => {
  const post = vi.spyOn(world.memory.letters, 'post');
  const read = vi.spyOn(world.memory.letters, 'read');
  const { worker } = await idle();
  await signal(far);
  await worker.completeWorkflowTask(await worker.workflowTask(1), schedule('1'));
  const { token } = await vi.waitFor(() => {
    const eager = [...worker.acks.values()].flatMap(({ eager: each = [] }) => each);
    const [activity] = eager;
    if (!activity) throw new Error('no activity yet');
    const { runId } = worker.workflowTasks[0]!;
    const { scheduledEventId } = activity;
    return { token: { workflowId: 'w', runId, scheduledEventId, attempt: 1 } };
  });
  await worker.complete({ kind: 'activityCompleted', token });
  await worker.completeWorkflowTask(await worker.workflowTask(2), finish);
  expect(world.brokers.notes).toEqual([]);
  expect(post).not.toHaveBeenCalled();
  expect(read).not.toHaveBeenCalled();
});
