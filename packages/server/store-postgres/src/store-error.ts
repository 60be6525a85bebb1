/** Which errors of the driver mean what. */
import { StoreUnavailableError } from '@perdure/ports';

/** The five-character code of an error that Postgres itself reported, or undefined. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !nodeCodes.has(code)
    ? code
    : undefined;
}

// Node's own codes that happen to have five letters.
const nodeCodes = new Set(['EPERM', 'EBUSY', 'EPIPE', 'EBADF', 'ENXIO']);

/** Deadlock or serialization failure: nothing was written, and the same statement may succeed. */
export function isTransient(error: unknown): boolean {
  return ['40P01', '40001', '55P03'].includes(sqlStateOf(error) ?? '');
}

/** A unique key was violated: nothing was written. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlStateOf(error) === '23505';
}

/**
 * Whether the server refuses or ends connections (class 08, shutdown and start-up, too many
 * connections, no disk or memory), gave a statement up, or the connection itself broke.
 */
function isUnavailable(error: unknown): boolean {
  if (error instanceof StoreUnavailableError) return true;
  const state = sqlStateOf(error);
  if (state === undefined) return !(error instanceof TypeError || error instanceof RangeError);
  return /^(08|53|57|58)/.test(state);
}

/** What to throw for an error of the driver: `StoreUnavailableError` where it is one. */
export function asStoreError(error: unknown, doing: string): unknown {
  if (error instanceof StoreUnavailableError || !isUnavailable(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreUnavailableError(`Postgres did not finish ${doing}: ${reason}`, { cause: error });
}
