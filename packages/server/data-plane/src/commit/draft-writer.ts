/**
 * Brings drafts to the store, and makes what was committed real: states in memory, answers, tasks.
 * A draft that was not committed leaves nothing behind but requests that wait again, or are refused
 * when it is they that cannot be stored.
 */
import type { Logger } from '@perdure/common';
import {
  type CommitResult,
  type ExecutionStore,
  type ExecutionTransition,
  StoreUnavailableError,
} from '@perdure/ports';
import type { OwedTransfers } from '../transfers/transfer-pump.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Draft } from './draft.ts';
import type { ExecutionEntry } from './execution-entry.ts';
import { HistoryTail } from './history-tail.ts';
import { failedInside } from './refusals.ts';
import type { Request } from './request.ts';

export interface DraftWriterParts {
  readonly store: ExecutionStore;
  readonly dispatcher: Dispatcher;
  readonly log: Logger;
  /** Told when a run wants to be woken at a time (0: no longer). */
  onWakeMoved(wakeAt: number): void;
  /** Told of work between workflows that is durable now and to be carried out. */
  onTransfers(owed: OwedTransfers): void;
}

/** Where drafts come from and their requests go back to. */
export interface Mailboxes {
  /** Waits before the store is asked again. */
  pause(error: Error, entries: readonly ExecutionEntry[]): Promise<void>;
  /** The draft came to nothing: its requests are to be decided again. */
  waitAgain(draft: Draft): void;
  /** The draft is durable: its requests are answered. */
  finish(draft: Draft): void;
  /** The workflow may go on. */
  rouse(entry: ExecutionEntry): void;
  /** A draft failed for a reason of its own. */
  fault(entry: ExecutionEntry, error: unknown): void;
}

/** A draft and the form of it that goes to the store. */
interface Flight {
  readonly draft: Draft;
  readonly transition: ExecutionTransition;
}

export class DraftWriter {
  readonly #parts: DraftWriterParts;
  readonly #mailboxes: Mailboxes;

  constructor(parts: DraftWriterParts, mailboxes: Mailboxes) {
    this.#parts = parts;
    this.#mailboxes = mailboxes;
  }

  /** Writes drafts; never rejects. Each is answered, or waits again, by itself. */
  async write(drafts: readonly Draft[]): Promise<void> {
    const flights: Flight[] = [];
    for (const draft of drafts) {
      try {
        flights.push({ draft, transition: draft.toTransition() });
      } catch (error) {
        this.refuse(draft, error);
      }
    }
    if (flights.length > 0) await this.#store(flights);
  }

  /** @param again whether the store may have taken some of them already */
  async #store(flights: readonly Flight[], again = false): Promise<void> {
    const at = performance.now();
    let results: CommitResult[];
    try {
      const committing = this.#parts.store.commit(flights.map(({ transition }) => transition));
      if (!again) this.#pushEarly(flights);
      results = await committing;
    } catch (error) {
      if (error instanceof StoreUnavailableError) return this.#outcomeUnknown(flights, error);
      if (flights.length === 1) return this.refuse(flights[0]!.draft, error);
      for (const flight of flights) await this.#store([flight], true);
      return;
    }
    flights.forEach((flight, i) => this.#conclude(flight, results[i]!, { at, again }));
  }

