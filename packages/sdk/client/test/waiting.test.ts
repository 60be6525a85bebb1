/** How the client waits: what it asks again, of whom, and when it stops. */
import { PerdureServiceError, RetryState } from '@perdure/common';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ApplicationFailure,
  WithStartWorkflowOperation,
  WorkflowContinuedAsNewError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '../src/index.ts';
import { type Answers, FakeService, closed, plain } from './fake-service.ts';

let service: FakeService;
afterEach(() => service.close());

const run = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
const completed = (runId: string, value: unknown, newExecutionRunId?: string) =>
  closed(runId, {
    eventType: 'WorkflowExecutionCompleted',
    attributes: { workflowTaskCompletedEventId: 4, result: plain(value), newExecutionRunId },
  });

async function handleOf(answers: Answers) {
  service = await FakeService.start(answers);
  return service.client.workflow.getHandle('w');
}

describe('an update', () => {
  it('is brought again until it is accepted, then polled by its name and run', async () => {
    const handle = await handleOf(({ procedure }, nth) => {
      if (procedure === 'updateWorkflow') {
        return { runId: run(nth), stage: nth < 3 ? 'ADMITTED' : 'ACCEPTED' };
      }
      if (nth < 3) return { runId: run(3), stage: 'ACCEPTED' };
      const outcome = { kind: 'success', result: plain(7) };
      return { runId: run(3), stage: 'COMPLETED', outcome };
    });
    const update = await handle.startUpdate('add', { args: [1], waitForStage: 'ACCEPTED' });
    expect(service.procedures).toEqual(['updateWorkflow', 'updateWorkflow', 'updateWorkflow']);
    const ids = new Set(service.calls.map(({ input }) => input['updateId']));
    expect([...ids]).toEqual([update.updateId]);
    expect(update.workflowRunId).toBe(run(3));
    expect(await update.result()).toBe(7);
    expect(await update.result()).toBe(7);
    const polls = service.calls.filter(({ procedure }) => procedure === 'pollUpdate');
    expect(polls).toHaveLength(3);
    for (const { input } of polls) {
      expect(input).toMatchObject({ workflowId: 'w', runId: run(3), updateId: update.updateId });
    }
  });

  it('that has completed needs one call', async () => {
    const outcome = { kind: 'success', result: plain('done') };
    const handle = await handleOf(() => ({ runId: run(1), stage: 'COMPLETED', outcome }));
    expect(await handle.executeUpdate('add')).toBe('done');
    expect(service.procedures).toEqual(['updateWorkflow']);
  });

  it('is waited for while the server is away', async () => {
    const handle = await handleOf(({ procedure }, nth) => {
      expect(procedure).toBe('pollUpdate');
      if (nth < 3) throw new PerdureServiceError('UNAVAILABLE', 'away', { retryable: true });
      const info = { kind: 'application', type: 'T' };
      const failure = { message: 'refused', info };
      return { runId: run(1), stage: 'COMPLETED', outcome: { kind: 'failure', failure } };
    });
    const error = await handle
      .getUpdateHandle('u')
      .result()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
    expect((error as Error).cause).toBeInstanceOf(ApplicationFailure);
    expect(service.procedures).toHaveLength(3);
  });

  it('unknown to the server is not found', async () => {
    const handle = await handleOf(() => {
      throw new PerdureServiceError('UPDATE_NOT_FOUND', 'no such update');
    });
    await expect(handle.getUpdateHandle('u').result()).rejects.toBeInstanceOf(
      WorkflowNotFoundError,
    );
  });

  it('with start is brought again with the same ids', async () => {
    service = await FakeService.start((_, nth) => {
      const outcome = { kind: 'success', result: plain(1) };
      const start = { runId: run(1), firstExecutionRunId: run(1), started: nth === 1 };
      return nth < 3 ? { ...start, stage: 'ADMITTED' } : { ...start, stage: 'COMPLETED', outcome };
    });
    const startWorkflowOperation = new WithStartWorkflowOperation('cart', {
      workflowId: 'w',
      taskQueue: 'q',
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    const call = { startWorkflowOperation, updateId: 'u' };
    expect(await service.client.workflow.executeUpdateWithStart('add', call)).toBe(1);
    expect(service.calls).toHaveLength(3);
    const [first] = service.calls;
    for (const { input } of service.calls) expect(input).toEqual(first!.input);
    expect(first!.input).toMatchObject({
      start: { workflowId: 'w', workflowType: 'cart', taskQueue: 'q' },
      update: { updateId: 'u', updateName: 'add', waitForStage: 'COMPLETED' },
    });
    expect(await startWorkflowOperation.workflowHandle()).toMatchObject({
      workflowId: 'w',
      runId: run(1),
      firstExecutionRunId: run(1),
    });
  });
});

describe('the result of a run', () => {
  const failed = (runId: string, newExecutionRunId?: string) =>
    closed(runId, {
      eventType: 'WorkflowExecutionFailed',
      attributes: {
        workflowTaskCompletedEventId: 4,
        failure: { message: 'no', info: { kind: 'application', type: 'T' } },
        retryState: RetryState.IN_PROGRESS,
        newExecutionRunId,
      },
    });
  const timedOut = (runId: string, newExecutionRunId?: string) =>
    closed(runId, {
      eventType: 'WorkflowExecutionTimedOut',
      attributes: { retryState: RetryState.TIMEOUT, newExecutionRunId },
    });
  const continued = (runId: string, newExecutionRunId: string) =>
    closed(runId, {
      eventType: 'WorkflowExecutionContinuedAsNew',
      attributes: {
        newExecutionRunId,
        workflowType: 'w',
        taskQueue: 'q',
        workflowTaskCompletedEventId: 4,
        initiator: 'WORKFLOW',
      },
    });
  /** Every way in which a run can be followed, and a last one. */
  const closes: Record<string, object> = {
    [run(1)]: continued(run(1), run(2)),
    [run(2)]: failed(run(2), run(3)),
    [run(3)]: timedOut(run(3), run(4)),
    [run(4)]: completed(run(4), 'a tick', run(5)),
    [run(5)]: completed(run(5), 'the end'),
  };
  const closeOf: Answers = ({ input }) => closes[input['runId'] as string];

  it('is that of the last one of its chain', async () => {
    service = await FakeService.start(closeOf);
    expect(await service.client.workflow.result('w', run(1))).toBe('the end');
    expect(service.calls.map(({ input }) => input['runId'])).toEqual([1, 2, 3, 4, 5].map(run));
  });

  it('is its own where runs are not to be followed', async () => {
    service = await FakeService.start(closeOf);
    const resultOf = (n: number) =>
      service.client.workflow
        .getHandle('w', run(n), { followRuns: false })
        .result()
        .catch((error: unknown) => error);
    const next = await resultOf(1);
    expect(next).toBeInstanceOf(WorkflowContinuedAsNewError);
    expect(next).toMatchObject({ newExecutionRunId: run(2) });
    expect(await resultOf(2)).toMatchObject({
      name: 'WorkflowFailedError',
      retryState: 'IN_PROGRESS',
    });
    expect(await resultOf(3)).toMatchObject({ message: 'Workflow execution timed out' });
    expect(await resultOf(4)).toBe('a tick');
  });

  it('of a cancelled one carries the details', async () => {
    service = await FakeService.start(() =>
      closed(run(1), {
        eventType: 'WorkflowExecutionCanceled',
        attributes: { workflowTaskCompletedEventId: 4, details: plain('why') },
      }),
    );
    const error = await service.client.workflow.result('w').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error).toMatchObject({
      message: 'Workflow execution cancelled',
      cause: { name: 'CancelledFailure', message: 'Workflow canceled', details: ['why'] },
    });
  });
});

describe('execute', () => {
  const options = { workflowId: 'w', taskQueue: 'q' };
  const started = (runId: string) => ({ runId, firstExecutionRunId: runId, started: true });

  it('asks for the result with the start, and no further', async () => {
    service = await FakeService.start(({ procedure }) =>
      procedure === 'startWorkflow' ? started(run(1)) : completed(run(1), 'quick'),
    );
    expect(await service.client.workflow.execute('w', options)).toBe('quick');
    expect(service.procedures).toEqual(['startWorkflow', 'getHistory']);
    expect(service.calls[0]!.frame).toBe(service.calls[1]!.frame);
  });

  it.each([
    ['the answer is of another run', completed(run(2), 'foreign')],
    ['waiting has ended', { runId: run(1), status: 'RUNNING', events: new Uint8Array(0) }],
  ])('asks again by the run when %s', async (_, first) => {
    service = await FakeService.start(({ procedure }, nth) => {
      if (procedure === 'startWorkflow') return started(run(1));
      return nth === 1 ? first : completed(run(1), 'own');
    });
    expect(await service.client.workflow.execute('w', options)).toBe('own');
    expect(service.calls[2]!.input).toMatchObject({ runId: run(1), waitForClose: true });
  });

  it('fails as the start does', async () => {
    service = await FakeService.start(({ procedure }) => {
      if (procedure === 'getHistory') return completed(run(1), 'foreign');
      throw new PerdureServiceError('WORKFLOW_ALREADY_STARTED', 'in the way');
    });
    await expect(service.client.workflow.execute('w', options)).rejects.toMatchObject({
      name: 'WorkflowExecutionAlreadyStartedError',
      workflowId: 'w',
      workflowType: 'w',
    });
  });
});

describe('a history', () => {
  it('is fetched from one run, whatever becomes current meanwhile', async () => {
    const started = (eventId: number) =>
      ({
        eventType: 'TimerFired',
        eventId,
        attributes: { timerId: `${eventId}`, startedEventId: 5 },
      }) as const;
    const handle = await handleOf(({ input }) => {
      const from = input['fromEventId'] as number;
      const page = closed(run(1), started(from));
      return { ...page, nextEventId: from < 3 ? from + 1 : undefined };
    });
    const { events } = await handle.fetchHistory();
    expect(events).toHaveLength(3);
    const asked = service.calls.map(({ input }) => [input['fromEventId'], input['runId']]);
    expect(asked).toEqual([
      [1, undefined],
      [2, run(1)],
      [3, run(1)],
    ]);
  });
});
