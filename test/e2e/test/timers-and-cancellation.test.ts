/** Scenarios 15–28 of the semantics: timers, conditions, cancellation. */
import { activityInfo, cancelled, heartbeat, sleep as activitySleep } from '@perdure/activity';
import { WorkflowFailedError } from '@perdure/client';
import { CancelledFailure, RetryState } from '@perdure/common';
import { eventually, rejectionOf } from '@perdure/test-support';
import { expect, it } from 'vitest';
import { shape, useFixture } from './fixture.ts';

const fixture = useFixture('timers');
const cancelledActivity = 'ActivityFailure(Activity cancelled) <- CancelledFailure()';
const cleanUp = async (): Promise<string> => 'cleaned';

/** An activity that tells when it has begun. */
function noticed(work: () => Promise<string>) {
  let begun = 0;
  const act = async (): Promise<string> => {
    begun += 1;
    return work();
  };
  return { act, begins: () => eventually(() => expect(begun).toBe(1)) };
}

it('15: a timer', async () => {
  await fixture.worker();
  const handle = await fixture.start('oneTimer');
  expect(await handle.result()).toBe('slept');
  expect(await shape(handle)).toBe('S T Tm+ Tm! T OK');
});

it('16: a timer is cancelled when another has fired', async () => {
  await fixture.worker();
  const handle = await fixture.start('longerCancelled');
  expect(await handle.result()).toBe('CancelledFailure(Cancellation scope cancelled)');
  expect(await shape(handle)).toBe('S T Tm+ Tm+ Tm! T Tm- OK');
});

it('17: a timer cancelled in the task that made it leaves no trace', async () => {
  await fixture.worker();
  const handle = await fixture.start('cancelledAtOnce');
  expect(await handle.result()).toBe('CancelledFailure(Cancellation scope cancelled)');
  expect(await shape(handle)).toBe('S T OK');
});

it('18: condition: in time, too late, and true from the first', async () => {
  await fixture.worker();
  const late = await fixture.start('conditional', 50);
  expect(await late.result()).toBe(false);
  expect(await shape(late)).toBe('S T Tm+ Tm! T OK');

  const inTime = await fixture.start('conditional', 60_000);
  await eventually(async () => expect(await shape(inTime)).toBe('S T Tm+'));
  await inTime.signal('go');
  expect(await inTime.result()).toBe(true);
  expect(await shape(inTime)).toBe('S T Tm+ Sig T Tm- OK');

  const already = await fixture.start('conditionAlreadyTrue');
  expect(await already.result()).toBe(true);
  expect(await shape(already)).toBe('S T OK');
});

it('19: withTimeout', async () => {
  await fixture.worker();
  const handle = await fixture.start('timeoutInside');
  expect(await handle.result()).toBe('CancelledFailure(Cancellation scope cancelled)');
  expect(await shape(handle)).toBe('S T Tm+ Tm+ Tm! T Tm- OK');
});

it('20: work that nobody waits for is asked for all the same', async () => {
  await fixture.worker();
  const handle = await fixture.start('unawaited');
  expect(await handle.result()).toBe('gone');
  expect(await shape(handle)).toBe('S T As Tm+ OK');
});

it('21: a client’s cancel ends a workflow that does not handle it', async () => {
  await fixture.worker();
  const handle = await fixture.start('sleepsADay');
  await eventually(async () => expect(await shape(handle)).toBe('S T Tm+'));
  await Promise.all([handle.cancel(), handle.cancel()]);
  const error = (await rejectionOf(handle.result())) as WorkflowFailedError;
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect(error.message).toBe('Workflow execution cancelled');
  expect(error.retryState).toBe(RetryState.NON_RETRYABLE_FAILURE);
  expect(error.cause).toBeInstanceOf(CancelledFailure);
  expect(error.cause?.message).toBe('Workflow canceled');
  expect(await shape(handle)).toBe('S T Tm+ CR T Tm- CANCELED');
  expect((await handle.describe()).status.name).toBe('CANCELLED');
});

