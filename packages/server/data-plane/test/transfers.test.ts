/**
 * Work between workflows (semantics 30-35) when servers die in the middle of it, when two do the same,
 * and when the workflows concerned have gone on meanwhile.
 */
import type { Command, HistoryEvent, WorkflowTask } from '@perdure/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DataPlane } from '../src/index.ts';
import { FakeWorker, finish, settle } from './fake-worker.ts';
import { World, callerOf, historyOf, startInput, typesOf } from './test-plane.ts';

const caller = callerOf();
const { namespace } = caller;
/** After this time a run that still owes something is reminded of it. */
const REMINDER_MS = 11_000;

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

function startChild(options: object = {}): Command {
  const child = { workflowId: 'child', workflowType: 'test', ...options };
  return { commandType: 'StartChildWorkflowExecution', ...child };
}

const signalOther: Command = {
  commandType: 'SignalExternalWorkflowExecution',
  workflowId: 'other',
  signalName: 'hello',
};
const continueAsNew: Command = { commandType: 'ContinueAsNewWorkflowExecution' };

/** The store takes nothing of these workflows from here on. */
function refuse(...workflowIds: string[]): void {
  world.store.isRefused = ({ key }) => workflowIds.includes(key.workflowId);
}

/** The n-th task of a workflow that a worker is given. */
function taskOf(worker: FakeWorker, workflowId: string, n = 0): Promise<WorkflowTask> {
  return vi.waitFor(
    () => {
      const task = worker.workflowTasks.filter((each) => each.workflowId === workflowId)[n];
      if (!task) throw new Error(`task ${n} of ${workflowId} has not come`);
      return task;
    },
    { interval: 2, timeout: 5_000 },
  );
}

/** A parent whose first task is done with these commands. */
async function parentThat(
  plane: DataPlane,
  ...commands: Command[]
): Promise<{ worker: FakeWorker; runId: string }> {
  const worker = await new FakeWorker().connect(plane);
  const { runId } = await plane.workflows.startWorkflow(caller, startInput('parent'));
  await worker.completeWorkflowTask(await taskOf(worker, 'parent'), ...commands);
  return { worker, runId };
}

/** A parent whose child was started, which the parent does not know. */
async function parentWithUnknownChild(
  plane: DataPlane,
  options: object = {},
): Promise<{ worker: FakeWorker; runId: string }> {
  world.store.beforeCommit = (batch) => {
    if (batch.some(({ key }) => key.workflowId === 'child')) refuse('parent');
  };
  const { worker } = await parentThat(plane, startChild(options));
  await event(plane, 'child', 'WorkflowExecutionStarted');
  world.store.beforeCommit = () => {};
  const child = { namespace, workflowId: 'child' };
  const { runId } = await plane.workflows.describeWorkflow(caller, child);
  return { worker, runId };
}

/** Holds up the commit that starts a workflow, and no other. */
function holdStartOf(workflowId: string): { readonly reached: Promise<void>; release(): void } {
  let release = () => {};
  let held = false;
  const reached = new Promise<void>((resolve) => {
    world.store.beforeCommit = (batch) => {
      if (held || !batch.some(({ key }) => key.workflowId === workflowId)) return undefined;
      held = true;
      resolve();
      return new Promise<void>((goOn) => (release = goOn));
    };
  });
  return { reached, release: () => release() };
}

/** The server dies; another one finds what is owed. */
async function restart(plane: DataPlane): Promise<{ plane: DataPlane; worker: FakeWorker }> {
  await plane.close();
  world.store.isRefused = () => false;
  world.skew += REMINDER_MS;
  const next = world.start();
  return { plane: next, worker: await new FakeWorker().connect(next) };
}

/** Waits for an event of a run. */
function event(plane: DataPlane, workflowId: string, type: string, runId?: string) {
  return vi.waitFor(
    async () => {
      const events: HistoryEvent[] = await historyOf(plane, workflowId, { runId });
      const found = events.find(({ eventType }) => eventType === type);
      if (!found) throw new Error(`no ${type} in ${typesOf(events).join(' ')}`);
      return found;
    },
    { interval: 5, timeout: 5_000 },
  );
}

async function runsOf(plane: DataPlane, workflowId: string): Promise<string[]> {
  const page = await plane.workflows.listWorkflows(caller, { namespace, workflowId, pageSize: 10 });
  return page.executions.map(({ status }) => status);
}

const signal = (workflowId: string) => ({
  namespace,
  workflowId,
  signalName: 's',
  requestId: 's',
});

