/**
 * Takes in questions that other servers have left as letters, where workers of this one may answer.
 * Several servers may wait for the same run at once, since its next task may be any one's; outside
 * of tasks one of them asks, the one that has the run's worker if there is one.
 *
 * A question that cannot be answered is left alone: whoever has left it looks at the run, too.
 */
import type { Clock, Logger } from '@perdure/common';
import type { ExecutionState } from '@perdure/engine';
import type { LetterStore, WaitingLetter } from '@perdure/ports';
import type { QueryDesk } from '../queries/query-desk.ts';
import { Question } from '../queries/question.ts';
import type { WaitingQueries } from '../queries/waiting-queries.ts';
import { packAnswer, unpackQuestion } from './letter-content.ts';
import type { Note } from './note.ts';

/** How long a question is kept here, in milliseconds: as long as whoever asks waits. */
const KEPT_MS = 10_000;
/** How long a server that asks a worker keeps others from doing so. */
const CLAIM_MS = 3_000;
/** What the server has that the run's worker is connected to, before others ask theirs. */
const HEAD_START_MS = 100;
/** Most letters found by one look. */
const PAGE = 1_000;

export interface QuestionReceiverParts {
  readonly store: LetterStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly queryDesk: QueryDesk;
  readonly waitingQueries: WaitingQueries;
  newId(this: void): string;
  hasSession(this: void, namespaceId: number, sessionId: string): boolean;
  servesQueue(this: void, namespaceId: number, taskQueue: string): boolean;
}

export class QuestionReceiver {
  readonly #parts: QuestionReceiverParts;
  readonly #tell: (note: Note) => void;
  /** Letters taken in, until when they are not to be taken in again. */
  readonly #taken = new Map<string, number>();

  constructor(parts: QuestionReceiverParts, tell: (note: Note) => void) {
    this.#parts = parts;
    this.#tell = tell;
  }

  /** Looks for letters that nobody has told of. */
  async look(): Promise<void> {
    const { store, clock } = this.#parts;
    for (const [letterId, until] of this.#taken) {
      if (until <= performance.now()) this.#taken.delete(letterId);
    }
    await this.receive(await store.waiting(clock.now(), PAGE));
  }

  /** Takes in those of these letters that workers of this server may answer. Never rejects. */
  async receive(letters: readonly WaitingLetter[]): Promise<void> {
    const { servesQueue } = this.#parts;
    const ours = letters.filter(
      ({ letterId, namespaceId, taskQueue }) =>
        !this.#taken.has(letterId) && servesQueue(namespaceId, taskQueue),
    );
    await Promise.all(ours.map((letter) => this.#takeIn(letter)));
  }

  async #takeIn(letter: WaitingLetter): Promise<void> {
    const { letterId } = letter;
    this.#taken.set(letterId, performance.now() + KEPT_MS);
    try {
      const question = await this.#read(letter);
      if (question) void this.#answer(letter, question);
    } catch (error) {
      this.#taken.delete(letterId);
      this.#parts.log.warn('could not take in a question of another server; trying again', {
        letterId,
        error: String(error),
      });
    }
  }

  async #read(letter: WaitingLetter): Promise<Question | undefined> {
    const found = await this.#parts.store.read(letter);
    if (!found || found.answer) return undefined;
    const { namespaceId, runId } = letter;
    const { workflowId, args, header, ...asked } = unpackQuestion(found.content);
    const key = { namespaceId, workflowId };
    const question = new Question(this.#parts.newId(), { ...asked, args, header, key, runId });
    let heldUntil = 0;
    question.mayAsk = async (state) => {
      if (performance.now() < heldUntil) return true;
      const isOurs = await this.#claim(letter, question, state);
      if (isOurs) heldUntil = performance.now() + CLAIM_MS;
      return isOurs;
    };
    return question;
  }

  async #answer(letter: WaitingLetter, question: Question): Promise<void> {
    const { store, queryDesk, log } = this.#parts;
    const { letterId } = letter;
    const end = this.#begin(question);
    // There are too many now: the letter is found again by the next look.
    if (!end) return void this.#taken.delete(letterId);
    const late = setTimeout(() => question.fail(new Error('it has waited too long')), KEPT_MS);
    try {
      const answer = await queryDesk.ask(question);
      if (await store.answer(letter, packAnswer(answer)))
        this.#tell({ kind: 'answered', letterId });
    } catch (error) {
      log.debug('a question of another server goes without an answer from this one', {
        letterId,
        error: String(error),
      });
    } finally {
      clearTimeout(late);
      end();
    }
  }

  /** How to end a question's wait; undefined when there are too many. */
  #begin({ asked: { key } }: Question): (() => void) | undefined {
    try {
      return this.#parts.waitingQueries.begin(key);
    } catch {
      return undefined;
    }
  }

  /** Whether this server is to ask a worker. Never rejects. */
  async #claim(
    letter: WaitingLetter,
    question: Question,
    { stickySession }: ExecutionState,
  ): Promise<boolean> {
    const { store, clock, hasSession } = this.#parts;
    const isElsewhere = stickySession && !hasSession(letter.namespaceId, stickySession);
    if (isElsewhere) await new Promise((resolve) => setTimeout(resolve, HEAD_START_MS));
    try {
      const now = clock.now();
      const claim = await store.claim(letter, now, now + CLAIM_MS);
      if (claim === 'gone') question.fail(new Error('nobody waits for it any more'));
      return claim === 'ours';
    } catch {
      // The run is looked at again soon, and asked then.
      return false;
    }
  }
}
