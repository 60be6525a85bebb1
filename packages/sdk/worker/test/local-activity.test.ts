/** Local activities as the worker runs them: attempts, waits, timeouts, cancellation. */
import { type Info, activityInfo, cancelled, heartbeat, log } from '@perdure/activity';
import type { Client } from '@perdure/client';
import {
  type ActivityFunction,
  ApplicationFailure,
  type Logger,
  compileRetryPolicy,
  noopMetricMeter,
  silentLogger,
} from '@perdure/common';
import { loadDataConverter } from '@perdure/data-converter';
import { describe, expect, it } from 'vitest';
import { ActivityAttempt } from '../src/activity/activity-attempt.ts';
import { HeartbeatThrottle } from '../src/activity/heartbeat-throttle.ts';
import type { ActivityInterceptorsFactory } from '../src/activity/interceptors.ts';
import { LocalActivity, Slots } from '../src/activity/local-activities.ts';
import { nextRetry } from '../src/activity/local-retry.ts';
import { compileWorkerOptions } from '../src/worker-options.ts';
import type { ScheduledLocalActivity } from '../src/workflow/step-player.ts';
import { payloads } from './sandbox-driver.ts';

const converter = await loadDataConverter();
const surroundings = { metricMeter: noopMetricMeter, client: () => ({}) as Client };
const owner = { workflowId: 'w', runId: 'r', workflowType: 'type' };

interface Extras {
  readonly activity?: ActivityInterceptorsFactory[];
  readonly logger?: Logger;
  readonly slots?: Slots;
}

function run(
  near: ActivityFunction,
  more: Partial<ScheduledLocalActivity> = {},
  { activity, logger = silentLogger, slots = new Slots(100) }: Extras = {},
): LocalActivity {
  const interceptors = { activity };
  const options = compileWorkerOptions({
    taskQueue: 'queue',
    namespace: 'default',
    activities: { near },
    interceptors,
  });
  const parts = { options, converter, slots, surroundings, log: logger, now: () => Date.now() };
  return new LocalActivity(parts, owner, {
    kind: 'scheduleLocalActivity',
    seq: 1,
    activityType: 'near',
    args: payloads('in'),
    attempt: 1,
    originalScheduleTimeMs: Date.now(),
    startToCloseTimeoutMs: 60_000,
    localRetryThresholdMs: 60_000,
    retryPolicy: compileRetryPolicy({ initialInterval: 1 }),
    cancellationType: 'TRY_CANCEL',
    ...more,
  });
}

/** Fails so often, then returns how often it was tried. */
function failing(times: number, error: () => Error = () => new Error('no luck')) {
  let attempts = 0;
  return () => {
    if (++attempts <= times) throw error();
    return attempts;
  };
}

/** Time enough to begin. */
const begun = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** Never ends but by its cancellation. */
const hanging = (): Promise<never> => cancelled();
/** Pays no heed to its cancellation. */
const deaf = (): Promise<never> => new Promise(() => {});

describe('a local activity', () => {
  it('runs with its arguments, and knows what it is', async () => {
    const { resolution } = run((what: string) => {
      heartbeat('nobody reads it');
      const { isLocal, attempt, activityId, activityType, workflowExecution } = activityInfo();
      return { what, isLocal, attempt, activityId, activityType, workflowExecution };
    });
    const { outcome, seq, attempt } = await resolution;
    expect({ seq, attempt }).toEqual({ seq: 1, attempt: 1 });
    expect(outcome).toEqual({
      kind: 'completed',
      result: payloads({
        what: 'in',
        isLocal: true,
        attempt: 1,
        activityId: '1',
        activityType: 'near',
        workflowExecution: { workflowId: 'w', runId: 'r' },
      }),
    });
  });

  it('is tried again, all attempts in one', async () => {
    const { attempt, outcome } = await run(failing(2)).resolution;
    expect({ attempt, outcome }).toEqual({
      attempt: 3,
      outcome: { kind: 'completed', result: payloads(3) },
    });
  });

  it('fails with its last failure, bare', async () => {
    const retryPolicy = compileRetryPolicy({ initialInterval: 1, maximumAttempts: 2 });
    const { attempt, outcome } = await run(failing(9), { retryPolicy }).resolution;
    expect(attempt).toBe(2);
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { message: 'no luck', info: { kind: 'application', type: 'Error' } },
    });
  });

  it('leaves a wait that is too long to the workflow (61)', async () => {
    const retryPolicy = compileRetryPolicy({ initialInterval: '2s' });
    const more = { retryPolicy, localRetryThresholdMs: 1_000, originalScheduleTimeMs: 77 };
    const { outcome } = await run(failing(9), more).resolution;
    expect(outcome).toEqual({
      kind: 'backoff',
      attempt: 2,
      backoffMs: 2_000,
      originalScheduleTimeMs: 77,
    });
  });

  it('times out, attempt by attempt', async () => {
    const retryPolicy = compileRetryPolicy({ initialInterval: 1, maximumAttempts: 2 });
    const more = { startToCloseTimeoutMs: 5, retryPolicy };
    const { attempt, outcome } = await run(deaf, more).resolution;
    expect(attempt).toBe(2);
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { info: { kind: 'timeout', timeoutType: 'START_TO_CLOSE' } },
    });
  });

  it('times out altogether', async () => {
    const { outcome } = await run(deaf, { scheduleToCloseTimeoutMs: 10 }).resolution;
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { info: { kind: 'timeout', timeoutType: 'SCHEDULE_TO_CLOSE' } },
    });
  });

  it('does not wait past its deadline to be tried again', async () => {
    const retryPolicy = compileRetryPolicy({ initialInterval: '50s' });
    const more = { scheduleToCloseTimeoutMs: 10_000, retryPolicy };
    expect((await run(failing(9), more).resolution).outcome.kind).toBe('failed');
  });

  it('whose result is no payload fails', async () => {
    const { outcome } = await run(() => 1n).resolution;
    expect(outcome).toMatchObject({
      kind: 'failed',
      failure: { info: { type: 'PayloadConverterError' } },
    });
  });
});

