/** Scenarios 46–51: what workflow code throws fails the run, or only its task. */
import { WorkflowFailedError, type WorkflowHandle } from '@perdure/client';
import { ApplicationFailure, type Payload, type PayloadCodec, RetryState } from '@perdure/common';
import { bundleOf, eventsOf, eventually, rejectionOf } from '@perdure/test-support';
import { type LogEntry, Worker } from '@perdure/worker';
import { DeterminismViolationError } from '@perdure/workflow';
import { expect } from 'vitest';
import { historyOf, pathOf, shape, useFixture } from './fixture.ts';

const { scenario } = useFixture('failing', { act: async () => 'acted' });

/** Waits until the run's task has failed at least so often, and goes on failing without events. */
async function failedAttempts(handle: WorkflowHandle, attempts: number): Promise<void> {
  await eventually(async () => {
    const { pendingWorkflowTask, status } = await handle.describe();
    expect(status.name).toBe('RUNNING');
    expect(pendingWorkflowTask?.attempt).toBeGreaterThan(attempts);
  });
}

/** Holds up whoever encodes something first, until released. */
class HoldUp implements PayloadCodec {
  release!: () => void;
  #held: Promise<void> | undefined = new Promise((resolve) => (this.release = resolve));

  async encode(payloads: Payload[]): Promise<Payload[]> {
    const held = this.#held;
    this.#held = undefined;
    await held;
    return payloads;
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads;
  }
}

/** The failures of workflow tasks that a worker has told of. */
function toldFailures(log: readonly LogEntry[]): unknown[] {
  return log.flatMap(({ meta }) => (meta?.failure === undefined ? [] : [meta.failure]));
}

scenario('46: a failure thrown by the workflow fails the run', async ({ start }) => {
  const handle = await start('failsAsPlanned');
  const error = (await rejectionOf(handle.result())) as WorkflowFailedError;
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect(error.message).toBe('Workflow execution failed');
  expect(error.retryState).toBe(RetryState.RETRY_POLICY_NOT_SET);
  const cause = error.cause as ApplicationFailure;
  expect(cause).toBeInstanceOf(ApplicationFailure);
  expect(cause).toMatchObject({
    message: 'as planned',
    type: 'Planned',
    nonRetryable: false,
    details: [1, 'two'],
  });
  expect(cause.cause).toBeInstanceOf(ApplicationFailure);
  expect(cause.cause).toMatchObject({ message: 'the reason', type: 'OrderError' });
  expect(await shape(handle)).toBe('S T FAIL');
});

scenario(
  '47: any other error fails the task, once for all attempts, until the code is mended',
  async ({ start, whileServedBy, log }) => {
    const handle = await start('broken');
    await whileServedBy('failing-broken', () => failedAttempts(handle, 2));
    expect(await shape(handle)).toBe('S Tf');
    const [failed] = eventsOf(await historyOf(handle), 'WorkflowTaskFailed');
    expect(failed?.attributes.cause).toBe('WORKFLOW_WORKER_UNHANDLED_FAILURE');
    expect(toldFailures(log)).toContain('not yet mended');
    expect(await whileServedBy('failing', () => handle.result())).toBe('mended');
    expect(await shape(handle)).toBe('S Tf T OK');
    const scheduled = eventsOf(await historyOf(handle), 'WorkflowTaskScheduled');
    expect(scheduled[1]?.attributes.attempt).toBeGreaterThan(2);
  },
  false,
);

