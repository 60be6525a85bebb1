/** Shortcuts to the context of the running activity; each throws IllegalStateError outside one. */
import type { Client } from '@perdure/client';
import {
  type Duration,
  type LogMetadata,
  type Logger,
  type MetricMeter,
  noopMetricMeter,
} from '@perdure/common';
import type { ActivityCancellationDetails } from './cancellation.ts';
import { Context } from './context.ts';
import type { Info } from './info.ts';

/** Facts about the running attempt. */
export function activityInfo(): Info {
  return Context.current().info;
}

/** See {@link Context.heartbeat}. */
export function heartbeat(details?: unknown): void {
  Context.current().heartbeat(details);
}

/** See {@link Context.sleep}. */
export function sleep(duration: Duration): Promise<void> {
  return Context.current().sleep(duration);
}

/** See {@link Context.cancelled}. */
export function cancelled(): Promise<never> {
  return Context.current().cancelled;
}

/** See {@link Context.cancellationSignal}. */
export function cancellationSignal(): AbortSignal {
  return Context.current().cancellationSignal;
}

/** See {@link Context.cancellationDetails}. */
export function cancellationDetails(): ActivityCancellationDetails | undefined {
  return Context.current().cancellationDetails;
}

/** See {@link Context.client}. */
export function getClient(): Client {
  return Context.current().client;
}

/** See {@link Context.metricMeter}. */
export const metricMeter: Required<MetricMeter> = {
  createCounter: (...facts) => Context.current().metricMeter.createCounter(...facts),
  createHistogram: (...facts) => Context.current().metricMeter.createHistogram(...facts),
  createGauge: (...facts) => Context.current().metricMeter.createGauge(...facts),
  createUpDownCounter(...facts) {
    const meter = Context.current().metricMeter;
    return meter.createUpDownCounter?.(...facts) ?? noopMetricMeter.createUpDownCounter(...facts);
  },
  withTags: (tags) => Context.current().metricMeter.withTags(tags),
};

/** See {@link Context.log}. */
export const log: Logger = {
  trace: (message: string, meta?: LogMetadata) => Context.current().log.trace(message, meta),
  debug: (message: string, meta?: LogMetadata) => Context.current().log.debug(message, meta),
  info: (message: string, meta?: LogMetadata) => Context.current().log.info(message, meta),
  warn: (message: string, meta?: LogMetadata) => Context.current().log.warn(message, meta),
  error: (message: string, meta?: LogMetadata) => Context.current().log.error(message, meta),
};
