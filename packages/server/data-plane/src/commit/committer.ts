/**
 * The only writer. Requests for one workflow are decided one after another and committed as one
 * transition; transitions of different workflows go to the store in one batch, which is flushed
 * when the batch before has returned. Nothing is answered, and no activity leaves, before the
 * commit that carries it has been acknowledged.
 *
 * One bad request, or one bad run, harms nobody else: what cannot be decided, encoded or stored is
 * taken apart until the request at fault is found, and that one is refused.
 */
import type { Clock } from '@perdure/common';
import { type ExecutionStore, type RunKey, type WorkflowKey } from '@perdure/ports';
import type { Matcher } from '../matching/matcher.ts';
import type { Sessions } from '../matching/sessions.ts';
import { Draft } from './draft.ts';
import { DraftWriter, type DraftWriterParts } from './draft-writer.ts';
import { EntryCache } from './entry-cache.ts';
import { EntryLoader } from './entry-loader.ts';
import type { CloseListener, CommitListener, ExecutionEntry } from './execution-entry.ts';
import { HeldStarts } from './held-starts.ts';
import { judgeStart, messageToExisting, terminationFor } from './id-policy.ts';
import type { Suspect } from './inspect.ts';
import { failedInside, shuttingDown, storeAway } from './refusals.ts';
import type { PlaceRequest, Question, Reply, Request } from './request.ts';
import { TurnQueue } from './turn-queue.ts';

/** Most transitions in one batch. */
const MAX_BATCH = 64;
/** Most bytes of payloads in one batch, about. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;
/** Most requests in one transition. */
const MAX_REQUESTS = 1_000;
/** Bytes of payloads at which a transition takes in no further request. */
const MAX_DRAFT_BYTES = 2 * 1024 * 1024;
/** Most workflows loaded by one read. */
const MAX_LOADS = 200;
/** Wait before trying again after the store has failed, in milliseconds. */
const STORE_RETRY_MS = 200;
/** How long a look may wait for the store, in milliseconds. */
const LOOK_TIMEOUT_MS = 10_000;
/** A version that no run reaches: a commit on it never writes. */
const NO_VERSION = 2_147_483_646;

export interface CommitterParts extends DraftWriterParts {
  readonly store: ExecutionStore;
  readonly clock: Clock;
  readonly matcher: Matcher;
  readonly sessions: Sessions;
  /** Nobody else writes to the store: what is in memory is true until proved wrong. */
  readonly alone: boolean;
  /** How long a start may wait for its first task's answer, in milliseconds; 0 is not at all. */
  readonly holdStartsMs: number;
  /** Told of started tasks whose worker this server does not know. */
  onSuspects(key: WorkflowKey, runId: string, suspects: readonly Suspect[]): void;
  newRunId(this: void): string;
}

export class Committer {
  readonly #parts: CommitterParts;
  readonly #cache = new EntryCache();
  readonly #ready = new TurnQueue();
  readonly #toLoad = new TurnQueue();
  readonly #loader: EntryLoader;
  readonly #writer: DraftWriter;
  readonly #held: HeldStarts;
  #flushing = false;
  #scheduled = false;
  #closed = false;

