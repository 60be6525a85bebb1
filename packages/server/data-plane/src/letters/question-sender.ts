/**
 * Puts questions that this server's workers cannot answer before other servers: leaves each as a
 * letter in the store and takes the answer from there. The letter is left again when it was lost,
 * and removed when the question ends.
 */
import type { Clock, Logger } from '@perdure/common';
import type { ExecutionState } from '@perdure/engine';
import { type LetterRef, type LetterStore, shardOf } from '@perdure/ports';
import type { Question } from '../queries/question.ts';
import { packQuestion, unpackAnswer } from './letter-content.ts';
import type { Note } from './note.ts';

/** A question that this server's workers have not answered so long is put to others, too. */
const PATIENCE_MS = 1_000;
/** How long a letter is good for; nobody waits so long. */
const LIFETIME_MS = 30_000;
/** Least time between two looks for an answer that nobody has told of. */
const LOOK_AGAIN_MS = 500;

export interface QuestionSenderParts {
  readonly store: LetterStore;
  readonly clock: Clock;
  readonly log: Logger;
  hasSession(this: void, namespaceId: number, sessionId: string): boolean;
  servesQueue(this: void, namespaceId: number, taskQueue: string): boolean;
}

export class QuestionSender {
  readonly #parts: QuestionSenderParts;
  readonly #tell: (note: Note) => void;
  /** Letters that wait for an answer, by id. */
  readonly #sent = new Map<string, SentQuestion>();

  constructor(parts: QuestionSenderParts, tell: (note: Note) => void) {
    this.#parts = parts;
    this.#tell = tell;
  }

  /** Sees to it that a question reaches other servers if need be. */
  accompany(question: Question): void {
    const since = performance.now();
    question.onLook = (state) => {
      const sent = this.#sent.get(question.queryId);
      if (sent) return sent.lookAgain();
      const isPatient = performance.now() - since < PATIENCE_MS;
      if (!isPatient || !this.#isServedHere(question, state)) this.#send(question, state);
    };
  }

  /** Word of an answer. */
  answered(letterId: string): void {
    void this.#sent.get(letterId)?.collect();
  }

  #send(question: Question, state: ExecutionState): void {
    const { queryId } = question;
    const sent = new SentQuestion(this.#parts, this.#tell, question, state);
    this.#sent.set(queryId, sent);
    question.whenEnded(() => {
      this.#sent.delete(queryId);
      sent.withdraw();
    });
  }

  /** Whether the worker that does the run's task, or one that could do the next, is connected here. */
  #isServedHere({ asked: { key } }: Question, state: ExecutionState): boolean {
    const { hasSession, servesQueue } = this.#parts;
    const session = state.workflowTask?.session;
    if (session !== undefined) return hasSession(key.namespaceId, session);
    return servesQueue(key.namespaceId, state.taskQueue);
  }
}

/** One letter with a question, until it is withdrawn. */
class SentQuestion {
  readonly #parts: QuestionSenderParts;
  readonly #tell: (note: Note) => void;
  readonly #question: Question;
  readonly #taskQueue: string;
  readonly #letter: LetterRef;
  #lookedAt = performance.now();
  /** What is being done with the letter: one thing after another. */
  #work: Promise<void>;
  #isPosted = false;

  constructor(
    parts: QuestionSenderParts,
    tell: (note: Note) => void,
    question: Question,
    { runId, taskQueue }: ExecutionState,
  ) {
    const { namespaceId, workflowId } = question.asked.key;
    const shard = shardOf(namespaceId, workflowId);
    this.#parts = parts;
    this.#tell = tell;
    this.#question = question;
    this.#taskQueue = taskQueue;
    this.#letter = { namespaceId, shard, runId, letterId: question.queryId };
    this.#work = this.#trying(() => this.#post());
  }

  /** {@link collect}, unless that was only just done. */
  lookAgain(): void {
    if (performance.now() - this.#lookedAt >= LOOK_AGAIN_MS) void this.collect();
  }

  /** Takes the answer, if there is one. */
  collect(): Promise<void> {
    return this.#then(async () => {
      if (!this.#question.isOpen) return;
      this.#lookedAt = performance.now();
      const found = this.#isPosted ? await this.#parts.store.read(this.#letter) : undefined;
      if (!found) return this.#post();
      if (found.answer) this.#question.answered(unpackAnswer(found.answer));
    });
  }

  withdraw(): void {
    // One that cannot be removed expires.
    void this.#then(() => this.#parts.store.remove(this.#letter).catch(() => {}));
  }

  async #post(): Promise<void> {
    const { key, queryName, args, header, rejectCondition } = this.#question.asked;
    const { workflowId } = key;
    const content = packQuestion({ workflowId, queryName, args, header, rejectCondition });
    const letter = { ...this.#letter, taskQueue: this.#taskQueue };
    const expiresAt = this.#parts.clock.now() + LIFETIME_MS;
    await this.#parts.store.post({ ...letter, content, expiresAt });
    this.#isPosted = true;
    this.#tell({ kind: 'letter', letter });
  }

  #then(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(() => this.#trying(work));
    return this.#work;
  }

  async #trying(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.log.warn('could not send a question to other servers; trying again', {
        ...this.#letter,
        error: String(error),
      });
    }
  }
}