describe('a server dies', () => {
  it('before it has started a child', async () => {
    const first = world.start();
    refuse('child');
    await parentThat(first, startChild());
    await settle();
    const { plane } = await restart(first);
    await event(plane, 'parent', 'ChildWorkflowExecutionStarted');
    expect(await runsOf(plane, 'child')).toEqual(['RUNNING']);
  });

  it('after it has started one, before the parent knows: the child has not begun', async () => {
    const first = world.start();
    const { worker, runId } = await parentWithUnknownChild(first);
    await first.workflows.signalWorkflow(caller, signal('child'));
    await settle();
    expect(worker.workflowTasks.map(({ workflowId }) => workflowId)).not.toContain('child');
    const again = await restart(first);
    expect(await event(again.plane, 'parent', 'ChildWorkflowExecutionStarted')).toMatchObject({
      attributes: { workflowExecution: { workflowId: 'child', runId } },
    });
    expect((await taskOf(again.worker, 'child')).runId).toBe(runId);
    expect(await runsOf(again.plane, 'child')).toEqual(['RUNNING']);
  });

  it('after the parent has recorded the start of a child, before that begins', async () => {
    const first = world.start();
    world.store.isRefused = ({ key, expectedVersion }) =>
      key.workflowId === 'child' && expectedVersion > 0;
    await parentThat(first, startChild());
    await event(first, 'parent', 'ChildWorkflowExecutionStarted');
    await settle();
    expect(typesOf(await historyOf(first, 'child'))).toEqual(['WorkflowExecutionStarted']);
    const again = await restart(first);
    await taskOf(again.worker, 'child');
    expect(await runsOf(again.plane, 'child')).toEqual(['RUNNING']);
  });

  it.each(['is open', 'has closed'])(
    'the child is ended before the parent knows, and a stranger that used its id since %s',
    async (how) => {
      const first = world.start();
      const { runId } = await parentWithUnknownChild(first);
      const end = (workflowId: string) => ({ namespace, workflowId, requestId: 'end' });
      await first.workflows.terminateWorkflow(caller, end('child'));
      await first.workflows.startWorkflow(caller, startInput('child', { taskQueue: 'nobody' }));
      if (how === 'has closed') await first.workflows.terminateWorkflow(caller, end('child'));
      const { plane } = await restart(first);
      expect(await event(plane, 'parent', 'ChildWorkflowExecutionTerminated')).toMatchObject({
        attributes: { workflowExecution: { workflowId: 'child', runId } },
      });
      await settle(50);
      const stranger = how === 'is open' ? 'RUNNING' : 'TERMINATED';
      expect((await runsOf(plane, 'child')).toSorted()).toEqual(
        [stranger, 'TERMINATED'].toSorted(),
      );
      const types = typesOf(await historyOf(plane, 'parent'));
      expect(types).not.toContain('StartChildWorkflowExecutionFailed');
    },
  );

  it('before the parent has heard that its child closed, and the id is used again', async () => {
    const first = world.start();
    const { worker } = await parentThat(first, startChild());
    await event(first, 'parent', 'ChildWorkflowExecutionStarted');
    await worker.completeWorkflowTask(await taskOf(worker, 'parent', 1));
    const child = await taskOf(worker, 'child');
    refuse('parent');
    await worker.completeWorkflowTask(child, finish);
    await settle();
    const { plane } = await restart(first);
    await plane.workflows.startWorkflow(caller, startInput('child'));
    const closed = await event(plane, 'parent', 'ChildWorkflowExecutionCompleted');
    expect(closed).toMatchObject({
      attributes: { workflowExecution: { workflowId: 'child', runId: child.runId } },
    });
    expect((await runsOf(plane, 'child')).toSorted()).toEqual(['COMPLETED', 'RUNNING']);
    // The run that is no longer current owes nothing any more, and is not woken again.
    await vi.waitFor(async () => {
      const due = await world.memory.executions.dueRuns(Number.MAX_SAFE_INTEGER, 10);
      expect(due.map(({ runId }) => runId)).not.toContain(child.runId);
    });
  });

  it.each([
    ['TERMINATE', 'WorkflowExecutionTerminated'],
    ['REQUEST_CANCEL', 'WorkflowExecutionCancelRequested'],
  ])('before it has closed the children of a closed parent (%s)', async (policy, type) => {
    const first = world.start();
    const { worker, runId } = await parentThat(first, startChild({ parentClosePolicy: policy }));
    await event(first, 'parent', 'ChildWorkflowExecutionStarted');
    await worker.completeWorkflowTask(await taskOf(worker, 'child'));
    refuse('child');
    await worker.completeWorkflowTask(await taskOf(worker, 'parent', 1), finish);
    await settle();
    const { plane } = await restart(first);
    // The parent's id is used again meanwhile.
    await plane.workflows.startWorkflow(caller, startInput('parent'));
    await event(plane, 'child', type);
    await vi.waitFor(async () => {
      const due = await world.memory.executions.dueRuns(Number.MAX_SAFE_INTEGER, 10);
      expect(due.map((each) => each.runId)).not.toContain(runId);
    });
    expect((await runsOf(plane, 'parent')).toSorted()).toEqual(['COMPLETED', 'RUNNING']);
  });

  it('before it has delivered a signal', async () => {
    const first = world.start();
    await first.workflows.startWorkflow(caller, startInput('other', { taskQueue: 'nobody' }));
    refuse('other');
    await parentThat(first, signalOther);
    await settle();
    const { plane } = await restart(first);
    await event(plane, 'parent', 'ExternalWorkflowExecutionSignaled');
    const types = typesOf(await historyOf(plane, 'other'));
    expect(types.filter((type) => type === 'WorkflowExecutionSignaled')).toHaveLength(1);
  });

  it.each([
    ['is open', false],
    ['has closed since', true],
  ])(
    'after it has delivered a signal, before the sender knows; the other %s',
    async (_, closes) => {
      const first = world.start();
      await first.workflows.startWorkflow(caller, startInput('other', { taskQueue: 'nobody' }));
      world.store.beforeCommit = (batch) => {
        if (batch.some(({ key }) => key.workflowId === 'other')) refuse('parent');
      };
      await parentThat(first, signalOther);
      await event(first, 'other', 'WorkflowExecutionSignaled');
      await settle();
      world.store.beforeCommit = () => {};
      if (closes) {
        const end = { namespace, workflowId: 'other', requestId: 'end' };
        await first.workflows.terminateWorkflow(caller, end);
      }
      const { plane } = await restart(first);
      await event(plane, 'parent', 'ExternalWorkflowExecutionSignaled');
      const types = typesOf(await historyOf(plane, 'other'));
      expect(types.filter((type) => type === 'WorkflowExecutionSignaled')).toHaveLength(1);
    },
  );
});

