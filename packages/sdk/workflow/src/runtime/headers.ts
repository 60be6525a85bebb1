/** Headers of a call: what interceptors pass along beside its arguments. */
import type { Headers } from '@perdure/common';

/** Headers for a command: undefined for none, which costs nothing. */
export function headersOrNone(headers: Headers): Headers | undefined {
  return Object.keys(headers).length === 0 ? undefined : headers;
}
