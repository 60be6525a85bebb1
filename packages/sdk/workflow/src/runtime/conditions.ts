/** When the predicates of `condition()` are looked at (semantics §2). */
import type { Run } from './run.ts';

/**
 * Evaluates all waiting conditions in the order they were registered, again and again until a whole
 * pass unblocks none. Runs no microtask, so what an unblocked condition leads to happens later.
 *
 * @returns how many were unblocked
 */
export function unblockConditions(run: Run): number {
  let unblocked = 0;
  for (;;) {
    const before = unblocked;
    for (const condition of run.conditions) {
      if (!condition.predicate()) continue;
      run.conditions.delete(condition);
      condition.resolve();
      unblocked++;
    }
    if (unblocked === before) return unblocked;
  }
}
