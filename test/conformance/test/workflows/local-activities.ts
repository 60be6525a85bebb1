import {
  CancellationScope,
  type LocalActivityOptions,
  proxyActivities,
  proxyLocalActivities,
  sleep,
} from '@perdure/workflow';
import { chainOf } from '../chain.ts';
import type { Step } from '../scripted-activity.ts';

const quick = { startToCloseTimeout: '1 minute', retry: { initialInterval: 10 } } as const;

/** Calls `act` once, in the workflow's worker. */
export async function callOnce(options: LocalActivityOptions, ...steps: Step[]): Promise<unknown> {
  return proxyLocalActivities({ ...quick, ...options }).act!(...steps);
}

/** 60: what the workflow gets when a local activity fails. */
export async function catches(options: LocalActivityOptions, ...steps: Step[]): Promise<unknown> {
  return callOnce(options, ...steps).catch(chainOf);
}

/** 60: cancels one local activity when another has ended. */
export async function cancelsWhileAnotherEnds(): Promise<unknown> {
  const { act } = proxyLocalActivities(quick);
  const scope = new CancellationScope();
  const outcome = scope.run(() => act!('confirms cancellation')).catch(chainOf);
  await act!({ returns: 'done' });
  scope.cancel();
  return outcome;
}

/** 60: the local activity is cancelled in the task that asks for it, before it runs. */
export async function cancelsAtOnce(): Promise<unknown> {
  const { act } = proxyLocalActivities(quick);
  const scope = new CancellationScope();
  const outcome = scope.run(() => act!({ returns: 'never' })).catch(chainOf);
  scope.cancel();
  return outcome;
}

/** 60: two in a row. */
export async function twice(): Promise<unknown[]> {
  const { act } = proxyLocalActivities(quick);
  return [await act!({ returns: 'foo' }), await act!({ returns: 'bar' })];
}

/** 63 */
export async function mixed(): Promise<unknown[]> {
  const local = proxyLocalActivities(quick);
  const remote = proxyActivities({ startToCloseTimeout: '1 hour' });
  return Promise.all([
    local.act!({ returns: 'local 1' }),
    sleep('1 day').then(() => 'timer'),
    remote.act!({ returns: 'remote' }),
    local.act!({ returns: 'local 2' }),
  ]);
}
