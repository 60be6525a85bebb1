/** Section 2 of the semantics, tricky (d) and (j): what comes first within one workflow task. */
import type { WorkflowHandle } from '@perdure/client';
import { eventually } from '@perdure/test-support';
import { expect } from 'vitest';
import { shape, useFixture } from './fixture.ts';
import { scriptedActivity } from './scripted-activity.ts';

const fixture = useFixture('activation-order', { act: scriptedActivity(() => fixture.env) });
const { scenario } = fixture;
const workflows = 'activation-order';

/** Resolves once so many updates wait for a worker. */
const updatesWait = (handle: WorkflowHandle, count: number) =>
  eventually(async () => {
    const { pendingUpdates } = await handle.describe();
    expect(pendingUpdates).toHaveLength(count);
  });

scenario(
  '(d): signals, an activity, timers and updates in one task',
  async ({ start, env, client, whileServedBy }) => {
    const handle = await start('notesOrder');
    const activity = { workflowId: handle.workflowId, activityId: '1' };
    await whileServedBy(workflows, async () => {
      await eventually(() => client.activity.heartbeat(activity));
      await eventually(async () => expect(await shape(handle)).toBe('S T Tm+ Tm+ As'));
    });
    await handle.signal('signalled', 1);
    await client.activity.complete(activity, 'done');
    await env.sleep('3 hours');
    await handle.signal('signalled', 2);
    const first = handle.executeUpdate('updated', { args: [1] });
    await updatesWait(handle, 1);
    const second = handle.executeUpdate('updated', { args: [2] });
    await updatesWait(handle, 2);
    const seen = await whileServedBy(workflows, () => handle.result());
    expect(await Promise.all([first, second])).toEqual(['updated 1', 'updated 2']);
    expect(seen).toEqual([
      'signal 1',
      'signal 2',
      'validator 1',
      'update 1',
      'validator 2',
      'update 2',
      'signal 1 goes on',
      'signal 2 goes on',
      'update 1 goes on',
      'update 2 goes on',
      'activity',
      'timer of 1 hour',
      'timer of 2 hours',
      'condition on the first signal',
      'condition on the activity',
    ]);
    expect(await shape(handle)).toBe(
      'S T Tm+ Tm+ As Sig Ts Ast Ac Tm! Tm! Sig Tst Tc Ua Ua Uc Uc OK',
    );
  },
  false,
);

scenario(
  '(d): signalsOrdering',
  async ({ start, whileServedBy }) => {
    const handle = await start('signalsOrdering');
    const names = ['nonExistent', 'signalA', 'signalA', 'signalC', 'signalB'];
    for (const [i, name] of names.entries()) await handle.signal(name, i + 1);
    expect(await whileServedBy(workflows, () => handle.result())).toEqual([
      ['A', 2],
      ['B', 5],
      ['default', 'nonExistent', 1],
      ['default', 'signalA', 3],
      ['default', 'signalC', 4],
    ]);
    expect(await shape(handle)).toBe('S Ts Sig Sig Sig Sig Sig Tst Tc OK');
  },
  false,
);

scenario(
  '(d): conditions are looked at after each job',
  async ({ start, whileServedBy }) => {
    const handle = await start('momentary');
    await whileServedBy(workflows, () =>
      eventually(async () => expect(await shape(handle)).toBe('S T')),
    );
    await handle.signal('signalled', 1);
    await handle.signal('signalled', 2);
    const seen = await whileServedBy(workflows, () => handle.result());
    expect(seen).toEqual(['one', 'two', 'both', 'level 2']);
    expect(await shape(handle)).toBe('S T Sig Ts Sig Tst Tc OK');
  },
  false,
);

scenario('(j): signals wait for their handler', async ({ start }) => {
  const handle = await start('lateHandler');
  await handle.signal('signalled', 1);
  await handle.signal('signalled', 2);
  expect(await handle.result()).toEqual(['main begins', 'signal 1', 'signal 2', 'main goes on']);
});

scenario(
  '(j): handlers of what came before the first task run before main goes on',
  async ({ start, whileServedBy }) => {
    const handle = await start('earlyHandlers');
    await handle.signal('signalled', 1);
    await handle.signal('signalled', 2);
    const update = handle.executeUpdate('updated', { args: [3] });
    await updatesWait(handle, 1);
    await handle.signal('signalled', 4);
    expect(await whileServedBy(workflows, () => handle.result())).toEqual([
      'signal 1',
      'signal 2',
      'signal 4',
      'update 3',
      'main',
    ]);
    expect(await update).toBe('updated 3');
    expect(await shape(handle)).toBe('S Ts Sig Sig Sig Tst Tc Ua Uc OK');
  },
  false,
);
