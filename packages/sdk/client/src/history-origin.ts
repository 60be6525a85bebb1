/**
 * Where a history was fetched: whoever replays it in the same process opens it with the keys of the
 * client that fetched it. Nothing is written into the history; one that comes from a file has none.
 */
import type { KeyRing } from '@perdure/data-converter';

/** What the client that fetched a history knows. */
export interface HistoryOrigin {
  readonly namespace: string;
  /** Null: payloads travel in the clear; undefined: as the environment says. */
  readonly keyRing: KeyRing | null | undefined;
}

const origins = new WeakMap<object, HistoryOrigin>();

/** Notes where a history was fetched. */
export function withOrigin<H extends object>(history: H, origin: HistoryOrigin): H {
  origins.set(history, origin);
  return history;
}

/** Where a history was fetched, if by a client of this process. */
export function originOf(history: object): HistoryOrigin | undefined {
  return origins.get(history);
}
