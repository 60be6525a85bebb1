/** Tricky (a), rules 2 and 5, and limits (75): what comes while a workflow task runs. */
import { setTimeout as realSleep } from 'node:timers/promises';
import { activityInfo } from '@perdure/activity';
import { eventsOf, eventually } from '@perdure/test-support';
import { expect } from 'vitest';
import { historyOf, shape, useFixture } from './fixture.ts';
import { scriptedActivity } from './scripted-activity.ts';

/** Runs that have been interfered with: a task that fails runs its local activities again. */
const disturbed = new Set<string>();

/** A local activity, so that a workflow task is running whatever it does. */
async function interfere(how: string): Promise<void> {
  const { client } = fixture.env;
  const { workflowId, runId } = activityInfo().workflowExecution;
  const handle = client.workflow.getHandle(workflowId, runId);
  if (disturbed.has(runId)) return;
  disturbed.add(runId);
  if (how === 'let the timer fire') return realSleep(1_600);
  if (how === 'complete, then signal') {
    await client.activity.complete({ workflowId, activityId: '1' }, 'acted');
  }
  const count = Number(/signal (\d+) times/.exec(how)?.[1] ?? 1);
  for (let i = 0; i < count; i++) await handle.signal('told', 'in between');
}

const act = scriptedActivity(() => fixture.env);
const fixture = useFixture('buffering', { act, interfere });
const { scenario } = fixture;

scenario('(a): a workflow that closes although news have come runs again', async ({ start }) => {
  const handle = await start('closesTooSoon');
  expect(await handle.result()).toEqual(['in between']);
  expect(await shape(handle)).toBe('S Tf Sig T M OK');
  const [failure] = eventsOf(await historyOf(handle), 'WorkflowTaskFailed');
  expect(failure?.attributes.cause).toBe('UNHANDLED_COMMAND');
});

scenario('(a): results come after other news of the same task', async ({ start, client }) => {
  const handle = await start('isBusy');
  const activity = { workflowId: handle.workflowId, activityId: '1' };
  await eventually(() => client.activity.heartbeat(activity));
  await handle.signal('told', 'begin');
  expect(await handle.result()).toEqual(['begin', 'in between', 'acted']);
  expect(await shape(handle)).toBe('S T As Sig T M Ast Sig Ac T OK');
});

scenario('(a): cancelling a timer takes back that it has fired', async ({ start }) => {
  const handle = await start('cancelsFiredTimer');
  await eventually(async () => expect(await shape(handle)).toBe('S T Tm+'));
  await handle.signal('told', 'begin');
  expect(await handle.result()).toBe('cancelled');
  const events = await historyOf(handle);
  expect(eventsOf(events, 'WorkflowTaskFailed')).toEqual([]);
  expect(eventsOf(events, 'TimerFired')).toEqual([]);
  expect(await shape(handle)).toBe('S T Tm+ Sig T M Tm- OK');
});

scenario('75: a task during which too many signals come fails, to see them', async ({ start }) => {
  const handle = await start('isFlooded', [105]);
  expect(await handle.result()).toBe(105);
  const events = await historyOf(handle);
  const [failure] = eventsOf(events, 'WorkflowTaskFailed');
  expect(failure?.attributes.cause).toBe('FORCE_CLOSE_COMMAND');
  expect(eventsOf(events, 'WorkflowExecutionSignaled')).toHaveLength(105);
  expect(await shape(handle)).toMatch(/^S Tf( Sig){101} .* OK$/);
});
