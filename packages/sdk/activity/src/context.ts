/**
 * What a running activity can ask and tell. The worker makes one context per attempt and runs the
 * activity function inside {@link asyncLocalStorage}; everything the function awaits sees it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client } from '@perdure/client';
import {
  type Duration,
  IllegalStateError,
  type Logger,
  type MetricMeter,
  msToNumber,
  noopMetricMeter,
} from '@perdure/common';
import type { ActivityCancellation, ActivityCancellationDetails } from './cancellation.ts';
import type { Info } from './info.ts';
import { sleepUnlessAborted } from './sleep.ts';

/** What a context is made of; the worker's side of it. */
export interface ContextParts {
  readonly info: Info;
  /** Takes a heartbeat's details; must not throw and must not wait. */
  readonly heartbeatFn: (details: unknown) => void;
  readonly cancellation: ActivityCancellation;
  /** Adds the facts of the attempt to every message. */
  readonly log: Logger;
  /** Makes the meter with the tags of the attempt, when it is first asked for. Default: none. */
  readonly metricMeter?: () => MetricMeter;
  /** Makes the client of the worker, when it is first asked for. Default: there is none. */
  readonly client?: () => Client;
}

/** The context of one attempt of an activity. */
export class Context {
  /** Facts about the attempt. */
  readonly info: Info;
  /** Logs with the facts of the attempt. */
  readonly log: Logger;
  private readonly parts: ContextParts;
  private meter: MetricMeter | undefined;

  constructor(parts: ContextParts) {
    this.parts = parts;
    this.info = parts.info;
    this.log = parts.log;
  }

  /**
   * The context of the activity that is running here.
   *
   * @throws IllegalStateError outside an activity
   */
  static current(): Context {
    const context = asyncLocalStorage.getStore();
    if (context) return context;
    throw new IllegalStateError(
      'there is no activity context here: call this from an activity function, or from code that ' +
        'it awaits',
    );
  }

  /**
   * Rejects with a `CancelledFailure` whose message is an `ActivityCancelReason`; never resolves.
   * A cancelled workflow is pushed to the worker; no heartbeat is needed to hear of it.
   */
  get cancelled(): Promise<never> {
    return this.parts.cancellation.cancelled;
  }

  /** The same for APIs that take an `AbortSignal`. */
  get cancellationSignal(): AbortSignal {
    return this.parts.cancellation.signal;
  }

  /** Why the attempt was cancelled; `undefined` until then. */
  get cancellationDetails(): ActivityCancellationDetails | undefined {
    return this.parts.cancellation.details;
  }

  /** Measures with the tags of the attempt; goes to the meter of the worker's runtime. */
  get metricMeter(): MetricMeter {
    this.meter ??= this.parts.metricMeter?.() ?? noopMetricMeter;
    return this.meter;
  }

  /**
   * A client on the worker's connection, in its namespace, with its data converter.
   *
   * @throws IllegalStateError where there is none: in a test environment that was given no client
   */
  get client(): Client {
    const { client } = this.parts;
    if (client) return client();
    throw new IllegalStateError(
      'there is no client here: in a MockActivityEnvironment, give it one as options.client',
    );
  }

  /**
   * Says that the attempt is alive, and how far it is: a later attempt finds the details in
   * `info.heartbeatDetails`. Call it as often as you like; the worker sends what is needed
   * (semantics 68).
   */
  readonly heartbeat = (details?: unknown): void => {
    this.parts.heartbeatFn(details);
  };

  /**
   * Waits; rejects with the `CancelledFailure` when the attempt is cancelled meanwhile.
   *
   * @throws ValueError when the duration is not one
   */
  readonly sleep = (duration: Duration): Promise<void> =>
    sleepUnlessAborted(msToNumber(duration), this.cancellationSignal);
}

/** The store, by a name that every copy of this package in one process shares. */
const storageKey = Symbol.for('perdure.activity.context');
const shared = globalThis as { [storageKey]?: AsyncLocalStorage<Context> };

/** Where the worker puts the context: `asyncLocalStorage.run(context, () => fn(...args))`. */
export const asyncLocalStorage: AsyncLocalStorage<Context> = (shared[storageKey] ??=
  new AsyncLocalStorage<Context>());
