/**
 * The reasons of workflows for refusing updates (semantics 42). A refused update leaves nothing in
 * its run, so the reasons are left as a letter, for a minute, for whoever waits at another server.
 */
import { createHash } from 'node:crypto';
import type { Clock, Logger } from '@perdure/common';
import { type LetterRef, type LetterStore, type RunKey, shardOf } from '@perdure/ports';
import type { Command, Failure } from '@perdure/protocol';
import { packFailure, unpackFailure } from './letter-content.ts';

/** Longer than a caller takes to come back for the answer. */
const LIFETIME_MS = 60_000;

export interface RefusalsParts {
  readonly store: LetterStore;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Refusals {
  readonly #parts: RefusalsParts;

  constructor(parts: RefusalsParts) {
    this.#parts = parts;
  }

  /**
   * Keeps the reasons of a completion that has not been committed: from the commit on they are
   * wanted. Should it come to nothing, {@link forget} them. Never rejects: without its reasons a
   * refusal is still one.
   */
  async keep(run: RunKey, commands: readonly Command[]): Promise<void> {
    const { store, clock, log } = this.#parts;
    const expiresAt = clock.now() + LIFETIME_MS;
    const content = new Uint8Array(0);
    try {
      for (const command of commands) {
        if (command.commandType !== 'RejectUpdate') continue;
        const answer = packFailure(command.failure);
        const letter = letterOf(run, command.updateId);
        await store.post({ ...letter, taskQueue: '', content, answer, expiresAt });
      }
    } catch (error) {
      const { runId } = run;
      log.warn('could not keep why an update was refused', { runId, error: String(error) });
    }
  }

  /** The completion has come to nothing, and what it refuses is not refused. Never rejects. */
  async forget(run: RunKey, commands: readonly Command[]): Promise<void> {
    try {
      for (const command of commands) {
        if (command.commandType !== 'RejectUpdate') continue;
        await this.#parts.store.remove(letterOf(run, command.updateId));
      }
    } catch {
      // They expire.
    }
  }

  /** Why an update was refused; undefined when that is not known any more. Never rejects. */
  async find(run: RunKey, updateId: string): Promise<Failure | undefined> {
    try {
      const found = await this.#parts.store.read(letterOf(run, updateId));
      return found?.answer && unpackFailure(found.answer);
    } catch (error) {
      const { runId } = run;
      this.#parts.log.warn('could not look up why an update was refused', {
        runId,
        error: String(error),
      });
      return undefined;
    }
  }
}

/** Whether a completion refuses an update. */
export function refusesUpdates(commands: readonly Command[]): boolean {
  return commands.some(({ commandType }) => commandType === 'RejectUpdate');
}

function letterOf({ namespaceId, workflowId, runId }: RunKey, updateId: string): LetterRef {
  const shard = shardOf(namespaceId, workflowId);
  // Update ids may be longer than names of letters.
  const hash = createHash('sha256').update(updateId).digest('base64url');
  return { namespaceId, shard, runId, letterId: `refused.${hash}` };
}
