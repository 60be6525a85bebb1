/** Changing the code of workflows that are running (semantics 64). */
import { currentRun } from './runtime/current-run.ts';
import { usePatch } from './runtime/patches.ts';

/**
 * Whether the run takes the new path of a change: true for runs that come here for the first time,
 * which is noted in their history, and for replays of those; false on replay of a run that passed
 * before the change was made. The answer of a run never changes.
 *
 * @throws IllegalStateError at the top level of a module
 */
export function patched(patchId: string): boolean {
  return usePatch(currentRun('patched()'), patchId, false);
}

/**
 * Stands where `patched()` stood, once no run can still take the old path; take it away when no run
 * is open any more that has it.
 *
 * @throws IllegalStateError at the top level of a module
 */
export function deprecatePatch(patchId: string): void {
  usePatch(currentRun('deprecatePatch()'), patchId, true);
}
