/**
 * What this server has to do with others on the same store: asks them what its own workers cannot
 * answer, answers what theirs cannot, and hears of updates. Letters are in the store, the broker
 * only says that they are there; without the broker they are found by looking, a second later.
 *
 * A server that is alone has no office.
 */
import type { Clock, Logger } from '@perdure/common';
import type { ExecutionState } from '@perdure/engine';
import type { LetterStore, TaskBroker, WorkflowKey } from '@perdure/ports';
import type { QueryDesk } from '../queries/query-desk.ts';
import type { Question } from '../queries/question.ts';
import type { WaitingQueries } from '../queries/waiting-queries.ts';
import { type Note, noteText, parseNote } from './note.ts';
import { QuestionReceiver } from './question-receiver.ts';
import { QuestionSender } from './question-sender.ts';
import { Refusals } from './refusals.ts';
import { UpdateFollowers, type WatchUpdates } from './update-followers.ts';

/** How often letters are looked for that nobody has told of. */
const LOOK_MS = 1_000;
/** Looks between two removals of letters that have expired. */
const CLEAN_UP_ROUNDS = 30;

export interface LetterOfficeParts {
  readonly store: LetterStore;
  readonly broker: TaskBroker;
  readonly clock: Clock;
  readonly log: Logger;
  readonly queryDesk: QueryDesk;
  readonly waitingQueries: WaitingQueries;
  readonly watchUpdates: WatchUpdates;
  newId(this: void): string;
  /** Whether any worker is connected here. */
  hasWorkers(this: void): boolean;
  /** Whether a session of this server has such a name. */
  hasSession(this: void, namespaceId: number, sessionId: string): boolean;
  /** Whether workers of this server serve the workflows of a task queue. */
  servesQueue(this: void, namespaceId: number, taskQueue: string): boolean;
}

export class LetterOffice {
  readonly refusals: Refusals;
  readonly #parts: LetterOfficeParts;
  readonly #sender: QuestionSender;
  readonly #receiver: QuestionReceiver;
  readonly #followers: UpdateFollowers;
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  #rounds = 0;

  constructor(parts: LetterOfficeParts) {
    this.#parts = parts;
    const tell = (note: Note): void => parts.broker.tell(noteText(note));
    this.refusals = new Refusals(parts);
    this.#sender = new QuestionSender(parts, tell);
    this.#receiver = new QuestionReceiver(parts, tell);
    this.#followers = new UpdateFollowers(parts, tell);
    this.#stopListening = parts.broker.onTold((text) => this.#told(text));
  }

  /** Begins to look for letters. */
  start(): void {
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#stopListening();
    this.#followers.stop();
  }

  /** Other servers are asked, too, when this one cannot answer by itself. */
  accompany(question: Question): void {
    this.#sender.accompany(question);
  }

  /**
   * Hears, until the result is called, when a worker of another server has done something about an
   * update of a run: sometimes, for it is a hint.
   */
  follow(key: WorkflowKey, state: ExecutionState, stirred: () => void): () => void {
    return this.#followers.follow(key, state, stirred);
  }

  #told(text: string): void {
    const note = parseNote(text);
    switch (note?.kind) {
      case 'letter':
        return void this.#receiver.receive([note.letter]);
      case 'answered':
        return this.#sender.answered(note.letterId);
      case 'follow':
        return this.#followers.asked(note.key, note.taskQueue);
      case 'stirred':
        return this.#followers.stirred(note.key);
      case undefined:
        return;
    }
  }

  async #look(): Promise<void> {
    const { store, clock, log, hasWorkers } = this.#parts;
    this.#rounds += 1;
    try {
      if (hasWorkers()) await this.#receiver.look();
      if (this.#rounds % CLEAN_UP_ROUNDS === 0) await store.removeExpired(clock.now());
    } catch (error) {
      log.warn('could not look for letters of other servers; trying again', {
        error: String(error),
      });
    }
  }
}
