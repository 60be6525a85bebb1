/**
 * Runs local activities: all attempts of one, the waits between them included, in this process and
 * inside the workflow task that asked for it (semantics 60, 61). What comes of one is the business
 * of its run, which leaves a marker; nothing is reported to the server from here.
 */
import { ActivityCancelReason, type Info } from '@perdure/activity';
import {
  CancelledFailure,
  type DecodedFailure,
  type Logger,
  TimeoutFailure,
  TimeoutType,
} from '@perdure/common';
import type { LoadedDataConverter } from '@perdure/data-converter';
import type { CompiledWorkerOptions } from '../worker-options.ts';
import type { LocalActivityResolution } from '../workflow/markers.ts';
import type { ScheduledLocalActivity } from '../workflow/step-player.ts';
import {
  ActivityAttempt,
  type ActivitySurroundings,
  type AttemptOutcome,
  isAbort,
} from './activity-attempt.ts';
import { HeartbeatThrottle } from './heartbeat-throttle.ts';
import { nextRetry } from './local-retry.ts';

/** Whose local activity it is. */
export interface LocalActivityOwner {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
}

export interface LocalActivityParts {
  readonly options: CompiledWorkerOptions;
  readonly converter: LoadedDataConverter;
  readonly surroundings: ActivitySurroundings;
  readonly log: Logger;
  /** Of the worker: one for each attempt that runs. */
  readonly slots: Slots;
  /** Milliseconds since the Unix epoch, by the server's clock. */
  now(): number;
}

/** A local activity under way. */
export class LocalActivity {
  /** Resolves with what it came to; never rejects. */
  readonly resolution: Promise<LocalActivityResolution>;
  readonly #parts: LocalActivityParts;
  readonly #owner: LocalActivityOwner;
  readonly #command: ScheduledLocalActivity;
  readonly #callOff = new AbortController();
  #attempt: ActivityAttempt | undefined;
  #cancelled = false;

  constructor(
    parts: LocalActivityParts,
    owner: LocalActivityOwner,
    command: ScheduledLocalActivity,
  ) {
    this.#parts = parts;
    this.#owner = owner;
    this.#command = command;
    this.resolution = this.#run();
  }

  /** The workflow wants it to stop; what that means is up to its cancellation type. */
  cancel(): void {
    const { cancellationType } = this.#command;
    this.#cancelled = true;
    if (cancellationType !== 'ABANDON') {
      this.#attempt?.cancellation.cancel(ActivityCancelReason.CANCELLED);
    }
    if (cancellationType !== 'WAIT_CANCELLATION_COMPLETED' || !this.#attempt) this.#callOff.abort();
  }

  /** Nobody waits for it any more. */
  abandon(): void {
    this.#attempt?.cancellation.cancel(ActivityCancelReason.NOT_FOUND);
    this.#callOff.abort();
  }

  async #run(): Promise<LocalActivityResolution> {
    const { signal } = this.#callOff;
    const calledOff = new Promise<LocalActivityResolution>((resolve) => {
      signal.addEventListener('abort', () => resolve(this.#canceled(this.#command.attempt)), {
        once: true,
      });
    });
    return Promise.race([this.#attempts(signal), calledOff]);
  }

  async #attempts(signal: AbortSignal): Promise<LocalActivityResolution> {
    const { localRetryThresholdMs, originalScheduleTimeMs } = this.#command;
    for (let attempt = this.#command.attempt; ; attempt++) {
      const outcome = await this.#once(attempt);
      if (outcome.kind === 'completed') return this.#completed(attempt, outcome.value);
      const { error } = outcome;
      if (this.#wasCancelled(error)) return this.#canceled(attempt);
      const deadlineMs = this.#deadlineMs();
      const delayMs = nextRetry(this.#command.retryPolicy, attempt, error);
      const tooLate =
        delayMs !== undefined &&
        deadlineMs !== undefined &&
        this.#parts.now() + delayMs >= deadlineMs;
      if (delayMs === undefined || tooLate) return this.#failed(attempt, error);
      if (delayMs > localRetryThresholdMs) {
        return this.#resolution(attempt, {
          kind: 'backoff',
          attempt: attempt + 1,
          backoffMs: delayMs,
          originalScheduleTimeMs,
        });
      }
      await waitUnlessAborted(delayMs, signal);
      // Called off meanwhile: the answer has been given.
      if (signal.aborted) return this.#canceled(attempt);
    }
  }

  /** One attempt, for as long as it may take. */
  async #once(attempt: number): Promise<AttemptOutcome> {
    const { options, surroundings, log, converter, slots } = this.#parts;
    const { args, headers } = this.#command;
    const giveBack = await slots.take();
    const limit = this.#limit();
    const running = new ActivityAttempt({
      info: this.#infoOf(attempt),
      activities: options.activities,
      args: args.map((arg) => converter.payloadConverter.fromPayload(arg)),
      headers,
      interceptors: options.activityInterceptors,
      // Local activities have no heartbeat timeout, and nobody reads their heartbeats.
      heartbeats: new HeartbeatThrottle(options.maxHeartbeatThrottleMs, () => {}),
      surroundings,
      log,
    });
    this.#attempt = running;
    try {
      // Called off while it waited: nobody wants it to begin.
      if (this.#callOff.signal.aborted) return { kind: 'failed', error: new CancelledFailure('') };
      return await withLimit(running, limit);
    } finally {
      this.#attempt = undefined;
      giveBack();
    }
  }

  #deadlineMs(): number | undefined {
    const { scheduleToCloseTimeoutMs, originalScheduleTimeMs } = this.#command;
    return scheduleToCloseTimeoutMs && originalScheduleTimeMs + scheduleToCloseTimeoutMs;
  }

