import { EventEmitter } from 'node:events';
import {
  ActivityCancelReason,
  ActivityCancellation,
  Context,
  type Info,
  asyncLocalStorage,
} from '@perdure/activity';
import type { Client } from '@perdure/client';
import { type Logger, silentLogger } from '@perdure/common';
import type { WorkerOptions } from '@perdure/worker';
import { defaultActivityInfo } from './default-activity-info.ts';

type InterceptorsFactory = NonNullable<
  NonNullable<WorkerOptions['interceptors']>['activity']
>[number];
type Interceptors = ReturnType<InterceptorsFactory>;
type ExecuteInput = Parameters<NonNullable<NonNullable<Interceptors['inbound']>['execute']>>[0];

/** Options of a {@link MockActivityEnvironment}. */
export interface MockActivityEnvironmentOptions {
  /** Those of a worker; each is called once, with the context. The first is outermost. */
  interceptors?: readonly InterceptorsFactory[];
  /** Where `log` of the activity goes. Default: nowhere. */
  logger?: Logger;
  /** What activities find as `Context.current().client`. Default: none. */
  client?: Client;
}

/**
 * Runs activity functions by themselves, without worker or platform: a context with the info given,
 * heartbeats as events, cancellation at the push of a button.
 *
 * Emits `heartbeat` with the details, for each heartbeat, at once.
 *
 * @example
 * ```ts
 * const env = new MockActivityEnvironment({ attempt: 2 });
 * env.on('heartbeat', (details) => seen.push(details));
 * expect(await env.run(resize, 'cake.png')).toBe('cake-small.png');
 * ```
 */
export class MockActivityEnvironment extends EventEmitter<{ heartbeat: [details: unknown] }> {
  /** What the functions see as `Context.current()`. */
  readonly context: Context;
  readonly #cancellation = new ActivityCancellation();
  readonly #interceptors: readonly Interceptors[];

  /** @param info what differs from {@link defaultActivityInfo} */
  constructor(info: Partial<Info> = {}, options: MockActivityEnvironmentOptions = {}) {
    super();
    const { logger = silentLogger, interceptors = [], client } = options;
    this.context = new Context({
      info: { ...defaultActivityInfo, ...info },
      heartbeatFn: (details) => void this.emit('heartbeat', details),
      cancellation: this.#cancellation,
      log: logger,
      client: client && (() => client),
    });
    this.#interceptors = interceptors.map((factory) => factory(this.context));
  }

  /** Runs a function as an activity; settles as it does. */
  async run<Args extends unknown[], R>(
    fn: (...args: Args) => R | Promise<R>,
    ...args: Args
  ): Promise<R> {
    type Execute = (input: ExecuteInput) => Promise<unknown>;
    const last: Execute = async (input) => fn(...(input.args as Args));
    const execute = this.#interceptors.reduceRight<Execute>((next, { inbound }) => {
      return inbound?.execute ? (input) => inbound.execute!(input, next) : next;
    }, last);
    const run = () => execute({ args, headers: {} });
    return asyncLocalStorage.run(this.context, run) as Promise<R>;
  }

  /** Cancels what runs here, and what will; only the first reason counts. Default CANCELLED. */
  readonly cancel = (reason: ActivityCancelReason = ActivityCancelReason.CANCELLED): void => {
    this.#cancellation.cancel(reason);
  };
}
