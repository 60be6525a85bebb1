/** Scenarios 36–38 of the semantics: signals, early, late, ordered and racing with steps. */
import { WorkflowNotFoundError } from '@perdure/client';
import { ApplicationFailure } from '@perdure/common';
import { eventsOf, eventually, rejectionOf, shapeOf } from '@perdure/test-support';
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { historyOf, shape, useFixture } from './fixture.ts';

const fixture = useFixture('signals');

it('36: a signal before the first task is handled before the main function goes on', async () => {
  const handle = await fixture.start('signalledFirst');
  await handle.signal('note', 1);
  await handle.signal('note', 2);
  await fixture.worker();
  expect(await handle.result()).toEqual(['note 1', 'note 2', 'main']);
  expect(await shape(handle)).toBe('S Ts Sig Sig Tst Tc OK');
});

it('signals arrive in order, each once, however many there are at once', async () => {
  await fixture.worker();
  const handle = await fixture.start('gather');
  const sent = Array.from({ length: 300 }, (_, i) => i);
  await Promise.all(sent.map((i) => handle.signal('note', i)));
  await handle.signal('finish');
  expect(await handle.result()).toEqual(sent);
  expect(eventsOf(await historyOf(handle), 'WorkflowExecutionSignaled')).toHaveLength(301);
});

it('signals arrive in order across replays, when nothing is cached', async () => {
  await fixture.worker({ maxCachedWorkflows: 0 });
  const handle = await fixture.start('gather');
  for (let i = 0; i < 20; i++) await handle.signal('note', i);
  await handle.signal('finish');
  expect(await handle.result()).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

it('a signal that comes while a step is under way voids the step, not its result', async () => {
  const executed: number[] = [];
  // Each step signals its own workflow before it returns: the speculation is wrong every time.
  const act = async (value: number): Promise<number> => {
    executed.push(value);
    await handle.signal('note', value);
    return value;
  };
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('stepsAndSignals', 10);
  const order = await handle.result();
  const steps = Array.from({ length: 10 }, (_, i) => i);
  expect(order).toEqual(steps.flatMap((i) => [`signal ${i}`, `step ${i}`]));
  expect(executed).toEqual(steps);
  const events = await historyOf(handle);
  expect(eventsOf(events, 'ActivityTaskCompleted')).toHaveLength(10);
  expect(eventsOf(events, 'WorkflowTaskFailed')).toEqual([]);
});

it.each([100, 0, 3])(
  'signals that race with steps are all there (%i runs cached)',
  async (cached) => {
    const act = async (value: number): Promise<number> => value;
    await fixture.worker({ activities: { act }, maxCachedWorkflows: cached });
    const runs = Array.from({ length: 10 }, async () => {
      const handle = await fixture.start('stepsAndSignals', 15);
      const result = handle.result();
      let sent = 0;
      // Not without end: a workflow cannot close while there is always another signal.
      for (let i = 0; i < 25; i++) {
        // What comes after the last task is refused, and then it was too late.
        await handle.signal('note', sent).then(
          () => sent++,
          () => {},
        );
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      }
      const order = (await result) as string[];
      const recorded = eventsOf(await historyOf(handle), 'WorkflowExecutionSignaled').length;
      expect(recorded).toBe(sent);
      const steps = order.filter((each) => each.startsWith('step'));
      expect(steps).toEqual(Array.from({ length: 15 }, (_, i) => `step ${i}`));
      const signals = order.filter((each) => each.startsWith('signal'));
      expect(signals).toEqual(signals.map((_, i) => `signal ${i}`));
    });
    await Promise.all(runs);
  },
);

it('signals wait for a handler, and then for the default one', async () => {
  const act = async (): Promise<number> => {
    await handle.signal('other', 'x', 1);
    await handle.signal('note', 2);
    return 0;
  };
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('lateHandlers');
  expect(await handle.result()).toEqual(['note 2', 'other ["x",1]']);
});

it('38: a handler that throws an ApplicationFailure fails the workflow', async () => {
  await fixture.worker();
  const handle = await fixture.start('harmed');
  await handle.signal('harm', 'application');
  const { cause } = await rejectionOf(handle.result());
  expect(cause).toBeInstanceOf(ApplicationFailure);
  expect(cause).toMatchObject({ message: 'harmed', type: 'Harm' });
  expect((await handle.describe()).status.name).toBe('FAILED');
});

it('38: a handler that throws anything else fails the task, and the run waits for a fix', async () => {
  await fixture.worker();
  const handle = await fixture.start('harmed');
  await eventually(async () => expect(await shape(handle)).toBe('S T'));
  await handle.signal('harm', 'error');
  await eventually(async () => expect(await shape(handle)).toBe('S T Sig Tf'));
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await handle.terminate('no fix');
});

it('38: a signal to a closed or unknown workflow is WorkflowNotFoundError', async () => {
  const handle = await fixture.start('gather');
  await handle.terminate();
  expect(await rejectionOf(handle.signal('note', 1))).toBeInstanceOf(WorkflowNotFoundError);
  const { events } = await handle.fetchHistory();
  expect(shapeOf(events)).toBe('S Ts TERM');
});

it('a signal with the request id of another is that other, whenever it comes', async () => {
  const { client, platform } = fixture;
  const { workflow } = client.connection.service;
  await fixture.worker();
  const handle = await fixture.start('gather');
  const { workflowId } = handle;
  const requestId = randomUUID();
  const call = { namespace: platform.namespace, workflowId, signalName: 'ping', requestId };
  await Promise.all([workflow.signalWorkflow.mutate(call), workflow.signalWorkflow.mutate(call)]);
  await workflow.signalWorkflow.mutate(call);
  await eventually(async () => expect(await shape(handle)).toMatch(/Tc$|T$/));
  await workflow.signalWorkflow.mutate(call);
  await handle.signal('finish');
  await handle.result();
  expect(eventsOf(await historyOf(handle), 'WorkflowExecutionSignaled')).toHaveLength(2);
});
