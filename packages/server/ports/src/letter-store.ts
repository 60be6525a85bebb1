/**
 * Letters between servers: what one of them leaves in the store for whichever other can deal with
 * it, and the answer to it. The broker only says that there is one.
 *
 * Letters live for seconds and are no record. A crash of the store may take all of them: whoever
 * still wants an answer leaves the letter again. Deadlines are of the servers' clocks, so that two
 * may take on the same letter; the first answer counts.
 */
import type { RunRef } from './execution-store.ts';

/** Names a letter about a run. */
export interface LetterRef extends RunRef {
  /** Unique among the letters about its run: up to 100 characters. */
  readonly letterId: string;
}

/** A letter that waits for an answer, without what it says. */
export interface WaitingLetter extends LetterRef {
  /** Meant for servers that have workers of this task queue. */
  readonly taskQueue: string;
}

/** A letter to be left. */
export interface NewLetter extends WaitingLetter {
  /** Sealed where it holds payloads, like anything in the store. */
  readonly content: Uint8Array;
  /** A letter that is answered from the start tells whoever looks for it, and waits for nobody. */
  readonly answer?: Uint8Array;
  /** Milliseconds since the epoch; from then on it may be gone. */
  readonly expiresAt: number;
}

/** What a letter says. */
export interface StoredLetter {
  readonly content: Uint8Array;
  /** Undefined until somebody has answered. */
  readonly answer: Uint8Array | undefined;
}

/** `ours`: nobody else deals with it until then; `taken`: somebody does; `gone`: nobody need to. */
export type LetterClaim = 'ours' | 'taken' | 'gone';

export interface LetterStore {
  /** Leaves a letter, in place of any of the same name. */
  post(letter: NewLetter): Promise<void>;
  /** Letters of all tenants that have no answer and have not expired at `now`, soonest to expire first. */
  waiting(now: number, limit: number): Promise<WaitingLetter[]>;
  /** What it says; undefined when it is gone. */
  read(letter: LetterRef): Promise<StoredLetter | undefined>;
  /**
   * Takes a letter on until a time.
   *
   * @returns `gone` also when it has been answered
   */
  claim(letter: LetterRef, now: number, until: number): Promise<LetterClaim>;
  /** Answers a letter that has no answer; whether it is this one that counts. */
  answer(letter: LetterRef, answer: Uint8Array): Promise<boolean>;
  /** Removes a letter, if it is there. */
  remove(letter: LetterRef): Promise<void>;
  /** Removes the letters of all tenants that have expired at `now`. */
  removeExpired(now: number): Promise<void>;
}
