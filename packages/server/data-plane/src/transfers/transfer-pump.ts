/**
 * Carries out the work between workflows (`engine/transfers.ts`): at once after the commit that asks
 * for it, and again when the run wakes while it still owes it. Any of it may be carried out twice,
 * by two servers or after a crash; request ids and stale reports make that harmless.
 */
import type { Logger } from '@perdure/common';
import {
  type ExecutionState,
  type Transfer,
  type TransferKind,
  decodeState,
  transfersOf,
} from '@perdure/engine';
import { type DueRun, type WorkflowKey, shardOf } from '@perdure/ports';
import type { HistoryEvent } from '@perdure/protocol';
import { closeChildren } from './close-children.ts';
import { cancelExternal, signalExternal } from './message-external.ts';
import { notifyParent } from './notify-parent.ts';
import type { OwedTransfer, TransferParts } from './parts.ts';
import { reportStart } from './report-start.ts';
import { startChild } from './start-child.ts';
import { Turns } from './turns.ts';

/** What a commit leaves to be carried out. */
export interface OwedTransfers {
  readonly key: WorkflowKey;
  readonly state: ExecutionState;
  readonly events: readonly HistoryEvent[];
  readonly transfers: readonly Transfer[];
}

const carriers: Record<TransferKind, (parts: TransferParts, owed: OwedTransfer) => Promise<void>> =
  { startChild, reportStart, signalExternal, cancelExternal, notifyParent, closeChildren };

export class TransferPump {
  readonly #parts: TransferParts;
  readonly #log: Logger;
  readonly #known = new Set<string>();
  readonly #turns = new Turns<{ readonly name: string; readonly owed: OwedTransfer }>();
  #stopped = false;

  constructor(parts: TransferParts, log: Logger) {
    this.#parts = parts;
    this.#log = log;
  }

  stop(): void {
    this.#stopped = true;
    this.#turns.clear();
  }

  /**
   * Takes over what a commit has left to be carried out. Those under way already are left alone, and
   * what is too much for now is left to the run's next wake-up.
   */
  carryOut({ key, state, events, transfers }: OwedTransfers): void {
    for (const transfer of transfers) {
      const name = `${state.runId} ${transfer.kind} ${transfer.initiatedEventId}`;
      if (this.#known.has(name)) continue;
      const owed = { key, state, events, transfer };
      if (!this.#turns.add(key.namespaceId, { name, owed })) break;
      this.#known.add(name);
    }
    this.#go();
  }

  /** A run that is no longer current was due to wake: whatever it owes is carried out again. */
  async remindPast({ namespaceId, workflowId, runId }: DueRun): Promise<void> {
    const key = { namespaceId, workflowId };
    const shard = shardOf(namespaceId, workflowId);
    const stored = await this.#parts.store.loadRun({ ...key, shard, runId });
    if (!stored) return;
    const state = decodeState(stored.state);
    this.carryOut({ key, state, events: [], transfers: transfersOf(state) });
  }

  #go(): void {
    while (!this.#stopped) {
      const next = this.#turns.begin();
      if (!next) return;
      void this.#carry(next.owed).finally(() => {
        this.#known.delete(next.name);
        this.#turns.end(next.owed.key.namespaceId);
        this.#go();
      });
    }
  }

  /** Never rejects: what failed is still owed, and the run's next wake-up tries again. */
  async #carry(owed: OwedTransfer): Promise<void> {
    const { kind, initiatedEventId } = owed.transfer;
    try {
      await carriers[kind](this.#parts, owed);
    } catch (error) {
      if (this.#stopped) return;
      this.#log.warn('work between workflows failed; it will be tried again', {
        kind,
        initiatedEventId,
        runId: owed.state.runId,
        error: String(error),
      });
    }
  }
}
