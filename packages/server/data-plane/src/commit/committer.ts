/**
 * The only writer. Requests for one workflow are decided one after another and committed as one
 * transition; transitions of different workflows go to the store in one batch, which is flushed
 * when the batch before has returned. Nothing is answered, and no activity leaves, before the
 * commit that carries it has been acknowledged.
 */
import type { Clock, Logger } from '@perdure/common';
import { PerdureServiceError } from '@perdure/common';
import { decodeState } from '@perdure/engine';
import {
  type CommitResult,
  type ExecutionStore,
  StoreUnavailableError,
  type WorkflowKey,
} from '@perdure/ports';
import type { Matcher } from '../matching/matcher.ts';
import type { Sessions } from '../matching/sessions.ts';
import { Draft, type Suspect } from './draft.ts';
import { EntryCache } from './entry-cache.ts';
import { HistoryTail } from './history-tail.ts';
import type { CloseListener, ExecutionEntry } from './execution-entry.ts';
import type { Dispatcher } from './dispatcher.ts';
import { judgeStart, terminationFor } from './id-policy.ts';
import type { Request } from './request.ts';

/** Most transitions in one batch. */
const MAX_BATCH = 64;
/** Most workflows loaded by one read. */
const MAX_LOADS = 200;
/** Wait before trying again after the store has failed, in milliseconds. */
const STORE_RETRY_MS = 200;

export interface CommitterParts {
  readonly store: ExecutionStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly matcher: Matcher;
  readonly sessions: Sessions;
  readonly dispatcher: Dispatcher;
  /** Told of started tasks whose worker this server does not know. */
  onSuspects(key: WorkflowKey, runId: string, suspects: readonly Suspect[]): void;
  /** Told when a run wants to be woken at a time (0: no longer). */
  onWakeMoved(wakeAt: number): void;
}

