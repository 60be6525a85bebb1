/**
 * Measuring from a workflow: each value once, however often the run is replayed. Values leave the
 * sandbox as calls to a sink of the worker's own, and go to the meter of its runtime.
 */
import type {
  Metric,
  MetricCounter,
  MetricGauge,
  MetricHistogram,
  MetricMeter,
  MetricTags,
  MetricUpDownCounter,
} from '@perdure/common';
import { currentRun } from './runtime/current-run.ts';
import { intercepted } from './runtime/interception.ts';
import type { Run } from './runtime/run.ts';

/** The sink of the worker that takes what is measured. No sink of the user's is called so. */
export type MetricsSinkName = '__perdure_metrics';

/** Its functions. */
export interface MetricsSink {
  measure(metric: Metric, value: number, tags: MetricTags): void;
}

const METRICS_SINK: MetricsSinkName = '__perdure_metrics';

/**
 * The run's meter. What it measures is tagged with namespace, task queue and workflow type; nothing
 * is measured during replay. Metrics may be made anywhere, and written to only in a workflow.
 */
export const metricMeter: Required<MetricMeter> = meterWith({});

function meterWith(tags: MetricTags): Required<MetricMeter> {
  return {
    createCounter: (name, unit, description) =>
      counter({ name, unit, description, kind: 'counter', valueType: 'int' }, tags),
    createHistogram: (name, valueType = 'int', unit, description) =>
      histogram({ name, unit, description, kind: 'histogram', valueType }, tags),
    createGauge: (name, valueType = 'int', unit, description) =>
      gauge({ name, unit, description, kind: 'gauge', valueType }, tags),
    createUpDownCounter: (name, unit, description) =>
      upDownCounter({ name, unit, description, kind: 'up-down-counter', valueType: 'int' }, tags),
    withTags: (more) => meterWith({ ...tags, ...more }),
  };
}

/** What a metric says of itself. */
type Facts<M extends Metric> = Pick<M, keyof Metric>;

function counter(metric: Facts<MetricCounter>, tags: MetricTags): MetricCounter {
  return {
    ...metric,
    add: (value, extra) => measure(metric, notNegative(metric, value), { ...tags, ...extra }),
    withTags: (more) => counter(metric, { ...tags, ...more }),
  };
}

function histogram(metric: Facts<MetricHistogram>, tags: MetricTags): MetricHistogram {
  return {
    ...metric,
    record: (value, extra) => measure(metric, notNegative(metric, value), { ...tags, ...extra }),
    withTags: (more) => histogram(metric, { ...tags, ...more }),
  };
}

function gauge(metric: Facts<MetricGauge>, tags: MetricTags): MetricGauge {
  return {
    ...metric,
    set: (value, extra) => measure(metric, notNegative(metric, value), { ...tags, ...extra }),
    withTags: (more) => gauge(metric, { ...tags, ...more }),
  };
}

function upDownCounter(metric: Facts<MetricUpDownCounter>, tags: MetricTags): MetricUpDownCounter {
  return {
    ...metric,
    add: (value, extra) => measure(metric, value, { ...tags, ...extra }),
    withTags: (more) => upDownCounter(metric, { ...tags, ...more }),
  };
}

function notNegative({ kind, name }: Metric, value: number): number {
  if (value >= 0) return value;
  throw new RangeError(`${kind} '${name}' takes values of at least 0; got ${value}`);
}

function measure(metric: Metric, value: number, tags: MetricTags): void {
  const run = currentRun(`metric ${metric.name}`);
  if (run.isReplaying) return;
  (run.sinkCalls ??= []).push({
    sinkName: METRICS_SINK,
    functionName: 'measure',
    args: [{ ...metric }, value, { ...tagsOf(run), ...tags }],
    // Tags say whose it is.
    info: undefined,
  });
}

/** As the run's interceptors would have them. */
function tagsOf(run: Run): MetricTags {
  const { namespace = '', taskQueue = '', workflowType = '' } = run.facts ?? {};
  const tags = intercepted(
    run.interceptors?.outbound,
    'getMetricTags',
    (input: MetricTags) => input,
  );
  return tags({ namespace, taskQueue, workflowType });
}
