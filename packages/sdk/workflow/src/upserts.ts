/** Changing what others see of a run: memo, search attributes, details (semantics 65). */
import {
  type SearchAttributeUpdatePair,
  type SearchAttributes,
  indexedFieldsOf,
  mergeIndexedFields,
} from '@perdure/common';
import { commandingRun, startedRun } from './runtime/current-run.ts';
import { firstValueOf, payloadsOf } from './runtime/payloads.ts';
import type { Run } from './runtime/run.ts';

/**
 * Changes the memo, key by key at the first level; undefined or null takes a key away. Seen in
 * `workflowInfo().memo` at once.
 */
export function upsertMemo(memo: Record<string, unknown>): void {
  const run = commandingRun('upsertMemo()');
  const change = Object.entries(memo).map(([key, value]) => [key, value ?? null] as const);
  const merged = new Map(Object.entries(memoOf(run) ?? {}));
  for (const [key, value] of change) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  const next = Object.fromEntries(merged);
  run.push({
    kind: 'modifyWorkflowProperties',
    upsertedMemo: payloadsOf(run, [Object.fromEntries(change)]),
    memo: payloadsOf(run, [next]),
  });
  run.memo = next;
}

/** @internal The memo as it is now. */
export function memoOf(run: Run): Record<string, unknown> | undefined {
  return run.memo ?? firstValueOf<Record<string, unknown> | undefined>(run, run.facts?.memo);
}

/**
 * Changes search attributes, which the server can read. In the untyped form values are lists, and
 * none or undefined takes one away; in the typed form null does.
 *
 * @throws ValueError for a value that no search attribute can have
 */
export function upsertSearchAttributes(
  searchAttributes: SearchAttributes | SearchAttributeUpdatePair[],
): void {
  const run = commandingRun('upsertSearchAttributes()');
  const fields = indexedFieldsOf(searchAttributes);
  run.push({ kind: 'upsertSearchAttributes', fields });
  const before = run.changedSearchAttributes ?? run.facts?.searchAttributes ?? {};
  run.changedSearchAttributes = mergeIndexedFields(before, fields);
}

/** Text for people about where the run is; shown by tools that ask for its metadata. */
export function setCurrentDetails(details: string): void {
  startedRun('setCurrentDetails()').currentDetails = details;
}

/** What {@link setCurrentDetails} was last told; empty before. */
export function getCurrentDetails(): string {
  return startedRun('getCurrentDetails()').currentDetails;
}
