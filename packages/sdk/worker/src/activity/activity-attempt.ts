/** One attempt of an activity on this worker. */
import { ActivityCancellation, Context, type Info, asyncLocalStorage } from '@perdure/activity';
import { type ActivityFunction, ApplicationFailure, type Logger } from '@perdure/common';
import type { ActivityToken } from '@perdure/protocol';
import type { HeartbeatThrottle } from './heartbeat-throttle.ts';

/** How an attempt ended. */
export type AttemptOutcome =
  | { readonly kind: 'completed'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface AttemptParts {
  readonly token: ActivityToken;
  readonly info: Info;
  readonly activity: ActivityFunction | undefined;
  /** Names to show when there is no such activity. */
  readonly registered: readonly string[];
  readonly args: readonly unknown[];
  readonly heartbeats: HeartbeatThrottle;
  readonly log: Logger;
}

export class ActivityAttempt {
  readonly token: ActivityToken;
  readonly cancellation = new ActivityCancellation();
  readonly heartbeats: HeartbeatThrottle;
  readonly #parts: AttemptParts;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
    this.token = parts.token;
    this.heartbeats = parts.heartbeats;
  }

  /** Runs the user's function. Never rejects. */
  async run(): Promise<AttemptOutcome> {
    const { activity, args, info, registered, log } = this.#parts;
    if (!activity) return { kind: 'failed', error: notRegistered(info.activityType, registered) };
    const context = new Context({
      info,
      heartbeatFn: (details) => this.heartbeats.record(details),
      cancellation: this.cancellation,
      log,
    });
    try {
      const value = await asyncLocalStorage.run(context, () => activity(...args));
      return { kind: 'completed', value };
    } catch (error) {
      return { kind: 'failed', error };
    } finally {
      this.heartbeats.stop();
    }
  }
}

/** Retried like any failure: a worker that has the activity may come (semantics 7). */
function notRegistered(activityType: string, registered: readonly string[]): ApplicationFailure {
  const names = registered.map((name) => JSON.stringify(name)).join(', ');
  return ApplicationFailure.create({
    type: 'NotFoundError',
    message: `Activity function ${activityType} is not registered on this Worker, available activities: [${names}]`,
  });
}
