/**
 * Which code paths a run takes where its code has been patched (semantics 64). A patch is used by
 * runs that come to it for the first time, and on replay by those whose history holds its marker.
 */
import type { IndexedFields } from '@perdure/common';
import { IllegalStateError } from '@perdure/common';
import type { Run } from './run.ts';

/** Search attribute that lists the patches of a run. */
const CHANGE_VERSION = 'TemporalChangeVersion';
/** Largest list that is written, in bytes of JSON. */
const MAX_LIST_BYTES = 2048;

/** Patches of one run. */
export class Patches {
  /** In the history; on replay known ahead of need. */
  readonly known = new Set<string>();
  readonly sent = new Set<string>();
  /** What was answered where the history had nothing. */
  readonly answered = new Map<string, boolean>();
}

/**
 * Whether the run takes the new path; issues the marker the first time it does.
 *
 * @throws IllegalStateError while modules are loaded
 */
export function usePatch(run: Run, patchId: string, deprecated: boolean): boolean {
  if (!run.started) throw new IllegalStateError('Patches cannot be used before Workflow starts');
  const { patches } = run;
  const use = patches.known.has(patchId) || (patches.answered.get(patchId) ?? !run.isReplaying);
  if (run.readOnly) return use;
  patches.answered.set(patchId, use);
  if (use && !patches.sent.has(patchId)) sendMarker(run, patchId, deprecated);
  return use;
}

function sendMarker(run: Run, patchId: string, deprecated: boolean): void {
  const { sent } = run.patches;
  run.push({ kind: 'setPatchMarker', patchId, deprecated });
  sent.add(patchId);
  const fields: IndexedFields = {
    [CHANGE_VERSION]: { type: 'KEYWORD_LIST', value: Array.from(sent) },
  };
  const bytes = JSON.stringify(Array.from(sent)).length;
  if (bytes <= MAX_LIST_BYTES) run.push({ kind: 'upsertSearchAttributes', fields });
}