describe('a parent', () => {
  it.each(['TERMINATE', 'ABANDON'])(
    'that closes before the start of its child is recorded has no child (%s)',
    async (parentClosePolicy) => {
      const plane = world.start();
      const hold = holdStartOf('child');
      await parentThat(plane, startChild({ parentClosePolicy }));
      await hold.reached;
      const end = { namespace, workflowId: 'parent', requestId: 'end' };
      const ended = plane.workflows.terminateWorkflow(caller, end);
      hold.release();
      await ended;
      await event(plane, 'child', 'WorkflowExecutionTerminated');
      const types = typesOf(await historyOf(plane, 'parent'));
      expect(types).not.toContain('ChildWorkflowExecutionStarted');
      expect(typesOf(await historyOf(plane, 'child'))).toEqual([
        'WorkflowExecutionStarted',
        'WorkflowExecutionTerminated',
      ]);
    },
  );

  it('closes a child that has gone on to its next run', async () => {
    const plane = world.start();
    const { worker } = await parentThat(plane, startChild());
    await event(plane, 'parent', 'ChildWorkflowExecutionStarted');
    await worker.completeWorkflowTask(await taskOf(worker, 'child'), continueAsNew);
    await worker.completeWorkflowTask(await taskOf(worker, 'parent', 1), finish);
    await event(plane, 'child', 'WorkflowExecutionTerminated');
    const statuses = (await runsOf(plane, 'child')).toSorted();
    expect(statuses).toEqual(['CONTINUED_AS_NEW', 'TERMINATED']);
  });

  it('that continues as new leaves its child alone', async () => {
    const plane = world.start();
    const { worker } = await parentThat(plane, startChild());
    await event(plane, 'parent', 'ChildWorkflowExecutionStarted');
    await worker.completeWorkflowTask(await taskOf(worker, 'parent', 1), continueAsNew);
    await settle(50);
    expect(await runsOf(plane, 'child')).toEqual(['RUNNING']);
    // What becomes of it is nobody's business any more.
    await worker.completeWorkflowTask(await taskOf(worker, 'child'), finish);
    await settle(50);
    const types = typesOf(await historyOf(plane, 'parent'));
    expect(types.filter((type) => /Child/.test(type))).toEqual([]);
  });
});

