import { PerdureServiceError, ensureTemporalFailure } from '@perdure/common';
import type { ActivityTarget } from '@perdure/contract';
import type { LoadedDataConverter } from '@perdure/data-converter';
import { activityToken, readUntrusted, unpack } from '@perdure/protocol';
import { v4 as uuid4 } from 'uuid';
import { BaseClient } from './base-client.ts';
import { type ClientOptions, ClientParts } from './client-parts.ts';
import type { WorkflowCallInput, WorkflowCallOutput } from './connection.ts';
import {
  ActivityCancelledError,
  ActivityCompletionError,
  ActivityNotFoundError,
} from './errors.ts';

/** Names an activity by the workflow it belongs to. */
export interface FullActivityId {
  readonly workflowId: string;
  /** Default: the current run. */
  readonly runId?: string;
  readonly activityId: string;
}

/** `taskToken` of the activity's info, or its ids. */
export type ActivityReference = Uint8Array | FullActivityId;

type ActivityProcedure =
  | 'completeActivity'
  | 'failActivity'
  | 'reportActivityCancellation'
  | 'heartbeatActivity';

/**
 * Reports on activities from outside their worker: those that have thrown CompleteAsyncError
 * (semantics 14).
 *
 * @example
 * ```ts
 * await client.activity.complete({ workflowId: 'order-7', activityId: '1' }, 'paid');
 * ```
 */
export class AsyncCompletionClient extends BaseClient {
  readonly #parts: ClientParts;

  /** @throws ValueError when an environment variable cannot be right */
  constructor(options: ClientOptions | ClientParts = {}) {
    const parts = options instanceof ClientParts ? options : new ClientParts(options);
    super(parts.connection);
    this.#parts = parts;
  }

  /**
   * Completes the activity.
   *
   * @throws ActivityNotFoundError when it has ended, or ActivityCompletionError
   */
  async complete<T = unknown>(activity: ActivityReference, result: T): Promise<void> {
    await this.#report('completeActivity', activity, async ({ workflowId }, converter) => {
      const place = this.#parts.place(workflowId, 'activity-result');
      return { result: await converter.encodeValue(place, result), requestId: uuid4() };
    });
  }

  /**
   * Fails the attempt that runs; the retry policy decides whether another follows.
   *
   * @throws ActivityNotFoundError when it has ended, or ActivityCompletionError
   */
  async fail(activity: ActivityReference, error: unknown): Promise<void> {
    await this.#report('failActivity', activity, async ({ workflowId }, converter) => {
      const { failureConverter, payloadConverter } = converter;
      const thrown = ensureTemporalFailure(error);
      const failure = failureConverter.errorToFailure(thrown, payloadConverter);
      const place = { namespace: this.#parts.namespace, workflowId };
      return { failure: await converter.sealFailure(place, failure), requestId: uuid4() };
    });
  }

  /**
   * Says that the activity has stopped because it was asked to.
   *
   * @throws ActivityNotFoundError when it has ended, or ActivityCompletionError
   */
  async reportCancellation(activity: ActivityReference, ...values: unknown[]): Promise<void> {
    const procedure = 'reportActivityCancellation';
    await this.#report(procedure, activity, async ({ workflowId }, converter) => {
      const place = this.#parts.place(workflowId, 'cancel-details');
      return { details: await converter.encodeArgs(place, values), requestId: uuid4() };
    });
  }

  /**
   * Says that the activity is alive, with details for the next attempt.
   *
   * @throws ActivityCancelledError when the workflow wants it to stop: stop, and
   * {@link reportCancellation}
   * @throws ActivityNotFoundError when it has ended, or ActivityCompletionError
   */
  async heartbeat(activity: ActivityReference, ...values: unknown[]): Promise<void> {
    const procedure = 'heartbeatActivity';
    const answer = await this.#report(procedure, activity, async ({ workflowId }, converter) => {
      const place = this.#parts.place(workflowId, 'heartbeat');
      return { details: await converter.encodeArgs(place, values) };
    });
    if (answer.cancelRequested) throw new ActivityCancelledError('cancelled');
  }

  async #report<P extends ActivityProcedure>(
    procedure: P,
    reference: ActivityReference,
    facts: (
      target: ActivityTarget,
      converter: LoadedDataConverter,
    ) => Promise<Omit<WorkflowCallInput<P>, 'namespace' | 'activity' | 'identity'>>,
  ): Promise<WorkflowCallOutput<P>> {
    const { namespace, identity, connection } = this.#parts;
    try {
      const activity = targetOf(reference);
      const told = await facts(activity, await this.#parts.loadConverter());
      const call = { namespace, identity, activity, ...told } as WorkflowCallInput<P>;
      return await connection.callWorkflow(procedure, call);
    } catch (error) {
      throw asActivityError(error);
    }
  }
}

/** @throws TypeError or z.ZodError for a task token that is none */
function targetOf(reference: ActivityReference): ActivityTarget {
  if (!(reference instanceof Uint8Array)) return reference;
  return readUntrusted(activityToken, unpack(reference));
}

function asActivityError(error: unknown): Error {
  const isGone = error instanceof PerdureServiceError && error.code === 'ACTIVITY_NOT_FOUND';
  if (isGone) return new ActivityNotFoundError(error.message);
  const message = error instanceof Error ? error.message : String(error);
  return new ActivityCompletionError(message, error instanceof Error ? error : undefined);
}
