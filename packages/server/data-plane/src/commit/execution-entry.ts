/**
 * One workflow in memory: its mailbox and its current run as last committed.
 *
 * States: *absent* (nothing known, a start may be tried at once), *loading*, *loaded* (state known,
 * possibly "no run"), and beside that *flying* while a transition of it is being committed.
 * Commands that arrive while it loads or flies wait and become one transition together.
 */
import type { EventOf } from '@perdure/protocol';
import type { ExecutionState, UpdateNews } from '@perdure/engine';
import { type WorkflowKey, shardOf } from '@perdure/ports';
import { HistoryTail } from './history-tail.ts';
import type { Request } from './request.ts';

/** A run that this server has closed. */
export interface ClosedRun {
  readonly runId: string;
  readonly status: ExecutionState['status'];
  /** Encoded. */
  readonly closeEvent: Uint8Array;
}

/** Told when a run closes; of nothing when it may have, and had better be looked at again. */
export type CloseListener = (closed: ClosedRun | undefined) => void;

/**
 * Told after each commit of a run by this server, with what became of updates in it; and of nothing
 * when a commit turned out otherwise than this server knew.
 */
export type CommitListener = (news: readonly UpdateNews[], runId: string) => void;

type Started = EventOf<'WorkflowExecutionStarted'>;

/** A run as the store holds it. */
export interface LoadedRun {
  readonly state: ExecutionState;
  readonly version: number;
  /** Bytes of the encoded state. */
  readonly bytes: number;
}

/** Bytes of an entry with nothing in it, about. */
const BASE_WEIGHT = 2_000;

export class ExecutionEntry {
  readonly key: WorkflowKey;
  readonly shard: number;
  loading: 'absent' | 'loading' | 'loaded' = 'absent';
  flying = false;
  /** What we believe may be wrong, or has proved so: not even a start may be tried before a look. */
  mustLoad = false;
  /** Until when what we believe was true for sure, by the clock of `Request.submittedAt`. */
  freshAt = 0;
  /** After a {@link mustVerify}: only requests up to this time are decided on what was found. */
  verifiedUpTo = Number.POSITIVE_INFINITY;
  /** Requests to be decided one by one: one of them made a transition fail. */
  careful = 0;
  /** The current run, as committed; undefined when there is none or it is not loaded. */
  state: ExecutionState | undefined;
  version = 0;
  /** Bytes of the encoded state, when last seen. */
  stateBytes = 0;
  tail = new HistoryTail();
  /** The last run that was closed here: most of those who ask for a result come right after. */
  closed: ClosedRun | undefined;
  waiting: Request[] = [];
  readonly closeListeners = new Set<CloseListener>();
  readonly commitListeners = new Set<CommitListener>();
  /** Event 1 of a run, if it is at hand. */
  started: { readonly runId: string; readonly event: Started } | undefined;
  readonly #scheduled = new Map<number, EventOf<'ActivityTaskScheduled'>>();
  #scheduledBytes = 0;
  #startedBytes = 0;
  #verifying = false;
  /** What was believed proved wrong: whoever listens has missed something. */
  #distrusted = false;

  constructor(key: WorkflowKey) {
    this.key = key;
    this.shard = shardOf(key.namespaceId, key.workflowId);
  }

  /** Whether it must stay in memory. */
  get busy(): boolean {
    return (
      this.flying ||
      this.loading === 'loading' ||
      this.waiting.length > 0 ||
      this.closeListeners.size > 0 ||
      this.commitListeners.size > 0
    );
  }

  /** Bytes it takes in memory, about. */
  get weight(): number {
    const kept = this.tail.bytes + this.#scheduledBytes + this.#startedBytes;
    return BASE_WEIGHT + 2 * this.stateBytes + kept + (this.closed?.closeEvent.length ?? 0);
  }

  /**
   * Whether event 1 has to be read before what waits can be decided: the run may be followed by
   * another, which takes over what this one was started with.
   */
  get wantsStarted(): boolean {
    const { state, started } = this;
    if (!state || state.status !== 'RUNNING' || started?.runId === state.runId) return false;
    return state.succession !== undefined || this.waiting.some(continuesAsNew);
  }

  /** Keeps event 1 of the current run, for the run that follows. */
  keepStarted(event: Started): void {
    const { input, header, memo } = event.attributes;
    this.started = { runId: this.state?.runId ?? '', event };
    this.#startedBytes = (input?.length ?? 0) + (header?.length ?? 0) + (memo?.length ?? 0);
  }

  /** What is believed is to be read from the store, before anything else. */
  notLoaded(): void {
    this.loading = 'absent';
    this.mustLoad = true;
  }

  /**
   * Takes over what the store holds.
   *
   * @param at when it was asked, by the clock of `Request.submittedAt`
   */
  load(run: LoadedRun | undefined, at: number): void {
    const known = this.state;
    const isSame = known && run?.state.runId === known.runId && run.version === this.version;
    if (!isSame) {
      this.#forget();
      this.state = run?.state;
      this.version = run?.version ?? 0;
      this.stateBytes = run?.bytes ?? 0;
    }
    this.loading = 'loaded';
    this.mustLoad = false;
    this.freshAt = at;
    if (this.#verifying) this.verifiedUpTo = at;
    this.#verifying = false;
    if (this.#distrusted) this.#rouseListeners();
  }

  /** Another server may have moved the run: it is to be looked at before anything is refused. */
  mustVerify(): void {
    this.mustLoad = true;
    this.#verifying = true;
  }

  /** Drops what is believed of the run, to be read again; the mailbox stays. */
  distrust(): void {
    this.#forget();
    this.notLoaded();
    this.#distrusted = true;
  }

  /** Keeps an event in memory, so that the activity's dispatch need not read the history. */
  keepScheduled(event: EventOf<'ActivityTaskScheduled'>): void {
    this.#scheduled.set(event.eventId, event);
    this.#scheduledBytes += event.attributes.input?.length ?? 0;
  }

  /** Takes out what {@link keepScheduled} kept. */
  takeScheduled(eventId: number): EventOf<'ActivityTaskScheduled'> | undefined {
    const event = this.#scheduled.get(eventId);
    if (this.#scheduled.delete(eventId)) {
      this.#scheduledBytes -= event?.attributes.input?.length ?? 0;
    }
    return event;
  }

  /** Drops the events of a run that is no longer current. */
  dropScheduled(): void {
    this.#scheduled.clear();
    this.#scheduledBytes = 0;
  }

  #rouseListeners(): void {
    this.#distrusted = false;
    for (const listener of this.closeListeners) listener(undefined);
    for (const listener of this.commitListeners) listener([], this.state?.runId ?? '');
  }

  #forget(): void {
    this.state = undefined;
    this.version = 0;
    this.tail = new HistoryTail();
    this.dropScheduled();
  }
}

/** Whether a request closes the run so that another follows it. */
function continuesAsNew(request: Request): boolean {
  if (request.kind !== 'command' || !('commands' in request.command)) return false;
  const last = request.command.commands.at(-1);
  return last?.commandType === 'ContinueAsNewWorkflowExecution';
}
