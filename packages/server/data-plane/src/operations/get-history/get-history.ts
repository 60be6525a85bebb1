import type { GetHistoryInput, GetHistoryOutput, NamespaceCaller } from '@perdure/contract';
import type { ExecutionState } from '@perdure/engine';
import { type WorkflowKey, shardOf } from '@perdure/ports';
import type { CloseListener } from '../../commit/execution-entry.ts';
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
  const key = { namespaceId: caller.namespaceId, workflowId: input.workflowId };
  let state = await findRun(parts, key, input.runId);
  if (input.waitForClose && state.status === 'RUNNING') {
    const closeEvent = await waitForClose(parts, key, state.runId, signal);
    if (closeEvent === 'open') return nothingYet(state);
    state = await findRun(parts, key, state.runId);
    if (input.closeEventOnly && closeEvent) return answer(state, closeEvent, undefined);
  }
  const from = input.closeEventOnly ? state.nextEventId - 1 : input.fromEventId;
  const run = { namespaceId: key.namespaceId, shard: shardOf(key.namespaceId, key.workflowId) };
  const page = await parts.store.readHistory({ ...run, runId: state.runId }, from, PAGE_BYTES);
  return answer(state, page.segment, page.nextEventId);
}

/** The encoded close event (undefined when no longer at hand), or `open` when waiting has ended. */
async function waitForClose(
  parts: OperationParts,
  key: WorkflowKey,
  runId: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined | 'open'> {
  const until = performance.now() + LONG_POLL_MS;
  for (;;) {
    const left = until - performance.now();
    if (left <= 0 || signal?.aborted) return 'open';
    const patience = parts.alone ? left : Math.min(left, LOOK_AGAIN_MS);
    const heard = await listenForClose(parts, key, { runId, patience, signal });
    if (heard !== 'open') return heard;
  }
}

/** Listens on this server; a close that another one commits is only found by looking again. */
async function listenForClose(
  { committer }: OperationParts,
  key: WorkflowKey,
  wait: { runId: string; patience: number; signal: AbortSignal | undefined },
): Promise<Uint8Array | undefined | 'open'> {
  const { runId, patience, signal } = wait;
  let hear: CloseListener = () => {};
  let stop = () => {};
  const closed = new Promise<Uint8Array | undefined | 'open'>((resolve) => {
    hear = (close) => resolve(close.runId === runId ? close.closeEvent : undefined);
    stop = () => resolve('open');
  });
  const entry = await committer.look(key, hear);
  const timer = setTimeout(stop, patience);
  signal?.addEventListener('abort', stop);
  try {
    const { state } = entry;
    if (state?.runId !== runId || state.status !== 'RUNNING') return undefined;
    return await closed;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    committer.unlisten(entry, hear);
  }
}

function nothingYet(state: ExecutionState): GetHistoryOutput {
  return answer(state, new Uint8Array(0), undefined);
}

function answer(
  { runId, status }: ExecutionState,
  events: Uint8Array,
  nextEventId: number | undefined,
): GetHistoryOutput {
  return { runId, status, events, nextEventId };
}
