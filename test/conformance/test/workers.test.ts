/** Scenarios 67–69: what a worker does of its own accord, and does not show in histories. */
import { eventsOf, eventually } from '@perdure/test-support';
import { expect } from 'vitest';
import { historyOf, shape, useFixture } from './fixture.ts';
import { scriptedActivity } from './scripted-activity.ts';

const fixture = useFixture('activities', { act: scriptedActivity(() => fixture.env) });
const { scenario } = fixture;

scenario('67: eager or not, the events are the same', async ({ start }) => {
  for (const allowEagerDispatch of [true, false]) {
    const handle = await start('callOnce', [{ allowEagerDispatch }, { returns: 'done' }]);
    expect(await handle.result()).toBe('done');
    expect(await shape(handle)).toBe('S T As Ast Ac T OK');
  }
});

scenario('67: a start that may be eager has the same events, too', async ({ start }) => {
  const handle = await start('returns', ['at once'], { requestEagerStart: true });
  expect(await handle.result()).toBe('at once');
  expect(await shape(handle)).toBe('S T OK');
});

scenario('68: the first heartbeat is sent at once', async ({ start }) => {
  const options = { startToCloseTimeout: '30 days', heartbeatTimeout: '1 day' };
  const steps = [{ hangsFor: '2 days', heartbeats: ['p1'] }, 'returns heartbeat details'];
  const handle = await start('callOnce', [options, ...steps]);
  expect(await handle.result()).toBe('p1');
});

scenario('68: a failing attempt sends the last heartbeat that waits', async ({ start }) => {
  const options = { heartbeatTimeout: '1 hour', retry: { initialInterval: '1 hour' } };
  const steps = [{ throws: 'no', heartbeats: ['p1', 'p2', 'p3'] }, 'returns heartbeat details'];
  const handle = await start('callOnce', [options, ...steps]);
  expect(await handle.result()).toBe('p3');
  expect(await shape(handle)).toBe('S T As Ast Ac T OK');
});

scenario(
  '69: an activity that a shutdown calls off fails, and is retried elsewhere',
  async ({ start, whileServedBy }) => {
    const steps = ['confirms cancellation', { returns: 'elsewhere' }];
    const handle = await start('callOnce', [{}, ...steps]);
    await whileServedBy('activities', () =>
      eventually(async () => {
        const { pendingActivities } = await handle.describe();
        expect(pendingActivities[0]?.state).toBe('STARTED');
      }),
    );
    const result = whileServedBy('activities', () => handle.result());
    expect(await result).toBe('elsewhere');
    expect(await shape(handle)).toBe('S T As Ast Ac T OK');
    const [started] = eventsOf(await historyOf(handle), 'ActivityTaskStarted');
    expect(started?.attributes).toMatchObject({
      attempt: 2,
      lastFailure: { info: { kind: 'application', type: 'WorkerShutdown' } },
    });
  },
  false,
);

scenario(
  '69: one that does not care about the shutdown ends as it likes',
  async ({ start, whileServedBy }) => {
    const handle = await start('callOnce', [{}, 'ignores cancellation']);
    await whileServedBy('activities', () =>
      eventually(async () => {
        const { pendingActivities } = await handle.describe();
        expect(pendingActivities[0]?.state).toBe('STARTED');
      }),
    );
    expect(await whileServedBy('activities', () => handle.result())).toBe('stubborn');
    expect(await shape(handle)).toBe('S T As Ast Ac T OK');
  },
  false,
);