describe('a store that fails', () => {
  const faults = ['fails', 'lost', 'conflicts'] as const;
  const commits = [0, 1, 2, 3];
  const cases = faults.flatMap((fault) => commits.map((at) => [fault, at] as const));

  it.each(cases)('(%s, at commit %d): all happens once', async (fault, at) => {
    const plane = world.start();
    const worker = await new FakeWorker().connect(plane);
    await plane.workflows.startWorkflow(caller, startInput('other', { taskQueue: 'nobody' }));
    await plane.workflows.startWorkflow(caller, startInput('parent'));
    const first = await taskOf(worker, 'parent');
    world.store.faults.push(...Array.from({ length: at }, () => undefined), fault);
    await worker.completeWorkflowTask(first, startChild(), signalOther);
    // A task that was pushed before its commit failed is void, and another follows.
    for (let n = 0; !(await runsOf(plane, 'child')).includes('COMPLETED'); n++) {
      await worker.completeWorkflowTask(await taskOf(worker, 'child', n), finish);
    }
    const told = new Set<string>();
    for (let n = 1; told.size < 3; n++) {
      const task = await taskOf(worker, 'parent', n);
      await worker.completeWorkflowTask(task);
      for (const type of typesOf(await historyOf(plane, 'parent'))) {
        if (/^Child|^External/.test(type)) told.add(type);
      }
    }
    const types = typesOf(await historyOf(plane, 'parent'));
    expect(types.filter((type) => /^Child|^External/.test(type)).toSorted()).toEqual([
      'ChildWorkflowExecutionCompleted',
      'ChildWorkflowExecutionStarted',
      'ExternalWorkflowExecutionSignaled',
    ]);
    expect(await runsOf(plane, 'child')).toEqual(['COMPLETED']);
    const heard = typesOf(await historyOf(plane, 'other'));
    expect(heard.filter((type) => type === 'WorkflowExecutionSignaled')).toHaveLength(1);
  });
});

describe('two servers', () => {
  it('carry out what concerns runs whose workers are at the other', async () => {
    const [near, far] = [world.start({ alone: false }), world.start({ alone: false })];
    const other = await new FakeWorker().connect(far, { taskQueue: 'far' });
    const { worker } = await parentThat(near, startChild({ taskQueue: 'far' }), signalOther);
    await event(near, 'parent', 'ChildWorkflowExecutionStarted');
    await worker.completeWorkflowTask(await taskOf(worker, 'parent', 1));
    await event(near, 'parent', 'SignalExternalWorkflowExecutionFailed');
    await other.completeWorkflowTask(await taskOf(other, 'child'), finish);
    await worker.completeWorkflowTask(await taskOf(worker, 'parent', 2));
    const { runId } = await taskOf(other, 'child');
    expect(await event(near, 'parent', 'ChildWorkflowExecutionCompleted')).toMatchObject({
      attributes: { workflowExecution: { workflowId: 'child', runId } },
    });
  });

  it('start a child once when both are about to, and it outlives a parent that abandons it', async () => {
    const near = world.start({ alone: false });
    const hold = holdStartOf('child');
    const { worker: nearWorker } = await parentThat(
      near,
      startChild({ parentClosePolicy: 'ABANDON', taskQueue: 'nobody' }),
    );
    await hold.reached;
    // The other one finds what is owed, and is quicker; the parent closes.
    nearWorker.connection!.close();
    world.skew += REMINDER_MS;
    const far = world.start({ alone: false });
    const farWorker = await new FakeWorker().connect(far);
    await event(far, 'parent', 'ChildWorkflowExecutionStarted');
    await farWorker.completeWorkflowTask(await taskOf(farWorker, 'parent'), finish);
    await event(far, 'parent', 'WorkflowExecutionCompleted');
    hold.release();
    await settle(100);
    await near.workflows.signalWorkflow(caller, signal('child'));
    expect(await runsOf(far, 'child')).toEqual(['RUNNING']);
  });

  it('start a child once, though its id was used again before the slower one gets to it', async () => {
    const near = world.start({ alone: false });
    const hold = holdStartOf('child');
    const { worker: nearWorker } = await parentThat(near, startChild());
    await hold.reached;
    nearWorker.connection!.close();
    world.skew += REMINDER_MS;
    const far = world.start({ alone: false });
    const worker = await new FakeWorker().connect(far);
    await worker.completeWorkflowTask(await taskOf(worker, 'child'), finish);
    await worker.completeWorkflowTask(await taskOf(worker, 'parent'));
    await event(far, 'parent', 'ChildWorkflowExecutionCompleted');
    await far.workflows.startWorkflow(caller, startInput('child', { taskQueue: 'nobody' }));
    const end = { namespace, workflowId: 'child', requestId: 'end' };
    await far.workflows.terminateWorkflow(caller, end);
    hold.release();
    await settle(100);
    expect((await runsOf(far, 'child')).toSorted()).toEqual(['COMPLETED', 'TERMINATED']);
  });
});
