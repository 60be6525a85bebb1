/** Runs activity attempts and reports how they ended. */
import { ActivityCancelReason, type Info } from '@perdure/activity';
import { CancelledFailure, type Logger, type Payload } from '@perdure/common';
import type { LoadedDataConverter } from '@perdure/data-converter';
import { type ActivityTask, type ActivityToken, activityToken, pack } from '@perdure/protocol';
import type { WorkerSession } from '../session/worker-session.ts';
import type { CompiledWorkerOptions } from '../worker-options.ts';
import { ActivityAttempt, type AttemptOutcome } from './activity-attempt.ts';
import { HeartbeatThrottle, heartbeatInterval } from './heartbeat-throttle.ts';

/** Offers a result to the run it belongs to. */
export interface StepFuser {
  /**
   * Takes over a successful attempt whose run is cached here.
   *
   * @returns false when the result is to be reported on its own
   */
  offer(token: ActivityToken, activityId: string, result: Payload): boolean;
}

export interface ActivityRunnerParts {
  readonly options: CompiledWorkerOptions;
  readonly converter: LoadedDataConverter;
  readonly session: WorkerSession;
  readonly fuser: StepFuser;
  readonly log: Logger;
}

export class ActivityRunner {
  readonly #parts: ActivityRunnerParts;
  readonly #attempts = new Map<string, ActivityAttempt>();
  #idleWaiters: (() => void)[] = [];

  constructor(parts: ActivityRunnerParts) {
    this.#parts = parts;
  }

  get running(): number {
    return this.#attempts.size;
  }

