import { EventEmitter } from 'node:events';
import {
  ActivityCancelReason,
  ActivityCancellation,
  Context,
  type Info,
  asyncLocalStorage,
} from '@perdure/activity';
import { type Logger, silentLogger } from '@perdure/common';
import { defaultActivityInfo } from './default-activity-info.ts';

/** Options of a {@link MockActivityEnvironment}. */
export interface MockActivityEnvironmentOptions {
  /** Where `log` of the activity goes. Default: nowhere. */
  logger?: Logger;
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

  /** @param info what differs from {@link defaultActivityInfo} */
  constructor(info: Partial<Info> = {}, { logger }: MockActivityEnvironmentOptions = {}) {
    super();
    this.context = new Context({
      info: { ...defaultActivityInfo, ...info },
      heartbeatFn: (details) => void this.emit('heartbeat', details),
      cancellation: this.#cancellation,
      log: logger ?? silentLogger,
    });
  }

  /** Runs a function as an activity; settles as it does. */
  async run<Args extends unknown[], R>(
    fn: (...args: Args) => R | Promise<R>,
    ...args: Args
  ): Promise<R> {
    return asyncLocalStorage.run(this.context, async () => fn(...args));
  }

  /** Cancels what runs here, and what will; only the first reason counts. Default CANCELLED. */
  readonly cancel = (reason: ActivityCancelReason = ActivityCancelReason.CANCELLED): void => {
    this.#cancellation.cancel(reason);
  };
}
