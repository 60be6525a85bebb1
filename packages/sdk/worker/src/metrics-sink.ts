/** From what workflows measure, in their sandbox, to a meter of the host. */
import type { Metric, MetricMeter, MetricTags } from '@perdure/common';
import type { MetricsSink, MetricsSinkName } from '@perdure/workflow/runtime';
import type { InjectedSinks } from './sinks.ts';

type Write = (value: number, tags: MetricTags) => void;

/** Besides the sinks of the user, the one that metrics of workflows arrive at. */
export function withMetricsSink(
  sinks: InjectedSinks | undefined,
  meter: MetricMeter,
): InjectedSinks {
  const writers = new Map<string, Write>();
  const measure: MetricsSink['measure'] = (metric, value, tags) => {
    const key = `${metric.kind} ${metric.valueType} ${metric.name}`;
    let write = writers.get(key);
    if (!write) writers.set(key, (write = writerOf(meter, metric)));
    write(value, tags);
  };
  const name: MetricsSinkName = '__perdure_metrics';
  return {
    ...sinks,
    [name]: { measure: { fn: (_info, ...call: Parameters<typeof measure>) => measure(...call) } },
  };
}

function writerOf(meter: MetricMeter, metric: Metric): Write {
  const { name, kind, valueType, unit, description } = metric;
  switch (kind) {
    case 'counter': {
      const counter = meter.createCounter(name, unit, description);
      return (value, tags) => counter.add(value, tags);
    }
    case 'histogram': {
      const histogram = meter.createHistogram(name, valueType, unit, description);
      return (value, tags) => histogram.record(value, tags);
    }
    case 'gauge': {
      const gauge = meter.createGauge(name, valueType, unit, description);
      return (value, tags) => gauge.set(value, tags);
    }
    case 'up-down-counter': {
      const counter = meter.createUpDownCounter?.(name, unit, description);
      return (value, tags) => counter?.add(value, tags);
    }
  }
}
