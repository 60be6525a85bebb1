/** Runs activity attempts and reports how they ended. */
import {
  ActivityCancelReason,
  type ActivityCancellationDetails,
  type Info,
} from '@perdure/activity';
import {
  ApplicationFailure,
  CancelledFailure,
  CompleteAsyncError,
  type Headers,
  type Logger,
  type Payload,
  headersFromPayloads,
} from '@perdure/common';
import type { LoadedDataConverter } from '@perdure/data-converter';
import { type ActivityTask, type ActivityToken, activityToken, pack } from '@perdure/protocol';
import { failureOfError } from '../outgoing-failure.ts';
import { checkBlobSize } from '../payload-limits.ts';
import type { WorkerSession } from '../session/worker-session.ts';
import type { CompiledWorkerOptions } from '../worker-options.ts';
import {
  ActivityAttempt,
  type ActivitySurroundings,
  type AttemptOutcome,
  isAbort,
} from './activity-attempt.ts';
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

/** A task whose payloads have been decoded. */
export type RunnableTask = Omit<ActivityTask, 'input' | 'header' | 'heartbeatDetails'> & {
  readonly headers?: Headers;
};

export interface ActivityRunnerParts {
  readonly options: CompiledWorkerOptions;
  readonly converter: LoadedDataConverter;
  readonly session: WorkerSession;
  readonly fuser: StepFuser;
  readonly surroundings: ActivitySurroundings;
  readonly log: Logger;
}

export class ActivityRunner {
  readonly #parts: ActivityRunnerParts;
  /** Tasks taken whose outcome is not in the session's hands yet. */
  readonly #running = new Map<string, ActivityToken>();
  readonly #attempts = new Map<string, ActivityAttempt>();
  #idleWaiters: (() => void)[] = [];

  constructor(parts: ActivityRunnerParts) {
    this.#parts = parts;
  }

  get running(): number {
    return this.#running.size;
  }

