/** What can be put between the worker and the activities it runs. */
import type { Context } from '@perdure/activity';
import type { Headers, MetricTags } from '@perdure/common';

export interface ActivityExecuteInput {
  readonly args: unknown[];
  readonly headers: Headers;
}

/** Calls that come to an activity. */
export interface ActivityInboundCallsInterceptor {
  execute?(
    input: ActivityExecuteInput,
    next: (input: ActivityExecuteInput) => Promise<unknown>,
  ): Promise<unknown>;
}

/** Calls that an activity makes. */
export interface ActivityOutboundCallsInterceptor {
  /** Adds facts to every line that the activity logs. */
  getLogAttributes?(
    input: Record<string, unknown>,
    next: (input: Record<string, unknown>) => Record<string, unknown>,
  ): Record<string, unknown>;
  /** Adds tags to everything that the activity measures. */
  getMetricTags?(input: MetricTags, next: (input: MetricTags) => MetricTags): MetricTags;
}

/** What a factory returns for one attempt. */
export interface ActivityInterceptors {
  inbound?: ActivityInboundCallsInterceptor;
  outbound?: ActivityOutboundCallsInterceptor;
}

/** Called for every attempt, with its context. */
export type ActivityInterceptorsFactory = (context: Context) => ActivityInterceptors;

/** The activity function with the interceptors around it, the first outermost. */
export function interceptedExecute(
  interceptors: readonly ActivityInterceptors[],
  last: (input: ActivityExecuteInput) => Promise<unknown>,
): (input: ActivityExecuteInput) => Promise<unknown> {
  return interceptors.toReversed().reduce((next, { inbound }) => {
    if (!inbound?.execute) return next;
    return (input: ActivityExecuteInput) => inbound.execute!(input, next);
  }, last);
}

/** The tags of what is measured, as interceptors would have them. */
export function interceptedMetricTags(
  interceptors: readonly ActivityInterceptors[],
  tags: MetricTags,
): MetricTags {
  const last = (input: MetricTags): MetricTags => input;
  const all = interceptors.toReversed().reduce((next, { outbound }) => {
    if (!outbound?.getMetricTags) return next;
    return (input: MetricTags) => outbound.getMetricTags!(input, next);
  }, last);
  return all(tags);
}

/** The facts beside every line, as interceptors would have them. */
export function interceptedLogAttributes(
  interceptors: readonly ActivityInterceptors[],
  attributes: Record<string, unknown>,
): Record<string, unknown> {
  const last = (input: Record<string, unknown>): Record<string, unknown> => input;
  const all = interceptors.toReversed().reduce((next, { outbound }) => {
    if (!outbound?.getLogAttributes) return next;
    return (input: Record<string, unknown>) => outbound.getLogAttributes!(input, next);
  }, last);
  return all(attributes);
}
