/** What programs import to run workers: every value by name and kind, and what options are taken. */
import { PerdureServiceError } from '@perdure/common';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as worker from '../src/index.ts';
import { compileWorkerOptions } from '../src/worker-options.ts';

const kinds: Record<string, string> = {
  CombinedWorkerRunError: 'function',
  DefaultLogger: 'function',
  GracefulShutdownPeriodExpiredError: 'function',
  IllegalStateError: 'function',
  NativeConnection: 'function',
  PromiseCompletionTimeoutError: 'function',
  ReplayError: 'function',
  Runtime: 'function',
  TransportError: 'function',
  Worker: 'function',
  WorkflowBundleError: 'function',
  bundleWorkflowCode: 'function',
  defaultPayloadConverter: 'object',
  defaultSinks: 'function',
  makeTelemetryFilterString: 'function',
};

describe('what programs import', () => {
  it('is there, by its name', () => {
    const fields: Record<string, unknown> = worker;
    const found = Object.keys(kinds).map((name) => [name, typeof fields[name]]);
    expect(Object.fromEntries(found)).toEqual(kinds);
  });

  it('has the methods that programs call', () => {
    const { Worker } = worker;
    expect(typeof Worker.create).toBe('function');
    expect(typeof Worker.runReplayHistory).toBe('function');
    expect(typeof Worker.runReplayHistories).toBe('function');
    expect(Object.getOwnPropertyNames(Worker.prototype)).toEqual(
      expect.arrayContaining([
        'run',
        'runUntil',
        'shutdown',
        'getState',
        'getStatus',
        'client',
        'connection',
      ]),
    );
  });

  it('has the types that programs name', () => {
    expectTypeOf<worker.WorkerOptions['maxActivitiesPerSecond']>().toEqualTypeOf<
      number | undefined
    >();
    expectTypeOf<worker.ActivityInterceptorsFactory>().toBeFunction();
    expectTypeOf<worker.ActivityOutboundCallsInterceptor>().toHaveProperty('getMetricTags');
    expectTypeOf<worker.WorkerInterceptors>().toHaveProperty('client');
    expectTypeOf<worker.RuntimeOptions>().toHaveProperty('shutdownSignals');
    expectTypeOf<worker.State>().toEqualTypeOf<
      'INITIALIZED' | 'RUNNING' | 'STOPPING' | 'DRAINING' | 'DRAINED' | 'STOPPED' | 'FAILED'
    >();
    expectTypeOf<worker.WorkerStatus['numInFlightActivities']>().toBeNumber();
    expectTypeOf<worker.InjectedSinks>().toBeObject();
    expectTypeOf<worker.LogEntry['timestampNanos']>().toEqualTypeOf<bigint>();
  });
});

describe('options of a worker', () => {
  const base = { taskQueue: 'queue', namespace: 'default', activities: { pay: () => 1 } };

  it('that older programs give are taken', () => {
    const compiled = compileWorkerOptions({
      ...base,
      stickyQueueScheduleToStartTimeout: '10s',
      maxConcurrentActivityTaskPolls: 10,
      reuseV8Context: true,
      debugMode: true,
      nonStickyToStickyPollRatio: 0.2,
      workflowTaskPollerBehavior: { type: 'autoscaling', maximum: 5 },
      maxHeartbeatThrottleInterval: '5s',
    });
    expect(compiled.maxHeartbeatThrottleMs).toBe(5_000);
  });

  it('say by a tuner how much runs at once', () => {
    const sized = (numSlots: number) => ({ type: 'fixed-size', numSlots }) as const;
    const tuner = {
      workflowTaskSlotSupplier: sized(3),
      activityTaskSlotSupplier: sized(4),
      localActivityTaskSlotSupplier: sized(5),
    };
    const workflowBundle = { code: '' };
    expect(compileWorkerOptions({ ...base, workflowBundle, tuner })).toMatchObject({
      workflowSlots: 3,
      activitySlots: 4,
      localActivitySlots: 5,
    });
    const both = { ...base, tuner, maxConcurrentActivityTaskExecutions: 1 };
    expect(() => compileWorkerOptions(both)).toThrow('give one of them');
    const none = { ...base, tuner: { ...tuner, activityTaskSlotSupplier: sized(0) } };
    expect(() => compileWorkerOptions(none)).toThrow(
      'tuner.activityTaskSlotSupplier.numSlots must be a whole number of at least 1; got 0',
    );
  });

  it.each<[string, object]>([
    ['resource-based', { tunerOptions: { targetMemoryUsage: 0.8, targetCpuUsage: 0.9 } }],
    ['custom', { activityTaskSlotSupplier: { type: 'custom' } }],
  ])('name no tuner of another kind: %s', (kind, tuner) => {
    const options = { ...base, tuner: tuner as worker.WorkerTuner };
    expect(() => compileWorkerOptions(options)).toThrow(`'fixed-size', numSlots: … }; got ${kind}`);
  });

  it('limit the rate of activities by the smaller of two', () => {
    const rate = (options: Partial<worker.WorkerOptions>) =>
      compileWorkerOptions({ ...base, ...options }).activitiesPerSecond;
    expect(rate({})).toBeUndefined();
    expect(rate({ maxActivitiesPerSecond: 5 })).toBe(5);
    expect(rate({ maxActivitiesPerSecond: 5, maxTaskQueueActivitiesPerSecond: 0.5 })).toBe(0.5);
    expect(() => rate({ maxActivitiesPerSecond: 0 })).toThrow('maxActivitiesPerSecond');
    expect(() => rate({ maxTaskQueueActivitiesPerSecond: NaN })).toThrow(
      'maxTaskQueueActivitiesPerSecond',
    );
  });

  it('may leave the activities of the task queue to others', () => {
    expect(compileWorkerOptions({ ...base, enableNonLocalActivities: false })).toMatchObject({
      activitySlots: 0,
      localActivitySlots: 100,
    });
  });
});

it('a runtime says that metrics need a meter, and takes the rest of older programs', () => {
  const { DefaultLogger, Runtime, makeTelemetryFilterString } = worker;
  const logged: string[] = [];
  const logger = new DefaultLogger('WARN', ({ message }) => void logged.push(message));
  const filter = makeTelemetryFilterString({ core: 'INFO' });
  const logging = { forward: {}, filter };
  Runtime.install({ logger, telemetryOptions: { logging }, workerHeartbeatInterval: '1m' });
  expect(logged).toEqual([]);
  const metrics = { prometheus: { bindAddress: '127.0.0.1:9464' } };
  Runtime.install({ logger, telemetryOptions: { metrics } });
  expect(logged).toEqual([expect.stringContaining('give a metricMeter')]);
  Runtime.install({});
});

it('a TransportError is what says that nobody answered', () => {
  const { TransportError } = worker;
  expect(new PerdureServiceError('UNAVAILABLE', 'gone') instanceof TransportError).toBe(true);
  expect(new PerdureServiceError('UNAUTHENTICATED', 'no') instanceof TransportError).toBe(false);
  expect(new Error('gone') instanceof TransportError).toBe(false);
});