  tokens(): ActivityToken[] {
    return [...this.#running.values()];
  }

  /** Runs a task that the server pushed. Its slot is taken already. */
  start(task: ActivityTask): Promise<void> {
    const { converter, options } = this.#parts;
    const place = { namespace: options.namespace, workflowId: task.token.workflowId };
    return this.#track(task.token, async () => {
      let args: unknown[];
      let heartbeatDetails: unknown;
      let headers: Headers | undefined;
      try {
        args = await converter.decodeArgs({ ...place, purpose: 'activity-input' }, task.input);
        const details = { ...place, purpose: 'heartbeat' } as const;
        heartbeatDetails =
          task.heartbeatDetails && (await converter.decodeValue(details, task.heartbeatDetails));
        const { header } = task;
        headers =
          header &&
          headersFromPayloads(await converter.fromBlob({ ...place, purpose: 'header' }, header));
      } catch (error) {
        return this.#report(task.token, task.activityId, { kind: 'failed', error }, undefined);
      }
      return this.#attempt({ ...task, headers }, args, heartbeatDetails);
    });
  }

  /** Runs an attempt with its arguments at hand. Its slot is taken already. */
  run(task: RunnableTask, args: readonly unknown[], heartbeatDetails: unknown): Promise<void> {
    return this.#track(task.token, () => this.#attempt(task, args, heartbeatDetails));
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
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Counts the task as running from its arrival until its outcome is on its way. */
  async #track(token: ActivityToken, work: () => Promise<void>): Promise<void> {
    const key = keyOf(token);
    this.#running.set(key, token);
    try {
      await work();
    } finally {
      this.#running.delete(key);
      if (this.#running.size === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
    }
  }

  async #attempt(
    task: RunnableTask,
    args: readonly unknown[],
    heartbeatDetails: unknown,
  ): Promise<void> {
    const { options, session, surroundings, log } = this.#parts;
    const { token } = task;
    const may = session.mayBegin();
    if (may !== true && !(await may)) return this.#leaveToOthers(task);
    const attempt = new ActivityAttempt({
      info: infoOf(options, task, heartbeatDetails),
      activities: options.activities,
      args,
      headers: task.headers,
      interceptors: options.activityInterceptors,
      heartbeats: new HeartbeatThrottle(
        heartbeatInterval(task.heartbeatTimeoutMs, options),
        (details) => void this.#heartbeat(token, details),
      ),
      surroundings,
      log,
    });
    const key = keyOf(token);
    this.#attempts.set(key, attempt);
    const outcome = await attempt.run();
    this.#attempts.delete(key);
    await this.#report(token, task.activityId, outcome, attempt);
  }

  /** The attempt has not begun; the server finds that out and hands it on, if it has not yet. */
  #leaveToOthers({ token, activityType }: RunnableTask): void {
    const { session, log } = this.#parts;
    const { workflowId, attempt } = token;
    session.free('activity');
    log.warn(
      'an activity is not begun: this process stood still, and the server may have given it up',
      {
        workflowId,
        activityType,
        attempt,
      },
    );
  }

  async #report(
    token: ActivityToken,
    activityId: string,
    outcome: AttemptOutcome,
    attempt: ActivityAttempt | undefined,
  ): Promise<void> {
    const { session } = this.#parts;
    session.free('activity');
    if (outcome.kind === 'failed') {
      if (outcome.error instanceof CompleteAsyncError) return this.#detach(token, attempt);
      return this.#fail(token, outcome.error, attempt);
    }
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
    checkBlobSize('the result of the activity', result);
    session.complete({ kind: 'activityCompleted', token, result }, (ack) => {
      if (ack.outcome !== 'refused') return;
      log.error('the server refused the result of an activity', {
        code: ack.code,
        message: ack.message,
      });
    });
  }

  /** Someone else will complete it (semantics 14). */
  #detach(token: ActivityToken, attempt: ActivityAttempt | undefined): void {
    attempt?.heartbeats.flush();
    // Completed by then, or given to another worker: either way it is no longer ours.
    this.#parts.session.complete({ kind: 'activityDetached', token }, () => {});
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
    const calledOff = isAbort(error) ? attempt?.cancellation.details : undefined;
    if (calledOff?.cancelRequested) {
      const details = await this.#cancelDetails(workflowId, error);
      session.complete({ kind: 'activityCanceled', token, details }, () => {});
      return;
    }
    const reported = calledOff ? calledOffFailure(calledOff) : error;
    const failure = await failureOfError(converter, { namespace, workflowId }, reported);
    session.complete({ kind: 'activityFailed', token, failure }, (ack) => {
      if (ack.outcome !== 'refused') return;
      log.error('the server refused the failure of an activity', {
        code: ack.code,
        message: ack.message,
      });
    });
  }

  async #cancelDetails(workflowId: string, error: unknown): Promise<Uint8Array | undefined> {
    const { converter, options, log } = this.#parts;
    const place = { namespace: options.namespace, workflowId, purpose: 'cancel-details' } as const;
    const values = error instanceof CancelledFailure ? error.details : [];
    try {
      const details = await converter.encodeArgs(place, values);
      checkBlobSize('the details of a cancellation', details);
      return details;
    } catch (problem) {
      log.warn('a cancellation is reported without its details', { error: String(problem) });
      return undefined;
    }
  }

  async #heartbeat(token: ActivityToken, value: unknown): Promise<void> {
    const { converter, options, session, log } = this.#parts;
    const place = { namespace: options.namespace, workflowId: token.workflowId };
    try {
      const details = await converter.encodeValue({ ...place, purpose: 'heartbeat' }, value);
      checkBlobSize('the details of a heartbeat', details);
      session.heartbeat({ token, details });
    } catch (error) {
      log.warn('the details of a heartbeat could not be sent', { error: String(error) });
      const attempt = this.#attempts.get(keyOf(token));
      attempt?.cancellation.cancel(ActivityCancelReason.HEARTBEAT_DETAILS_CONVERSION_FAILED);
    }
  }
}

function infoOf(
  options: CompiledWorkerOptions,
  task: RunnableTask,
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
    priority: task.priority,
  };
}

/** Stopped for a reason of the worker's, not the workflow's: another attempt may do better. */
function calledOffFailure({ workerShutdown }: ActivityCancellationDetails): ApplicationFailure {
  return workerShutdown
    ? ApplicationFailure.retryable(
        'the worker shut down before the activity had ended',
        'WorkerShutdown',
      )
    : ApplicationFailure.retryable(
        'the worker called the activity off, because the details of a heartbeat could not be sent or the server no longer wanted the attempt',
        'CalledOff',
      );
}

function keyOf({ runId, scheduledEventId, attempt }: ActivityToken): string {
  return `${runId}.${scheduledEventId}.${attempt}`;
}