  /** How long an attempt may take from now, and which timeout says so. */
  #limit(): { ms: number; timeoutType: TimeoutType } | undefined {
    const { startToCloseTimeoutMs: own } = this.#command;
    const deadlineMs = this.#deadlineMs();
    const left = deadlineMs && Math.max(0, deadlineMs - this.#parts.now());
    if (own && (left === undefined || own <= left)) {
      return { ms: own, timeoutType: TimeoutType.START_TO_CLOSE };
    }
    return left === undefined
      ? undefined
      : { ms: left, timeoutType: TimeoutType.SCHEDULE_TO_CLOSE };
  }

  #wasCancelled(error: unknown): boolean {
    return this.#cancelled && isAbort(error);
  }

  #completed(attempt: number, value: unknown): LocalActivityResolution {
    try {
      const result = [this.#parts.converter.payloadConverter.toPayload(value)];
      return this.#resolution(attempt, { kind: 'completed', result });
    } catch (error) {
      return this.#failed(attempt, error);
    }
  }

  #failed(attempt: number, error: unknown): LocalActivityResolution {
    return this.#resolution(attempt, { kind: 'failed', failure: this.#failureOf(error) });
  }

  #canceled(attempt: number): LocalActivityResolution {
    const failure = this.#failureOf(new CancelledFailure('Local Activity cancelled'));
    return this.#resolution(attempt, { kind: 'canceled', failure });
  }

  #failureOf(error: unknown): DecodedFailure {
    const { failureConverter, payloadConverter } = this.#parts.converter;
    return failureConverter.errorToFailure(error, payloadConverter);
  }

  #resolution(
    attempt: number,
    outcome: LocalActivityResolution['outcome'],
  ): LocalActivityResolution {
    const { seq, activityType } = this.#command;
    return { seq, activityType, attempt, completeTimeMs: this.#parts.now(), outcome };
  }

  #infoOf(attempt: number): Info {
    const { options } = this.#parts;
    const { workflowId, runId, workflowType } = this.#owner;
    const command = this.#command;
    return {
      taskToken: new Uint8Array(0),
      base64TaskToken: '',
      activityId: String(command.seq),
      activityType: command.activityType,
      namespace: options.namespace,
      taskQueue: options.taskQueue,
      attempt,
      isLocal: true,
      inWorkflow: true,
      workflowExecution: { workflowId, runId },
      workflowType,
      scheduledTimestampMs: command.originalScheduleTimeMs,
      currentAttemptScheduledTimestampMs: this.#parts.now(),
      scheduleToCloseTimeoutMs: command.scheduleToCloseTimeoutMs ?? 0,
      startToCloseTimeoutMs: command.startToCloseTimeoutMs ?? 0,
      heartbeatDetails: undefined,
      retryPolicy: command.retryPolicy,
    };
  }
}

/** Places for attempts that run at once; whoever finds none waits in line. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves when there is a place, with how to give it back. */
  async take(): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return () => {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
  }
}

async function withLimit(
  attempt: ActivityAttempt,
  limit: { ms: number; timeoutType: TimeoutType } | undefined,
): Promise<AttemptOutcome> {
  if (!limit) return attempt.run();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<AttemptOutcome>((resolve) => {
    timer = setTimeout(() => {
      attempt.cancellation.cancel(ActivityCancelReason.TIMED_OUT);
      resolve({ kind: 'failed', error: timedOut(limit.timeoutType) });
    }, limit.ms);
  });
  return Promise.race([attempt.run(), late]).finally(() => clearTimeout(timer));
}

function timedOut(timeoutType: TimeoutType): TimeoutFailure {
  const name = timeoutType === TimeoutType.START_TO_CLOSE ? 'StartToClose' : 'ScheduleToClose';
  return new TimeoutFailure(`activity ${name} timeout`, undefined, timeoutType);
}

function waitUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
