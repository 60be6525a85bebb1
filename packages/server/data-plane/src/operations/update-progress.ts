/**
 * How far an update has come, and waiting until it has come further. Word of it comes with the
 * commits of this server; what another server commits, and what was committed before, is in the
 * state of the run. Only a refusal by the validator leaves no trace there: the reasons are kept
 * apart for a while.
 */
import type { UpdateOutcome, UpdateWorkflowOutput } from '@perdure/contract';
import {
  type ExecutionState,
  type UpdateNews,
  refusedUpdateFailure,
  unfinishedUpdateFailure,
} from '@perdure/engine';
import { type WorkflowKey, shardOf } from '@perdure/ports';
import { readEvent } from '../read-event.ts';
import { findRun } from './find-run.ts';
import type { OperationParts } from './parts.ts';

/** Longest wait; the client asks again. */
const LONG_POLL_MS = 20_000;
/** How often another server's commits are looked for. */
const LOOK_AGAIN_MS = 1_000;

export interface UpdateWait {
  readonly key: WorkflowKey;
  readonly updateId: string;
  readonly waitForStage: 'ACCEPTED' | 'COMPLETED';
  readonly signal: AbortSignal | undefined;
}

/** An update as its callers are told of it. */
type Told = Pick<UpdateWorkflowOutput, 'stage' | 'outcome'>;

/** Where an update stands. */
export type Progress =
  | Told
  /** The run has closed, and has not accepted the update. */
  | 'left behind'
  /** The run is open and knows no such update: it never had it, or refused it. */
  | 'unknown';

/** Hears of one update. Begin before the update is brought, so that nothing is missed; then stop. */
export class UpdateWatch {
  readonly #parts: OperationParts;
  readonly #wait: UpdateWait;
  readonly #watch: { stop(): void };
  #news: { readonly runId: string; readonly latest: UpdateNews } | undefined;
  #wake: () => void = () => {};
  #unfollow: (() => void) | undefined;
  #hasSeen = false;

  constructor(parts: OperationParts, wait: UpdateWait) {
    this.#parts = parts;
    this.#wait = wait;
    this.#watch = parts.committer.watch(wait.key, (news, runId) => {
      const latest = news.findLast(({ updateId }) => updateId === wait.updateId);
      if (latest) this.#news = { runId, latest };
      this.#wake();
    });
    wait.signal?.addEventListener('abort', this.#stirred);
  }

  readonly #stirred = (): void => this.#wake();

  /** Whether the run has been found to have the update, at any time. */
  get hasSeen(): boolean {
    return this.#hasSeen;
  }

  stop(): void {
    this.#watch.stop();
    this.#unfollow?.();
    this.#wait.signal?.removeEventListener('abort', this.#stirred);
  }

  /** Waits until the update has come as far as is wanted, or has come to an end, or for 20 s. */
  async progress(runId: string): Promise<Progress> {
    const { waitForStage, signal } = this.#wait;
    const until = performance.now() + LONG_POLL_MS;
    for (;;) {
      const stirred = new Promise<void>((resolve) => (this.#wake = resolve));
      const progress = await this.#look(runId);
      if (typeof progress === 'string' || progress.stage === 'COMPLETED') return progress;
      if (progress.stage === 'ACCEPTED' && waitForStage === 'ACCEPTED') return progress;
      const left = until - performance.now();
      if (left <= 0 || signal?.aborted) return progress;
      await within(stirred, this.#parts.alone ? left : Math.min(left, LOOK_AGAIN_MS));
    }
  }

  /** The outcome of an update that another server's worker has refused. */
  async refusal(runId: string): Promise<Told> {
    return (await this.#refused(runId)) ?? refusedElsewhere;
  }

  /** The outcome of an update, if the reasons of a refusal are known. */
  async #refused(runId: string): Promise<Told | undefined> {
    const { key, updateId } = this.#wait;
    const failure = await this.#parts.letterOffice?.refusals.find({ ...key, runId }, updateId);
    return failure && completed({ kind: 'failure', failure });
  }

  async #look(runId: string): Promise<Progress> {
    // An update of another run may have the same id.
    const news = this.#news?.runId === runId ? this.#news.latest : undefined;
    switch (news?.kind) {
      case 'completed': {
        const { result, failure } = news;
        return completed(failure ? { kind: 'failure', failure } : { kind: 'success', result });
      }
      case 'rejected':
        return completed({ kind: 'failure', failure: news.failure });
      case 'aborted':
        return news.accepted ? unfinished : 'left behind';
      default:
        return this.#find(runId);
    }
  }

  async #find(runId: string): Promise<Progress> {
    const { key, updateId } = this.#wait;
    const state = await findRun(this.#parts, key, runId);
    this.#hasSeen ||= state.updates.has(updateId);
    const progress = await progressIn(this.#parts, this.#wait, state);
    if (progress === 'left behind' && !state.updates.has(updateId)) {
      // Another server's worker may have refused it with the very task that closed the run.
      return (await this.#refused(runId)) ?? progress;
    }
    const isUnderWay = typeof progress !== 'string' && progress.stage !== 'COMPLETED';
    if (isUnderWay) {
      this.#unfollow ??= this.#parts.letterOffice?.follow(key, state, () => this.#wake());
    }
    return progress;
  }
}

/** Where an update stands by the stored state of a run. */
export async function progressIn(
  parts: OperationParts,
  { key, updateId }: Pick<UpdateWait, 'key' | 'updateId'>,
  state: ExecutionState,
): Promise<Progress> {
  const completedEventId = state.completedUpdates.get(updateId);
  if (completedEventId !== undefined) {
    return completed(await outcomeOf(parts, key, state, completedEventId));
  }
  const update = state.updates.get(updateId);
  const isOpen = state.status === 'RUNNING';
  if (!update) return isOpen ? 'unknown' : 'left behind';
  if (update.acceptedEventId > 0) return isOpen ? { stage: 'ACCEPTED' } : unfinished;
  return isOpen ? { stage: 'ADMITTED' } : 'left behind';
}

/** The reasons went to another server and are not known any more. */
const refusedElsewhere = completed({ kind: 'failure', failure: refusedUpdateFailure });

const unfinished = completed({ kind: 'failure', failure: unfinishedUpdateFailure });

function completed(outcome: UpdateOutcome): Told {
  return { stage: 'COMPLETED', outcome };
}

async function outcomeOf(
  { store }: OperationParts,
  { namespaceId, workflowId }: WorkflowKey,
  { runId }: ExecutionState,
  eventId: number,
): Promise<UpdateOutcome> {
  const run = { namespaceId, shard: shardOf(namespaceId, workflowId), runId };
  const event = await readEvent(store, run, eventId);
  if (event?.eventType !== 'WorkflowExecutionUpdateCompleted') {
    throw new Error(`event ${eventId} of run ${runId} should complete an update`);
  }
  const { result, failure } = event.attributes;
  return failure ? { kind: 'failure', failure } : { kind: 'success', result };
}

async function within(stirred: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([stirred, late]);
  clearTimeout(timer);
}