it('22: TRY_CANCEL rejects at once, and the activity hears of it without a heartbeat', async () => {
  let reason: unknown;
  const { act, begins } = noticed(() =>
    cancelled().catch((error: Error) => {
      reason = error.message;
      throw error;
    }),
  );
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('cancelRunning', 'TRY_CANCEL');
  await begins();
  await handle.signal('go');
  expect(await handle.result()).toBe(cancelledActivity);
  expect(await shape(handle)).toBe('S T As Sig T Acr OK');
  await eventually(() => expect(reason).toBe('CANCELLED'));
});

it('23: WAIT_CANCELLATION_COMPLETED waits for the activity to confirm', async () => {
  const { act, begins } = noticed(async () => {
    heartbeat();
    return cancelled();
  });
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('cancelRunning', 'WAIT_CANCELLATION_COMPLETED', 60_000);
  await begins();
  await handle.signal('go');
  expect(await handle.result()).toBe(cancelledActivity);
  expect(await shape(handle)).toBe('S T As Sig T Acr Ast Acn T OK');
});

it('23: an activity that ignores its cancellation returns its value', async () => {
  const { act, begins } = noticed(async () => {
    await cancelled().catch(() => {});
    return 'stubborn';
  });
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('cancelRunning', 'WAIT_CANCELLATION_COMPLETED', 60_000);
  await begins();
  await handle.signal('go');
  expect(await handle.result()).toBe('stubborn');
  expect(await shape(handle)).toBe('S T As Sig T Acr Ast Ac T OK');
});

it('24: ABANDON says nothing to the activity', async () => {
  const { act, begins } = noticed(async () => {
    await activitySleep('100ms');
    return 'unheard';
  });
  await fixture.worker({ activities: { act } });
  const handle = await fixture.start('cancelRunning', 'ABANDON');
  await begins();
  await handle.signal('go');
  expect(await handle.result()).toBe(cancelledActivity);
  expect(await shape(handle)).toBe('S T As Sig T OK');
});

it('25: an activity cancelled in the task that scheduled it is never scheduled', async () => {
  await fixture.worker();
  const handle = await fixture.start('cancelUnscheduled');
  expect(await handle.result()).toBe(cancelledActivity);
  expect(await shape(handle)).toBe('S T OK');
});

it('26: an activity cancelled before a worker has it ends at once, and is never run', async () => {
  await fixture.worker();
  const handle = await fixture.start('cancelRunning', 'WAIT_CANCELLATION_COMPLETED');
  await eventually(async () => expect(await shape(handle)).toBe('S T As'));
  await handle.signal('go');
  expect(await handle.result()).toBe(cancelledActivity);
  expect(await shape(handle)).toBe('S T As Sig T Acr Acn T OK');
});

it('27: a cancelled workflow cleans up and is cancelled', async () => {
  let cleaned = 0;
  const activities = {
    cleanUp: async () => {
      cleaned += activityInfo().attempt;
      return 'cleaned';
    },
  };
  await fixture.worker({ activities });
  const handle = await fixture.start('cleansUp');
  await eventually(async () => expect(await shape(handle)).toBe('S T Tm+'));
  await handle.cancel('enough');
  expect((await rejectionOf(handle.result())).cause).toBeInstanceOf(CancelledFailure);
  expect(cleaned).toBe(1);
  expect(await shape(handle)).toBe('S T Tm+ CR T Tm- As Ast Ac T CANCELED');
});

it('28: work in a non-cancellable scope goes on, and the workflow completes', async () => {
  await fixture.worker({ activities: { cleanUp } });
  const handle = await fixture.start('worksOn');
  await eventually(async () => expect(await shape(handle)).toBe('S T Tm+'));
  await handle.cancel();
  expect(await handle.result()).toBe('cleaned');
  expect(await shape(handle)).toBe('S T Tm+ CR T Tm- As Ast Ac T OK');
});

it('fifty timers at once, each once', async () => {
  const { worker } = await fixture.worker();
  const handles = await Promise.all(Array.from({ length: 50 }, () => fixture.start('oneTimer')));
  await Promise.all(handles.map((handle) => handle.result()));
  for (const handle of handles) expect(await shape(handle)).toBe('S T Tm+ Tm! T OK');
  expect(worker.getState()).toBe('RUNNING');
});
