import type { GetHistoryInput, GetHistoryOutput, NamespaceCaller } from '@perdure/contract';
import type { ExecutionState } from '@perdure/engine';
import { type WorkflowKey, shardOf } from '@perdure/ports';
import type { ClosedRun } from '../../commit/execution-entry.ts';
import { findRun } from '../find-run.ts';
import type { OperationParts } from '../parts.ts';

/** Longest wait for a close; the client asks again. */
const LONG_POLL_MS = 20_000;
/** How often a wait looks for a close that another server may have committed, in milliseconds. */
const LOOK_AGAIN_MS = 1_000;
/** Bytes of history in one answer, about. */
const PAGE_BYTES = 1024 * 1024;

/** Events of a run, or its close as soon as it happens. */
export async function getHistory(
  parts: OperationParts,
  caller: NamespaceCaller,
  input: GetHistoryInput,
  signal: AbortSignal | undefined,
): Promise<GetHistoryOutput> {
  const { workflowId } = input;
  const key = { namespaceId: caller.namespaceId, workflowId };
  let { runId } = input;
  if (input.waitForClose) {
    const seen = await waitForClose(parts, key, runId, signal);
    if (seen.kind === 'open') return { ...seen.run, events: NOTHING, nextEventId: undefined };
    if (seen.kind === 'closed' && input.closeEventOnly) {
      const { closeEvent: events, ...run } = seen.run;
      return { ...run, events, nextEventId: undefined };
    }
    runId = seen.run?.runId ?? runId;
  }
  const state = await findRun(parts, key, runId);
  const from = input.closeEventOnly ? state.nextEventId - 1 : input.fromEventId;
  const run = { ...key, shard: shardOf(key.namespaceId, workflowId), runId: state.runId };
  const { segment: events, nextEventId } = await parts.store.readHistory(run, from, PAGE_BYTES);
  return { runId: state.runId, status: state.status, events, nextEventId };
}

const NOTHING = new Uint8Array(0);

interface RunStatus {
  readonly runId: string;
  readonly status: ExecutionState['status'];
}

/** What a wait for a close comes to. */
type Seen =
  | { readonly kind: 'closed'; readonly run: ClosedRun }
  | { readonly kind: 'open'; readonly run: RunStatus }
  /** The store knows better: the run closed before, or is not the current one. */
  | { readonly kind: 'past'; readonly run: RunStatus | undefined };

/** @param wanted a run; undefined means the current one */
async function waitForClose(
  parts: OperationParts,
  key: WorkflowKey,
  wanted: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Seen> {
  const until = performance.now() + LONG_POLL_MS;
  let runId = wanted;
  for (;;) {
    const left = Math.max(until - performance.now(), 0);
    const patience = parts.alone ? left : Math.min(left, LOOK_AGAIN_MS);
    const seen = await listenForClose(parts, key, { runId, patience, signal });
    if (seen.kind !== 'open' || patience === left || signal?.aborted) return seen;
    ({ runId } = seen.run);
  }
}

/** Listens on this server; a close that another one commits is only found by looking again. */
async function listenForClose(
  { committer }: OperationParts,
  key: WorkflowKey,
  wait: { runId: string | undefined; patience: number; signal: AbortSignal | undefined },
): Promise<Seen> {
  let hear: (closed: ClosedRun | undefined) => void = () => {};
  const heard = new Promise<ClosedRun | undefined>((resolve) => (hear = resolve));
  const entry = await committer.look(key, hear);
  const stop = () => hear(undefined);
  const timer = setTimeout(stop, wait.patience);
  wait.signal?.addEventListener('abort', stop);
  if (wait.signal?.aborted) stop();
  try {
    const { state, closed } = entry;
    if (!state || (wait.runId !== undefined && state.runId !== wait.runId)) {
      return { kind: 'past', run: undefined };
    }
    const { runId, status } = state;
    if (status !== 'RUNNING') {
      return closed?.runId === runId
        ? { kind: 'closed', run: closed }
        : { kind: 'past', run: { runId, status } };
    }
    const close = await heard;
    if (!close) return { kind: 'open', run: { runId, status } };
    return close.runId === runId ? { kind: 'closed', run: close } : { kind: 'past', run: state };
  } finally {
    clearTimeout(timer);
    wait.signal?.removeEventListener('abort', stop);
    committer.unlisten(entry, hear);
  }
}