it('only so many run at once', async () => {
  const slots = new Slots(2);
  let [running, most] = [0, 0];
  const near = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 2));
    running--;
  };
  const all = Array.from({ length: 7 }, () => run(near, {}, { slots }).resolution);
  const outcomes = (await Promise.all(all)).map(({ outcome }) => outcome.kind);
  expect(outcomes).toEqual(Array.from({ length: 7 }, () => 'completed'));
  expect(most).toBe(2);
});

it('the activity of the name default stands in for those that are not there', async () => {
  const options = compileWorkerOptions({
    taskQueue: 'queue',
    namespace: 'default',
    activities: { default: (what: string) => `${activityInfo().activityType} ${what}` },
  });
  const attempt = new ActivityAttempt({
    info: { activityType: 'unheardOf', workflowExecution: owner } as unknown as Info,
    activities: options.activities,
    args: ['in'],
    headers: undefined,
    interceptors: [],
    heartbeats: new HeartbeatThrottle(1, () => {}),
    surroundings,
    log: silentLogger,
  });
  expect(await attempt.run()).toEqual({ kind: 'completed', value: 'unheardOf in' });
});

describe('a cancelled local activity', () => {
  it('that waits for its turn never begins', async () => {
    const slots = new Slots(1);
    const giveBack = await slots.take();
    let began = false;
    const waiting = run(() => void (began = true), {}, { slots });
    waiting.cancel();
    expect((await waiting.resolution).outcome.kind).toBe('canceled');
    giveBack();
    await begun();
    expect(began).toBe(false);
  });

  it.each(['TRY_CANCEL', 'ABANDON'] as const)('%s: is over at once', async (cancellationType) => {
    const activity = run(deaf, { cancellationType });
    activity.cancel();
    expect((await activity.resolution).outcome.kind).toBe('canceled');
  });

  it('WAIT_CANCELLATION_COMPLETED: is over when it stops', async () => {
    const activity = run(hanging, { cancellationType: 'WAIT_CANCELLATION_COMPLETED' });
    await begun();
    activity.cancel();
    expect((await activity.resolution).outcome.kind).toBe('canceled');
  });

  it('WAIT_CANCELLATION_COMPLETED: may come to its end all the same', async () => {
    const near = (): Promise<string> => cancelled().catch(() => 'anyway');
    const activity = run(near, { cancellationType: 'WAIT_CANCELLATION_COMPLETED' });
    await begun();
    activity.cancel();
    const { outcome } = await activity.resolution;
    expect(outcome).toEqual({ kind: 'completed', result: payloads('anyway') });
  });

  it('between two attempts is over at once', async () => {
    const retryPolicy = compileRetryPolicy({ initialInterval: '30s' });
    const activity = run(failing(9), {
      retryPolicy,
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    });
    await begun();
    activity.cancel();
    expect((await activity.resolution).outcome.kind).toBe('canceled');
  });
});

describe('what is tried again', () => {
  const policy = compileRetryPolicy({
    initialInterval: 100,
    backoffCoefficient: 3,
    maximumInterval: 1_000,
    maximumAttempts: 5,
    nonRetryableErrorTypes: ['Fatal'],
  });

  it('is so after growing waits', () => {
    const waits = [1, 2, 3, 4, 5].map((attempt) => nextRetry(policy, attempt, new Error('no')));
    expect(waits).toEqual([100, 300, 900, 1_000, undefined]);
  });

  it('is no failure that says it is final, by itself or by its type', () => {
    expect(nextRetry(policy, 1, ApplicationFailure.nonRetryable('no'))).toBeUndefined();
    expect(nextRetry(policy, 1, ApplicationFailure.retryable('no', 'Fatal'))).toBeUndefined();
  });

  it('waits as long as the failure asks (12)', () => {
    const error = ApplicationFailure.create({ nextRetryDelay: '1 minute' });
    expect(nextRetry(policy, 1, error)).toBe(60_000);
  });
});

it('interceptors stand around an activity, and beside what it logs', async () => {
  const lines: unknown[] = [];
  const logger: Logger = { ...silentLogger, info: (message, meta) => lines.push([message, meta]) };
  const activity: ActivityInterceptorsFactory = (context) => ({
    inbound: {
      execute: async ({ args, headers }, next) => {
        const value = await next({ args: [`${String(args[0])}!`], headers });
        return `${context.info.activityType} ${Object.keys(headers).join()} ${String(value)}`;
      },
    },
    outbound: { getLogAttributes: (input, next) => next({ ...input, extra: 1 }) },
  });
  const near = (what: string): string => {
    log.info('inside', { mine: 2 });
    return what;
  };
  const headers = { trace: payloads('t')[0]! };
  const { outcome } = await run(near, { headers }, { activity: [activity], logger }).resolution;
  expect(outcome).toEqual({ kind: 'completed', result: payloads('near trace in!') });
  expect(lines).toMatchObject([
    ['inside', { mine: 2, extra: 1, activityType: 'near', workflowId: 'w', isLocal: true }],
  ]);
});
