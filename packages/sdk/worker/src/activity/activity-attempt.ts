/** One attempt of an activity on this worker. */
import { ActivityCancellation, Context, type Info, asyncLocalStorage } from '@perdure/activity';
import type { Client } from '@perdure/client';
import {
  type ActivityFunction,
  ApplicationFailure,
  CancelledFailure,
  CompleteAsyncError,
  type Headers,
  type LogMetadata,
  type Logger,
  type MetricMeter,
} from '@perdure/common';
import type { HeartbeatThrottle } from './heartbeat-throttle.ts';
import {
  type ActivityInterceptors,
  type ActivityInterceptorsFactory,
  interceptedExecute,
  interceptedLogAttributes,
  interceptedMetricTags,
} from './interceptors.ts';

/** How an attempt ended. */
export type AttemptOutcome =
  | { readonly kind: 'completed'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface AttemptParts {
  readonly info: Info;
  readonly activities: ReadonlyMap<string, ActivityFunction>;
  readonly args: readonly unknown[];
  readonly headers: Headers | undefined;
  readonly interceptors: readonly ActivityInterceptorsFactory[];
  readonly heartbeats: HeartbeatThrottle;
  readonly surroundings: ActivitySurroundings;
  readonly log: Logger;
}

/** What the activities of a worker have around them. */
export interface ActivitySurroundings {
  readonly metricMeter: MetricMeter;
  /** Of the worker; made when it is first asked for. */
  client(): Client;
}

/** Name of the activity that stands in for every type without one of its own. */
const DEFAULT_ACTIVITY = 'default';

export class ActivityAttempt {
  readonly cancellation = new ActivityCancellation();
  readonly heartbeats: HeartbeatThrottle;
  readonly #parts: AttemptParts;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
    this.heartbeats = parts.heartbeats;
  }

  /** Runs the user's function. Never rejects. */
  async run(): Promise<AttemptOutcome> {
    const { activities, args, headers = {}, info } = this.#parts;
    const activity = activities.get(info.activityType) ?? activities.get(DEFAULT_ACTIVITY);
    if (!activity) {
      return { kind: 'failed', error: notRegistered(info.activityType, [...activities.keys()]) };
    }
    try {
      const { context, interceptors } = this.#context();
      const value = await asyncLocalStorage.run(context, () =>
        interceptors.length === 0
          ? activity(...args)
          : interceptedExecute(interceptors, async (input) => activity(...input.args))({
              args: [...args],
              headers,
            }),
      );
      return { kind: 'completed', value };
    } catch (error) {
      this.#logFailure(error);
      return { kind: 'failed', error };
    } finally {
      this.heartbeats.stop();
    }
  }

  /** What was expected, called off or goes on elsewhere is nothing to warn of. */
  #logFailure(error: unknown): void {
    if (error instanceof CompleteAsyncError) return;
    const { info, log } = this.#parts;
    const isCalledOff = this.cancellation.details !== undefined && isAbort(error);
    const isBenign = error instanceof ApplicationFailure && error.category === 'BENIGN';
    const level = isCalledOff || isBenign ? 'debug' : 'warn';
    log[level]('an attempt of an activity failed', { ...factsOf(info), error });
  }

  #context(): { context: Context; interceptors: readonly ActivityInterceptors[] } {
    const { info, log, surroundings, interceptors: factories } = this.#parts;
    let interceptors: readonly ActivityInterceptors[] = [];
    const context = new Context({
      info,
      heartbeatFn: (details) => this.heartbeats.record(details),
      cancellation: this.cancellation,
      metricMeter: () =>
        surroundings.metricMeter.withTags(interceptedMetricTags(interceptors, tagsOf(info))),
      client: () => surroundings.client(),
      log: withFacts(log, () => interceptedLogAttributes(interceptors, factsOf(info))),
    });
    interceptors = factories.map((factory) => factory(context));
    return { context, interceptors };
  }
}

/** Whether an error is what code throws that gives way to a cancellation. */
export function isAbort(error: unknown): boolean {
  return (
    error instanceof CancelledFailure || (error instanceof Error && error.name === 'AbortError')
  );
}

function tagsOf({ namespace, taskQueue, activityType }: Info) {
  return { namespace, taskQueue, activityType };
}

function factsOf(info: Info): LogMetadata {
  const { namespace, taskQueue, workflowType, activityId, activityType, attempt } = info;
  const { workflowId, runId } = info.workflowExecution;
  return {
    sdkComponent: 'activity',
    namespace,
    taskQueue,
    workflowType,
    workflowId,
    workflowRunId: runId,
    activityId,
    activityType,
    attempt,
    isLocal: info.isLocal,
  };
}

/** A logger that puts the facts of the attempt beside every line. */
function withFacts(log: Logger, facts: () => LogMetadata): Logger {
  return {
    trace: (message, meta) => log.trace(message, { ...facts(), ...meta }),
    debug: (message, meta) => log.debug(message, { ...facts(), ...meta }),
    info: (message, meta) => log.info(message, { ...facts(), ...meta }),
    warn: (message, meta) => log.warn(message, { ...facts(), ...meta }),
    error: (message, meta) => log.error(message, { ...facts(), ...meta }),
  };
}

/** Retried like any failure: a worker that has the activity may come (semantics 7). */
function notRegistered(activityType: string, registered: readonly string[]): ApplicationFailure {
  const names = registered.map((name) => JSON.stringify(name)).join(', ');
  return ApplicationFailure.create({
    type: 'NotFoundError',
    message: `Activity function ${activityType} is not registered on this Worker, available activities: [${names}]`,
  });
}