scenario(
  '47: what is thrown is told, also if it is no error or a rejection that nobody handles',
  async ({ start, whileServedBy, log }) => {
    const text = await start('throwsText');
    const rejection = await start('dropsRejection');
    await whileServedBy('failing-broken', async () => {
      await failedAttempts(text, 1);
      await failedAttempts(rejection, 1);
    });
    const told = toldFailures(log).map(String);
    expect(told).toContainEqual(
      expect.stringMatching(/^just a text \[A non-Error value was thrown from your code\./),
    );
    expect(told).toContain('Unhandled Promise rejection: RangeError: dropped');
    for (const handle of [text, rejection]) expect(await shape(handle)).toBe('S Tf');
    await whileServedBy('failing', async () => {
      expect(await text.result()).toBe('mended');
      expect(await rejection.result()).toBe('mended');
    });
  },
  false,
);

scenario('47: an event meanwhile begins an ordinary task', async ({ start }) => {
  const handle = await start('needsWord');
  await failedAttempts(handle, 2);
  expect(await shape(handle)).toBe('S Tf');
  await handle.signal('told', 'go on');
  expect(await handle.result()).toBe('go on');
  expect(await shape(handle)).toBe('S Tf Sig T OK');
  const scheduled = eventsOf(await historyOf(handle), 'WorkflowTaskScheduled');
  expect(scheduled[1]?.attributes.attempt).toBe(1);
});

scenario('47: which may fail and be told again', async ({ start }) => {
  const handle = await start('needsWord');
  await failedAttempts(handle, 2);
  await handle.signal('told', '');
  await eventually(async () => expect(await shape(handle)).toBe('S Tf Sig Tf'));
  await failedAttempts(handle, 2);
  expect(await shape(handle)).toBe('S Tf Sig Tf');
  await handle.signal('told', 'at last');
  expect(await handle.result()).toBe('at last');
  expect(await shape(handle)).toBe('S Tf Sig Tf Sig T OK');
});

scenario(
  '48: errors that worker or workflow list fail the run',
  async ({ start }) => {
    for (const by of ['worker', 'workflow'] as const) {
      const handle = await start(by === 'worker' ? 'throwsListed' : 'throwsOwnListed');
      const error = (await rejectionOf(handle.result())) as WorkflowFailedError;
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect(error.cause).toBeInstanceOf(ApplicationFailure);
      expect(error.cause).toMatchObject({ message: `listed by the ${by}`, type: 'OrderError' });
      expect(await shape(handle)).toBe('S T FAIL');
    }
  },
  { workflowFailureErrorTypes: { throwsListed: ['OrderError'] } },
);

scenario('49: an unknown workflow type fails the task', async ({ start, log }) => {
  const handle = await start('nobodyWroteIt');
  await failedAttempts(handle, 1);
  expect(await shape(handle)).toBe('S Tf');
  const [failed] = eventsOf(await historyOf(handle), 'WorkflowTaskFailed');
  expect(failed?.attributes.cause).toBe('WORKFLOW_WORKER_UNHANDLED_FAILURE');
  expect(toldFailures(log)[0]).toContain(
    "Failed to initialize workflow of type 'nobodyWroteIt': no such function is exported by the workflow bundle",
  );
  await handle.terminate('nobody will');
});

scenario(
  '50: a task that takes too long is timed out and tried again',
  async ({ start, whileServedBy }) => {
    const holdUp = new HoldUp();
    const handle = await start('broken', [], { workflowTaskTimeout: '500ms' });
    const dataConverter = { payloadCodecs: [holdUp] };
    await whileServedBy(
      'failing',
      async () => {
        await eventually(async () => expect(await shape(handle)).toMatch('S Tt'));
        expect(await handle.result()).toBe('mended');
        holdUp.release();
      },
      { dataConverter },
    );
    expect(await shape(handle)).toBe('S Tt T OK');
    const [, scheduled] = eventsOf(await historyOf(handle), 'WorkflowTaskScheduled');
    expect(scheduled?.attributes.attempt).toBe(2);
  },
  false,
);

scenario(
  '50: a task of a run whose worker has left waits for no time-out',
  async ({ start, whileServedBy }) => {
    const handle = await start('sleepsOnce');
    await whileServedBy('failing', () =>
      eventually(async () => expect(await shape(handle)).toBe('S T Tm+')),
    );
    expect(await whileServedBy('failing', () => handle.result())).toBe('awake');
    expect(await shape(handle)).toBe('S T Tm+ Tm! T OK');
  },
  false,
);

scenario(
  '51: code that does something else than the history fails the task',
  async ({ env, start, whileServedBy, log }) => {
    const handle = await start('changes');
    await whileServedBy('failing', () =>
      eventually(async () => expect(await shape(handle)).toBe('S T Tm+')),
    );
    await handle.signal('told', 'go on');
    await whileServedBy('failing-broken', () => failedAttempts(handle, 1));
    expect(await shape(handle)).toBe('S T Tm+ Sig Tf');
    const [failed] = eventsOf(await historyOf(handle), 'WorkflowTaskFailed');
    expect(failed?.attributes.cause).toBe('NON_DETERMINISTIC_ERROR');
    expect(toldFailures(log)[0]).toMatch(/^\[TMPRL1100\] Nondeterminism error: /);
    // Nobody waits for the result: the next attempt is to come before the day is over.
    const mended = 'S T Tm+ Sig Tf T Tm- As Ast Ac T OK';
    await whileServedBy('failing', () =>
      eventually(async () => expect(await shape(handle)).toBe(mended)),
    );
    expect(await handle.result()).toBe('go on acted');
    const history = await handle.fetchHistory();
    const code = { workflowBundle: await bundleOf(pathOf('failing-broken')) };
    const { keyRing } = env.connection.defaults;
    const replay = Worker.runReplayHistory({ ...code, namespace: env.namespace, keyRing }, history);
    expect(await rejectionOf(replay)).toBeInstanceOf(DeterminismViolationError);
  },
  false,
);
