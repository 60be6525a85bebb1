/**
 * One workflow in memory: its mailbox and its current run as last committed.
 *
 * States: *absent* (nothing known, a start may be tried at once), *loading*, *loaded* (state known,
 * possibly "no run"), and beside that *flying* while a transition of it is being committed.
 * Commands that arrive while it loads or flies wait and become one transition together.
 */
import type { EventOf } from '@perdure/protocol';
import type { ExecutionState } from '@perdure/engine';
import { type WorkflowKey, shardOf } from '@perdure/ports';
import { HistoryTail } from './history-tail.ts';
import type { Request } from './request.ts';

/** Told when a run closes. */
export type CloseListener = (closed: { runId: string; closeEvent: Uint8Array | undefined }) => void;

export class ExecutionEntry {
  readonly key: WorkflowKey;
  readonly shard: number;
  loading: 'absent' | 'loading' | 'loaded' = 'absent';
  flying = false;
  /** Set when what we believed has proved wrong: not even a start may be tried before a look. */
  mustLoad = false;
  /** The current run, as committed; undefined when there is none or it is not loaded. */
  state: ExecutionState | undefined;
  version = 0;
  tail = new HistoryTail();
  waiting: Request[] = [];
  /** ActivityTaskScheduled events still in memory, so that a dispatch need not read history. */
  readonly scheduledActivities = new Map<number, EventOf<'ActivityTaskScheduled'>>();
  readonly closeListeners = new Set<CloseListener>();
  /** The close event of {@link state}, while it is still at hand. */
  closeEvent: Uint8Array | undefined;

  constructor(key: WorkflowKey) {
    this.key = key;
    this.shard = shardOf(key.namespaceId, key.workflowId);
  }

  /** Whether it must stay in memory. */
  get busy(): boolean {
    return (
      this.flying ||
      this.loading === 'loading' ||
      this.waiting.length > 0 ||
      this.closeListeners.size > 0
    );
  }

  /** Takes over what the store holds. */
  load(state: ExecutionState | undefined, version: number): void {
    this.#forget();
    this.state = state;
    this.version = version;
    this.loading = 'loaded';
    this.mustLoad = false;
  }

  /** Drops what is believed of the run, to be read again; the mailbox stays. */
  distrust(): void {
    this.#forget();
    this.loading = 'absent';
    this.mustLoad = true;
  }

  #forget(): void {
    this.state = undefined;
    this.version = 0;
    this.tail = new HistoryTail();
    this.scheduledActivities.clear();
    this.closeEvent = undefined;
  }
}
