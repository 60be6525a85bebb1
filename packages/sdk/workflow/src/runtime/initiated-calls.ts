/**
 * Calls whose outcome comes by the number of their command. A command gets its number when the
 * activation that issued it ends; one taken back before has none, so that the numbers can be counted
 * off the history.
 */
import type { SandboxCommand } from './activation.ts';

/** A command that is numbered. */
export type NumberedCommand = Extract<SandboxCommand, { readonly seq: number }>;

/** A call that has, once it was sent, the number of its command. */
export interface NumberedCall {
  seq?: number;
}

/** The pending calls of one kind. */
export class InitiatedCalls<P extends NumberedCall> {
  readonly #unsent = new Map<SandboxCommand, P>();
  readonly #sent = new Map<number, P>();
  #count = 0;

  /** Notes a call with the command that was issued for it. */
  add(command: SandboxCommand, pending: P): void {
    this.#unsent.set(command, pending);
  }

  /** Forgets a call whose command has been taken back; false when it was sent. */
  withdraw(command: SandboxCommand): boolean {
    return this.#unsent.delete(command);
  }

  /** Numbers a command that is about to be sent. */
  number<C extends NumberedCommand>(command: C): C {
    const pending = this.#unsent.get(command);
    const seq = ++this.#count;
    if (pending !== undefined) {
      pending.seq = seq;
      this.#sent.set(seq, pending);
    }
    this.#unsent.delete(command);
    return { ...command, seq };
  }

  /** The number that the next command gets, unless one is taken back. */
  get nextSeq(): number {
    return this.#count + this.#unsent.size + 1;
  }

  get(seq: number): P | undefined {
    return this.#sent.get(seq);
  }

  /** The call, which is pending no more. */
  take(seq: number): P | undefined {
    const pending = this.#sent.get(seq);
    this.#sent.delete(seq);
    return pending;
  }

  /** Every pending call. */
  *all(): Generator<P> {
    yield* this.#sent.values();
    yield* this.#unsent.values();
  }
}