  constructor(parts: CommitterParts) {
    this.#parts = parts;
    this.#held = new HeldStarts(parts.holdStartsMs, () => this.#schedule());
    this.#loader = new EntryLoader({
      store: parts.store,
      pause: (error, entries) => this.#pauseAfter(error, entries),
      unreadable: (entry, error) => {
        this.#logFault('a run cannot be loaded; its requests are refused', entry, error);
        refuseAll(entry, failedInside());
      },
    });
    this.#writer = new DraftWriter(parts, {
      pause: (error, entries) => this.#pauseAfter(error, entries),
      waitAgain: (draft) => this.#waitAgain(draft),
      finish: (draft) => this.#finish(draft),
      rouse: (entry) => this.#rouse(entry),
      fault: (entry, error) => this.#logFault('a transition failed', entry, error),
    });
  }

  /** Puts a request in a workflow's mailbox. */
  submit(key: WorkflowKey, request: Request): void {
    if (this.#closed) return request.fail(shuttingDown());
    const entry = this.#cache.take(key);
    request.submittedAt = performance.now();
    entry.waiting.push(request);
    if (entry.flying) this.#held.release(entry);
    else this.#rouse(entry);
  }

  /** {@link submit}, and the reply; rejects when the request is given up. */
  ask(key: WorkflowKey, question: Question): Promise<Reply> {
    return new Promise((done, fail) => {
      this.submit(key, { ...question, done, fail });
    });
  }

  /**
   * The workflow as the store has it, after everything submitted before. The listener, if given,
   * hears of a close that this server commits, until {@link unlisten}.
   *
   * @throws PerdureServiceError UNAVAILABLE when the store stays away; then nobody listens
   */
  async look(key: WorkflowKey, listener?: CloseListener): Promise<ExecutionEntry> {
    const entry = this.#cache.take(key);
    if (listener) entry.closeListeners.add(listener);
    const known = this.#parts.alone && entry.loading === 'loaded' && !entry.mustLoad;
    if (known && !entry.flying && entry.waiting.length === 0) {
      this.#cache.settle(entry);
      return entry;
    }
    if (!this.#parts.alone) entry.mustLoad = true;
    try {
      await this.#passMailbox(key);
      return entry;
    } catch (error) {
      if (listener) this.unlisten(entry, listener);
      throw error;
    }
  }

  /**
   * Hears of every commit of the workflow by this server, until `stop`: what is submitted from here
   * on cannot be missed.
   */
  watch(key: WorkflowKey, listener: CommitListener): { stop(): void } {
    const entry = this.#cache.take(key);
    entry.commitListeners.add(listener);
    return {
      stop: () => {
        entry.commitListeners.delete(listener);
        this.#cache.settle(entry);
      },
    };
  }

  /** Ends a {@link look} with a listener. */
  unlisten(entry: ExecutionEntry, listener: CloseListener): void {
    entry.closeListeners.delete(listener);
    this.#cache.settle(entry);
  }

  /** Whether a run has stored that this request was answered. */
  async wasAnswered(key: RunKey, requestId: string): Promise<boolean> {
    // Says that the id is stored, or that the version is wrong; it writes nothing.
    const probe = { key, expectedVersion: NO_VERSION, state: new Uint8Array(0) };
    const transition = { ...probe, addTasks: [], removeTasks: [], requestIds: [requestId] };
    const [result] = await this.#parts.store.commit([transition]);
    return result?.kind === 'duplicateRequest';
  }

  /** Stops taking requests and waits for the batch under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cache.close();
    for (const draft of this.#held.close()) this.#waitAgain(draft);
    while (this.#flushing) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const entry of this.#cache.busy) refuseAll(entry, shuttingDown());
  }

  /** A wake request serves to wait for the mailbox: it changes nothing that is not due. */
  async #passMailbox(key: WorkflowKey): Promise<void> {
    await this.ask(key, { kind: 'wake', deadline: this.#parts.clock.now() + LOOK_TIMEOUT_MS });
  }

  /** Sees to it that an entry's mailbox is emptied; one with nothing in it may be forgotten. */
  #rouse(entry: ExecutionEntry): void {
    if (entry.flying || entry.loading === 'loading') return;
    if (entry.waiting.length === 0) return this.#cache.settle(entry);
    (this.#mayDecide(entry) ? this.#ready : this.#toLoad).add(entry);
    this.#schedule();
  }

  #mayDecide(entry: ExecutionEntry): boolean {
    if (entry.mustLoad || entry.wantsStarted) return false;
    // A start may be tried without a look: the store refuses it if there is a run.
    return entry.loading === 'loaded' || entry.waiting[0]?.kind === 'start';
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After this turn's messages: one frame in, all its items in one batch out.
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#closed) return;
      if (this.#toLoad.size > 0) void this.#load();
      if (!this.#flushing && this.#wantsFlush) void this.#flush();
    });
  }

  async #load(): Promise<void> {
    const entries = this.#toLoad
      .take(MAX_LOADS)
      .filter(({ flying, loading }) => !flying && loading !== 'loading');
    await this.#loader.load(entries);
    for (const entry of entries) this.#rouse(entry);
    if (this.#toLoad.size > 0) this.#schedule();
  }

  async #flush(): Promise<void> {
    this.#flushing = true;
    try {
      await this.#writer.write(this.#decideBatch());
      this.#parts.dispatcher.flush();
    } catch (error) {
      // Never expected; without this the server would stand still.
      this.#parts.log.error('a batch failed', { reason: String(error) });
    }
    this.#flushing = false;
    if (this.#wantsFlush) this.#schedule();
  }

  get #wantsFlush(): boolean {
    return this.#ready.size > 0 || this.#held.due > 0;
  }

  #decideBatch(): Draft[] {
    const drafts = this.#held.takeDue().filter((draft) => this.#resume(draft));
    let weight = 0;
    while (drafts.length < MAX_BATCH && weight < MAX_BATCH_BYTES) {
      const entry = this.#ready.next();
      if (!entry) break;
      const draft = this.#decide(entry);
      if (!draft) continue;
      drafts.push(draft);
      weight += draft.weight;
    }
    const [first, ...others] = drafts;
    if (!first || others.length > 0 || !this.#held.isWorthwhile(first)) return drafts;
    this.#hold(first);
    return [];
  }

  /** A start waits for the answer to its first workflow task, which its worker is given now. */
  #hold(draft: Draft): void {
    try {
      draft.encode();
      this.#parts.dispatcher.pushEarly(draft);
      this.#held.hold(draft);
    } catch (error) {
      this.#writer.refuse(draft, error);
    }
  }

  /** A start that was held goes on, together with what has come for its workflow. */
  #resume(draft: Draft): boolean {
    const { entry } = draft;
    if (entry.waiting.length === 0) return true;
    try {
      draft.reopen();
      this.#takeIn(entry, draft);
      draft.close();
      return true;
    } catch (error) {
      this.#writer.refuse(draft, error);
      return false;
    }
  }

  /** Decides what waits for one workflow; undefined when there is nothing to commit. */
  #decide(entry: ExecutionEntry): Draft | undefined {
    const first = entry.waiting[0];
    if (entry.flying || !first || !this.#mayDecide(entry) || !this.#mayTry(entry, first)) {
      this.#rouse(entry);
      return undefined;
    }
    const { clock, matcher, sessions, newRunId } = this.#parts;
    const base = first.kind === 'start' ? undefined : entry.state;
    const draft = new Draft(entry, base, { now: clock.now(), matcher, sessions, newRunId });
    try {
      this.#takeIn(entry, draft);
      draft.close();
    } catch (error) {
      this.#writer.refuse(draft, error);
      return undefined;
    }
    if (draft.changed) {
      entry.flying = true;
      return draft;
    }
    if (this.#isStale(entry, draft.refusedLast)) this.#verify(draft);
    else this.#finish(draft);
    return undefined;
  }

  /** Moves requests from the mailbox into a draft. */
  #takeIn(entry: ExecutionEntry, draft: Draft): void {
    const most = entry.careful > 0 ? 1 : MAX_REQUESTS;
    const { waiting, verifiedUpTo } = entry;
    let taken = 0;
    try {
      for (const request of waiting) {
        // A start begins a transition of its own: a transition is of one run.
        if (draft.size > 0 && (request.kind === 'start' || draft.runId === '')) break;
        if (taken >= most || draft.weight > MAX_DRAFT_BYTES) break;
        // Those that came after the look would ask for another one, for ever.
        if (taken > 0 && (request.submittedAt ?? 0) > verifiedUpTo) break;
        taken += 1;
        draft.take(request);
      }
    } finally {
      waiting.splice(0, taken);
      entry.verifiedUpTo = Number.POSITIVE_INFINITY;
      if (entry.careful > 0) entry.careful -= 1;
    }
  }

  /** Whether the request at the head of the mailbox may be tried; only a start may not. */
  #mayTry(entry: ExecutionEntry, first: Request): boolean {
    return first.kind !== 'start' || this.#mayStart(entry, first);
  }

  /** Whether the start at the head of the mailbox may be tried; if not, it has been dealt with. */
  #mayStart(entry: ExecutionEntry, request: Request & { kind: 'start' }): boolean {
    if (!entry.state) return true;
    const verdict = judgeStart(entry.state, request);
    if (verdict === 'allow') return true;
    if (verdict === 'terminateFirst') {
      entry.waiting.unshift(terminationFor(request.deadline));
    } else if (this.#isStale(entry, request.submittedAt ?? 0)) {
      entry.mustVerify();
    } else {
      entry.waiting.shift();
      const startAgain = () => this.submit(entry.key, request);
      const message = messageToExisting(entry.state, request, verdict, startAgain);
      if (message) entry.waiting.unshift(message);
      else request.done(verdict);
    }
    return false;
  }

  /** Whether another server may have moved the run since before that time. */
  #isStale(entry: ExecutionEntry, at: number): boolean {
    return !this.#parts.alone && entry.loading === 'loaded' && at > entry.freshAt;
  }

  /** A refusal on what may be yesterday's state: look, and decide again. */
  #verify(draft: Draft): void {
    const { entry } = draft;
    entry.mustVerify();
    this.#waitAgain(draft);
    this.#rouse(entry);
  }

  /** The requests of a draft that came to nothing go back to the head of the mailbox. */
  #waitAgain(draft: Draft): void {
    const { entry } = draft;
    const requests = draft.undo();
    entry.waiting.unshift(...requests.filter(({ kind }) => kind !== 'place'));
    for (const request of requests)
      if (request.kind === 'place') this.#enqueueAgain(entry, request);
  }

  #enqueueAgain({ key, shard }: ExecutionEntry, request: PlaceRequest): void {
    const { namespaceId, workflowId } = key;
    const { session, task, runId } = request;
    const queue = { namespaceId, taskQueue: session.taskQueue, kind: task.kind };
    const run = { namespaceId, shard, runId };
    this.#parts.matcher.enqueue(queue, [{ run, workflowId, task }]);
  }

  /** Answers the requests and lets the mailbox go on. */
  #finish(draft: Draft): void {
    const { entry, suspects, overdue } = draft;
    draft.answerAll();
    if (overdue.length > 0 && entry.state) {
      this.#parts.onTransfers({
        key: entry.key,
        state: entry.state,
        events: [],
        transfers: overdue,
      });
    }
    if (suspects.length > 0) this.#parts.onSuspects(entry.key, draft.runId, suspects);
    this.#rouse(entry);
  }

  async #pauseAfter(error: Error, entries: readonly ExecutionEntry[]): Promise<void> {
    this.#parts.log.warn('the store is away; trying again', { error: error.message });
    const now = this.#parts.clock.now();
    for (const entry of entries) {
      const late = entry.waiting.filter((request) => request.deadline <= now);
      if (late.length === 0) continue;
      entry.waiting = entry.waiting.filter((request) => request.deadline > now);
      for (const request of late) request.fail(storeAway());
    }
    await new Promise((resolve) => setTimeout(resolve, STORE_RETRY_MS));
  }

  #logFault(what: string, { key }: ExecutionEntry, error: unknown): void {
    const { namespaceId, workflowId } = key;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#parts.log.error(what, { namespaceId, workflowId, reason });
  }
}

function refuseAll({ waiting }: ExecutionEntry, reason: Error): void {
  for (const request of waiting.splice(0)) request.fail(reason);
}