  tokens(): ActivityToken[] {
    return [...this.#attempts.values()].map(({ token }) => token);
  }

  /** Runs a task that the server pushed. Its slot is taken already. */
  async start(task: ActivityTask): Promise<void> {
    const { converter, options } = this.#parts;
    const place = { namespace: options.namespace, workflowId: task.token.workflowId };
    try {
      const args = await converter.decodeArgs({ ...place, purpose: 'activity-input' }, task.input);
      const details = { ...place, purpose: 'heartbeat' } as const;
      const heartbeatDetails =
        task.heartbeatDetails && (await converter.decodeValue(details, task.heartbeatDetails));
      await this.run(task, args, heartbeatDetails);
    } catch (error) {
      await this.#report(task.token, task.activityId, { kind: 'failed', error }, undefined);
    }
  }

  /** Runs an attempt with its arguments at hand. Its slot is taken already. */
  async run(
    task: Omit<ActivityTask, 'input' | 'header' | 'heartbeatDetails'>,
    args: readonly unknown[],
    heartbeatDetails: unknown,
  ): Promise<void> {
    const { options, log } = this.#parts;
    const { token } = task;
    const attempt = new ActivityAttempt({
      token,
      info: infoOf(options, task, heartbeatDetails),
      activity: options.activities.get(task.activityType),
      registered: [...options.activities.keys()],
      args,
      heartbeats: new HeartbeatThrottle(
        heartbeatInterval(task.heartbeatTimeoutMs, options),
        (details) => void this.#heartbeat(token, details),
      ),
      log,
    });
    const key = keyOf(token);
    this.#attempts.set(key, attempt);
    const outcome = await attempt.run();
    this.#attempts.delete(key);
    await this.#report(token, task.activityId, outcome, attempt);
    if (this.#attempts.size === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  /** The server wants this attempt to stop. */
  cancel(token: ActivityToken): void {
    this.#attempts.get(keyOf(token))?.cancellation.cancel(ActivityCancelReason.CANCELLED);
  }

  /** The worker is shutting down (semantics 69). */
  cancelAll(): void {
    for (const { cancellation } of this.#attempts.values()) {
      cancellation.cancel(ActivityCancelReason.WORKER_SHUTDOWN);
    }
  }

  /** Resolves when no attempt runs any more. */
  async idle(): Promise<void> {
    if (this.#attempts.size === 0) return;
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  async #report(
    token: ActivityToken,
    activityId: string,
    outcome: AttemptOutcome,
    attempt: ActivityAttempt | undefined,
  ): Promise<void> {
    const { session } = this.#parts;
    session.free('activity');
    if (outcome.kind === 'failed') return this.#fail(token, outcome.error, attempt);
    try {
      await this.#succeed(token, activityId, outcome.value);
    } catch (error) {
      // The value could not become a payload: that is a failure of the attempt.
      await this.#fail(token, error, attempt);
    }
  }

  async #succeed(token: ActivityToken, activityId: string, value: unknown): Promise<void> {
    const { converter, fuser, options, session, log } = this.#parts;
    const payload = converter.payloadConverter.toPayload(value);
    if (fuser.offer(token, activityId, payload)) return;
    const { namespace } = options;
    const { workflowId } = token;
    const place = { namespace, workflowId, purpose: 'activity-result' } as const;
    const result = await converter.toBlob(place, [payload]);
    session.complete({ kind: 'activityCompleted', token, result }, (ack) => {
      if (ack.outcome !== 'refused') return;
      log.error('the server refused the result of an activity', {
        code: ack.code,
        message: ack.message,
      });
    });
  }

  async #fail(
    token: ActivityToken,
    error: unknown,
    attempt: ActivityAttempt | undefined,
  ): Promise<void> {
    const { converter, options, session, log } = this.#parts;
    const { namespace } = options;
    const { workflowId } = token;
    attempt?.heartbeats.flush();
    const asked = attempt?.cancellation.details?.cancelRequested;
    if (asked && isAbort(error)) {
      const place = { namespace, workflowId, purpose: 'cancel-details' } as const;
      const values = error instanceof CancelledFailure ? error.details : [];
      const details = await converter.encodeArgs(place, values);
      session.complete({ kind: 'activityCanceled', token, details }, () => {});
      return;
    }
    const decoded = converter.failureConverter.errorToFailure(error, converter.payloadConverter);
    const failure = await converter.sealFailure({ namespace, workflowId }, decoded);
    session.complete({ kind: 'activityFailed', token, failure }, (ack) => {
      if (ack.outcome !== 'refused') return;
      log.error('the server refused the failure of an activity', {
        code: ack.code,
        message: ack.message,
      });
    });
  }

  async #heartbeat(token: ActivityToken, value: unknown): Promise<void> {
    const { converter, options, session, log } = this.#parts;
    const place = { namespace: options.namespace, workflowId: token.workflowId };
    try {
      const details = await converter.encodeValue({ ...place, purpose: 'heartbeat' }, value);
      session.heartbeat({ token, details });
    } catch (error) {
      log.warn('the details of a heartbeat could not be converted', { error: String(error) });
      const attempt = this.#attempts.get(keyOf(token));
      attempt?.cancellation.cancel(ActivityCancelReason.HEARTBEAT_DETAILS_CONVERSION_FAILED);
    }
  }
}

function infoOf(
  options: CompiledWorkerOptions,
  task: Omit<ActivityTask, 'input' | 'header' | 'heartbeatDetails'>,
  heartbeatDetails: unknown,
): Info {
  const { token } = task;
  return {
    // Made when asked for: few activities do.
    get taskToken() {
      return pack(activityToken.to(token));
    },
    get base64TaskToken() {
      return Buffer.from(this.taskToken).toString('base64');
    },
    activityId: task.activityId,
    activityType: task.activityType,
    namespace: options.namespace,
    taskQueue: options.taskQueue,
    attempt: token.attempt,
    isLocal: false,
    inWorkflow: true,
    workflowExecution: { workflowId: token.workflowId, runId: token.runId },
    workflowType: task.workflowType,
    scheduledTimestampMs: task.scheduledTimeMs,
    currentAttemptScheduledTimestampMs: task.currentAttemptScheduledTimeMs,
    scheduleToCloseTimeoutMs: task.scheduleToCloseTimeoutMs ?? 0,
    startToCloseTimeoutMs: task.startToCloseTimeoutMs ?? 0,
    heartbeatTimeoutMs: task.heartbeatTimeoutMs || undefined,
    heartbeatDetails,
    retryPolicy: task.retryPolicy,
  };
}

function isAbort(error: unknown): boolean {
  return (
    error instanceof CancelledFailure || (error instanceof Error && error.name === 'AbortError')
  );
}

function keyOf({ runId, scheduledEventId, attempt }: ActivityToken): string {
  return `${runId}.${scheduledEventId}.${attempt}`;
}