export class Committer {
  readonly #parts: CommitterParts;
  readonly #cache = new EntryCache();
  readonly #ready = new Set<ExecutionEntry>();
  readonly #toLoad = new Set<ExecutionEntry>();
  #flushing = false;
  #scheduled = false;
  #closed = false;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
  }

  /** Puts a request in a workflow's mailbox. */
  submit(key: WorkflowKey, request: Request): void {
    if (this.#closed) return request.fail(shuttingDown());
    const entry = this.#cache.take(key);
    entry.waiting.push(request);
    this.#rouse(entry);
  }

  /**
   * The workflow's current run, loaded if need be. The listener, if given, hears of its close.
   *
   * @returns undefined when there is no run
   */
  async look(key: WorkflowKey, listener?: CloseListener): Promise<ExecutionEntry> {
    const entry = this.#cache.take(key);
    if (listener) entry.closeListeners.add(listener);
    if (entry.loading !== 'loaded' || entry.flying) await this.#wake(key);
    else this.#cache.settle(entry);
    return entry;
  }

  /** Ends a {@link look} with a listener. */
  unlisten(entry: ExecutionEntry, listener: CloseListener): void {
    entry.closeListeners.delete(listener);
    this.#cache.settle(entry);
  }

  /** Stops taking requests and waits for the batch under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cache.close();
    while (this.#flushing) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const entry of [...this.#ready, ...this.#toLoad]) {
      for (const request of entry.waiting.splice(0)) request.fail(shuttingDown());
    }
  }

  /** A wake request serves to wait for the mailbox: it changes nothing that is not due. */
  #wake(key: WorkflowKey): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = this.#parts.clock.now() + 10_000;
      this.submit(key, { kind: 'wake', deadline, done: () => resolve(), fail: reject });
    });
  }

  #rouse(entry: ExecutionEntry): void {
    if (entry.flying || entry.loading === 'loading' || entry.waiting.length === 0) return;
    // A start may be tried without a look: the store refuses it if there is a run.
    const mayTry = entry.waiting[0]!.kind === 'start' && !entry.mustLoad;
    const known = entry.loading === 'loaded' || mayTry;
    (known ? this.#ready : this.#toLoad).add(entry);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After this turn's messages: one frame in, all its items in one batch out.
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#toLoad.size > 0) void this.#load();
      if (!this.#flushing && this.#ready.size > 0) void this.#flush();
    });
  }

  async #load(): Promise<void> {
    const entries = [...this.#toLoad].slice(0, MAX_LOADS);
    for (const entry of entries) {
      this.#toLoad.delete(entry);
      entry.loading = 'loading';
    }
    try {
      const found = await this.#parts.store.loadCurrent(entries.map((entry) => entry.key));
      entries.forEach((entry, i) => {
        const stored = found[i];
        entry.load(stored && decodeState(stored.state), stored?.version ?? 0);
      });
    } catch (error) {
      for (const entry of entries) entry.loading = 'absent';
      await this.#pauseAfter(error, entries);
    }
    for (const entry of entries) this.#rouse(entry);
    if (this.#toLoad.size > 0) this.#schedule();
  }

  async #flush(): Promise<void> {
    this.#flushing = true;
    const drafts: Draft[] = [];
    for (const entry of this.#ready) {
      this.#ready.delete(entry);
      const draft = this.#decide(entry);
      if (draft) drafts.push(draft);
      if (drafts.length >= MAX_BATCH) break;
    }
    if (drafts.length > 0) await this.#commit(drafts);
    this.#parts.dispatcher.flush();
    this.#flushing = false;
    if (this.#ready.size > 0) this.#schedule();
  }

  /** Decides what waits for one workflow; undefined when there is nothing to commit. */
  #decide(entry: ExecutionEntry): Draft | undefined {
    const { clock, matcher, sessions } = this.#parts;
    const context = { now: clock.now(), matcher, sessions };
    const first = entry.waiting[0];
    if (!first) return void this.#cache.settle(entry);
    if (first.kind === 'start' && !this.#mayStart(entry)) return void this.#rouse(entry);
    const draft = new Draft(entry, first.kind === 'start' ? undefined : entry.state, context);
    for (let request = entry.waiting[0]; request; request = entry.waiting[0]) {
      // A start begins a transition of its own: a transition is of one run.
      if (request.kind === 'start' && request !== first) break;
      entry.waiting.shift();
      draft.take(request);
    }
    draft.close();
    if (draft.changed) {
      entry.flying = true;
      return draft;
    }
    this.#finish(draft);
    return undefined;
  }

  /** Whether the start at the head of the mailbox may be tried; if not, it has been dealt with. */
  #mayStart(entry: ExecutionEntry): boolean {
    const request = entry.waiting[0]!;
    if (request.kind !== 'start' || !entry.state) return true;
    const verdict = judgeStart(entry.state, request);
    if (verdict === 'allow') return true;
    if (verdict === 'terminateFirst') {
      entry.waiting.unshift(terminationFor(request.deadline));
      return false;
    }
    entry.waiting.shift();
    request.done(verdict);
    return false;
  }

  async #commit(drafts: Draft[]): Promise<void> {
    try {
      const results = await this.#parts.store.commit(drafts.map((draft) => draft.toTransition()));
      drafts.forEach((draft, i) => this.#conclude(draft, results[i]!));
    } catch (error) {
      // What was stored is not known: forget, read again, decide again. Whatever had been stored
      // after all makes the repeated command stale or a duplicate.
      for (const draft of drafts) this.#takeBack(draft, true);
      await this.#pauseAfter(error, drafts.map((draft) => draft.entry));
      for (const draft of drafts) this.#rouse(draft.entry);
    }
  }

  #conclude(draft: Draft, result: CommitResult): void {
    if (result.kind === 'committed') return this.#committed(draft);
    this.#takeBack(draft, result.kind === 'conflict');
    if (result.kind === 'duplicateRequest') dropDuplicates(draft.entry, draft.runId, result.requestIds);
    this.#rouse(draft.entry);
  }

  #committed(draft: Draft): void {
    const { entry, decision } = draft;
    if (entry.state?.runId !== decision.state.runId) entry.scheduledActivities.clear();
    entry.version = entry.state?.runId === decision.state.runId ? entry.version + 1 : 1;
    entry.state = decision.state;
    entry.loading = 'loaded';
    entry.flying = false;
    if (decision.wake) this.#parts.onWakeMoved(decision.wake.to);
    this.#finish(draft);
    this.#parts.dispatcher.dispatch(draft);
  }

  /** Answers the requests and lets the mailbox go on. */
  #finish(draft: Draft): void {
    const { entry, suspects } = draft;
    draft.answerAll();
    if (suspects.length > 0) this.#parts.onSuspects(entry.key, draft.runId, suspects);
    if (entry.waiting.length > 0) this.#rouse(entry);
    else this.#cache.settle(entry);
  }

  /** The transition did not come to be: slots are free again, requests wait again. */
  #takeBack(draft: Draft, stateIsStale: boolean): void {
    const { entry } = draft;
    entry.flying = false;
    if (stateIsStale) entry.distrust();
    else entry.tail = new HistoryTail();
    entry.waiting.unshift(...draft.undo());
  }

  async #pauseAfter(error: unknown, entries: readonly ExecutionEntry[]): Promise<void> {
    this.#parts.log.error('the store failed; trying again', { error: String(error) });
    const expected = error instanceof StoreUnavailableError;
    if (!expected && error instanceof Error) this.#parts.log.error(error.stack ?? error.message);
    const now = this.#parts.clock.now();
    for (const entry of entries) {
      const late = entry.waiting.filter((request) => request.deadline <= now);
      entry.waiting = entry.waiting.filter((request) => request.deadline > now);
      for (const request of late) request.fail(storeAway());
    }
    await new Promise((resolve) => setTimeout(resolve, STORE_RETRY_MS));
  }
}

/** Requests whose ids were stored before are answered as done; the rest is decided again. */
function dropDuplicates(entry: ExecutionEntry, runId: string, requestIds: readonly string[]): void {
  const known = new Set(requestIds);
  const isKnown = (request: Request) =>
    request.kind === 'command' && request.requestId !== undefined && known.has(request.requestId);
  for (const request of entry.waiting.filter(isKnown)) {
    const outcome = { kind: 'accepted' } as const;
    request.done({ outcome, runId, nextEventId: 0, eager: [], duplicate: true });
  }
  entry.waiting = entry.waiting.filter((request) => !isKnown(request));
}

function shuttingDown(): PerdureServiceError {
  return new PerdureServiceError('UNAVAILABLE', 'the server is shutting down; try again', {
    retryable: true,
  });
}

function storeAway(): PerdureServiceError {
  return new PerdureServiceError(
    'UNAVAILABLE',
    'the store could not be reached in time; whether the call took effect is not known, so repeat it with the same request id',
    { retryable: true },
  );
}