  #pushEarly(flights: readonly Flight[]): void {
    const { dispatcher, log } = this.#parts;
    try {
      for (const { draft } of flights) dispatcher.pushEarly(draft);
      dispatcher.flush();
    } catch (error) {
      // The commit is under way and is not to be lost sight of; the next look finds the task.
      log.error('could not push a workflow task', { reason: String(error) });
    }
  }

  #conclude(
    { draft, transition }: Flight,
    result: CommitResult,
    { at, again }: { at: number; again: boolean },
  ): void {
    if (result.kind === 'committed') return this.#committed(draft, transition, at);
    const { entry, runId } = draft;
    const sends = sendsAnything(draft);
    // Stored again and known already: it was this very draft that the store had taken.
    this.#takeBack(draft, again || result.kind === 'conflict');
    if (again && sends) lookFirst(entry);
    if (result.kind === 'duplicateRequest') dropDuplicates(entry, runId, result.requestIds);
    this.#mailboxes.rouse(entry);
  }

  #committed(draft: Draft, transition: ExecutionTransition, at: number): void {
    const { entry, successor } = draft;
    entry.flying = false;
    entry.freshAt = at;
    this.#takeOver(draft, transition);
    if (successor) this.#takeOver(successor, transition.next!);
    this.#mailboxes.finish(draft);
    this.#parts.dispatcher.dispatch(draft);
    if (successor) this.#parts.dispatcher.dispatch(successor);
    for (const listener of entry.commitListeners) listener(draft.decision.updates, draft.runId);
  }

  /** What was committed is what we believe from here on. */
  #takeOver({ entry, decision, state }: Draft, transition: ExecutionTransition): void {
    const { closed, wake, events, transfers } = decision;
    entry.version = transition.expectedVersion + 1;
    entry.state = state;
    entry.stateBytes = transition.state.length;
    entry.loading = 'loaded';
    if (closed) entry.dropScheduled();
    const [first] = events;
    if (first?.eventType === 'WorkflowExecutionStarted' && state.succession) {
      entry.keepStarted(first);
    }
    if (wake) this.#parts.onWakeMoved(wake.to);
    if (transfers.add.length === 0) return;
    this.#parts.onTransfers({ key: entry.key, state, events, transfers: transfers.add });
  }

  /** The transition did not come to be: slots are free again, requests wait again. */
  #takeBack(draft: Draft, stateIsStale: boolean): void {
    const { entry } = draft;
    entry.flying = false;
    if (stateIsStale) entry.distrust();
    else entry.tail = new HistoryTail();
    this.#mailboxes.waitAgain(draft);
  }

  /**
   * What was stored is not known: forget, read again, decide again. Whatever had been stored after
   * all makes the repeated command stale or a duplicate; the tasks it had placed were never sent,
   * which the wake-up finds.
   */
  async #outcomeUnknown(flights: readonly Flight[], error: Error): Promise<void> {
    for (const { draft } of flights) {
      const sends = sendsAnything(draft);
      this.#takeBack(draft, true);
      if (sends) lookFirst(draft.entry);
    }
    const entries = flights.map(({ draft }) => draft.entry);
    await this.#mailboxes.pause(error, entries);
    for (const entry of entries) this.#mailboxes.rouse(entry);
  }

  /** Deciding, encoding or storing this draft fails for a reason of its own. */
  refuse(draft: Draft, error: unknown): void {
    const { entry, size } = draft;
    this.#mailboxes.fault(entry, error);
    entry.flying = false;
    entry.distrust();
    if (size > 1) {
      entry.careful = size;
      this.#mailboxes.waitAgain(draft);
    } else {
      for (const request of draft.undo()) request.fail(failedInside());
    }
    this.#mailboxes.rouse(entry);
  }
}

/** Whether something leaves this server when the draft is durable. */
function sendsAnything({ placements, decision }: Draft): boolean {
  return placements.length > 0 || decision.transfers.add.length > 0;
}

/** Before anything else, the run's started tasks and what it owes are looked after. */
function lookFirst({ waiting }: ExecutionEntry): void {
  if (waiting[0]?.kind === 'wake') return;
  waiting.unshift({ kind: 'wake', deadline: Number.POSITIVE_INFINITY, done() {}, fail() {} });
}

/** Requests whose ids were stored before are answered as done; the rest is decided again. */
function dropDuplicates(entry: ExecutionEntry, runId: string, requestIds: readonly string[]): void {
  const known = new Set(requestIds);
  const isKnown = (request: Request) =>
    request.kind === 'command' && request.requestId !== undefined && known.has(request.requestId);
  for (const request of entry.waiting.filter(isKnown)) {
    const outcome = { kind: 'accepted' } as const;
    const { firstExecutionRunId = '' } = entry.state ?? {};
    request.done({
      outcome,
      runId,
      firstExecutionRunId,
      nextEventId: 0,
      eager: [],
      duplicate: true,
    });
  }
  entry.waiting = entry.waiting.filter((request) => !isKnown(request));
}
