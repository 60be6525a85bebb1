/** What carrying out a transfer takes. */
import type { Clock } from '@perdure/common';
import type { EngineCommand, ExecutionState, StartWorkflow, Transfer } from '@perdure/engine';
import { type ExecutionStore, type WorkflowKey, shardOf } from '@perdure/ports';
import type { EventOf, EventType, HistoryEvent } from '@perdure/protocol';
import type { Committer } from '../commit/committer.ts';
import type { Reply } from '../commit/request.ts';
import { readEvent } from '../read-event.ts';

export interface TransferParts {
  readonly committer: Committer;
  readonly store: ExecutionStore;
  readonly clock: Clock;
}

/** One transfer of one run. */
export interface OwedTransfer {
  /** The workflow that owes it. */
  readonly key: WorkflowKey;
  /** The run that owes it, as it was when it came to owe it. */
  readonly state: ExecutionState;
  /** Events at hand, perhaps with the one that asks for it. */
  readonly events: readonly HistoryEvent[];
  readonly transfer: Transfer;
}

/** How long a transfer waits for the store; after that the run's next wake-up tries again. */
const PATIENCE_MS = 30_000;

/**
 * Applies a command to a run.
 *
 * @throws PerdureServiceError when the store stays away
 */
export function apply(
  { committer, clock }: TransferParts,
  key: WorkflowKey,
  command: Exclude<EngineCommand, StartWorkflow>,
  to: { readonly runId: string | undefined; readonly requestId?: string },
): Promise<Reply> {
  return committer.ask(key, {
    kind: 'command',
    command,
    runId: to.runId,
    requestId: to.requestId,
    session: undefined,
    deadline: clock.now() + PATIENCE_MS,
  });
}

/** Starts a run. @throws PerdureServiceError when the store stays away */
export function start(
  { committer, clock }: TransferParts,
  key: WorkflowKey,
  command: StartWorkflow,
  reusePolicy: 'ALLOW_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY' | 'REJECT_DUPLICATE',
): Promise<Reply> {
  return committer.ask(key, {
    kind: 'start',
    command,
    reusePolicy,
    conflictPolicy: 'FAIL',
    deadline: clock.now() + PATIENCE_MS,
  });
}

/**
 * An event of the run that owes a transfer.
 *
 * @throws Error when the history does not hold it
 */
export async function eventOf<T extends EventType>(
  { store }: TransferParts,
  { key, state, events }: OwedTransfer,
  eventId: number,
  type: T,
): Promise<EventOf<T>> {
  const at = { namespaceId: key.namespaceId, runId: state.runId };
  const run = { ...at, shard: shardOf(key.namespaceId, key.workflowId) };
  const event =
    events.find((each) => each.eventId === eventId) ?? (await readEvent(store, run, eventId));
  if (event?.eventType === type) return event as EventOf<T>;
  throw new Error(
    `event ${eventId} of run ${state.runId} should be ${type}; it is ${event?.eventType}`,
  );
}
