/**
 * Where a history was fetched: whoever replays it in the same process opens it with the keys of the
 * client that fetched it. One that comes from a file has no origin.
 */
import type { KeyRing } from '@perdure/data-converter';
import { type HistoryEvent, toTemporalJson } from '@perdure/protocol';

/** What the client that fetched a history knows. */
export interface HistoryOrigin {
  readonly namespace: string;
  /** Null: payloads travel in the clear; undefined: as the environment says. */
  readonly keyRing: KeyRing | null | undefined;
}

const origins = new WeakMap<object, HistoryOrigin>();

/** Notes where a history was fetched, and has `JSON.stringify` write it in Temporal's JSON. */
export function withOrigin<H extends { readonly events: readonly HistoryEvent[] }>(
  history: H,
  origin: HistoryOrigin,
): H {
  origins.set(history, origin);
  const { namespace } = origin;
  const toJSON = () => toTemporalJson(history, { namespace });
  return Object.defineProperty(history, 'toJSON', { value: toJSON });
}

/** Where a history was fetched, if by a client of this process. */
export function originOf(history: object): HistoryOrigin | undefined {
  return origins.get(history);
}
