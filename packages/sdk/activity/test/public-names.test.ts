/** What activity code imports: every value by name and kind. */
import type { Client } from '@perdure/client';
import {
  type MetricMeter,
  type MetricTags,
  type Priority,
  noopMetricMeter,
  silentLogger,
} from '@perdure/common';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as activity from '../src/index.ts';

const kinds: Record<string, string> = {
  ApplicationFailure: 'function',
  CancelledFailure: 'function',
  CompleteAsyncError: 'function',
  Context: 'function',
  activityInfo: 'function',
  asyncLocalStorage: 'object',
  cancellationDetails: 'function',
  cancellationSignal: 'function',
  cancelled: 'function',
  getClient: 'function',
  heartbeat: 'function',
  log: 'object',
  metricMeter: 'object',
  sleep: 'function',
};

function contextWith(parts: Partial<activity.ContextParts>): activity.Context {
  return new activity.Context({
    info: {} as activity.Info,
    heartbeatFn: () => {},
    cancellation: new activity.ActivityCancellation(),
    log: silentLogger,
    ...parts,
  });
}

describe('what activity code imports', () => {
  it('is there, by its name', () => {
    const fields: Record<string, unknown> = activity;
    const found = Object.keys(kinds).map((name) => [name, typeof fields[name]]);
    expect(Object.fromEntries(found)).toEqual(kinds);
  });

  it('has the types that programs name', () => {
    expectTypeOf<activity.Info['priority']>().toEqualTypeOf<Priority | undefined>();
    expectTypeOf(activity.getClient).returns.toEqualTypeOf<Client>();
    expectTypeOf(activity.metricMeter).toExtend<MetricMeter>();
  });
});

describe('the surroundings of an activity', () => {
  it('hold the client of the worker, where there is one', () => {
    const client = {} as Client;
    const context = contextWith({ client: () => client });
    expect(activity.asyncLocalStorage.run(context, activity.getClient)).toBe(client);
    expect(() => contextWith({}).client).toThrow('there is no client here');
  });

  it('hold a meter, made once and only when it is asked for', () => {
    let made = 0;
    const seen: [string, number, MetricTags | undefined][] = [];
    const meter: MetricMeter = {
      ...noopMetricMeter,
      createCounter: (name) => ({
        ...noopMetricMeter.createCounter(name),
        add: (value, tags) => void seen.push([name, value, tags]),
      }),
    };
    const context = contextWith({
      metricMeter() {
        made += 1;
        return meter;
      },
    });
    expect(made).toBe(0);
    activity.asyncLocalStorage.run(context, () => {
      activity.metricMeter.createCounter('paid').add(2, { shop: 'a' });
      activity.metricMeter.createUpDownCounter('open').add(-1);
      activity.Context.current().metricMeter.createGauge('depth').set(1);
    });
    expect(made).toBe(1);
    expect(seen).toEqual([['paid', 2, { shop: 'a' }]]);
    expect(() => contextWith({}).metricMeter.createCounter('paid').add(1)).not.toThrow();
    expect(() => activity.metricMeter.createCounter('paid')).toThrow('no activity context');
  });
});
