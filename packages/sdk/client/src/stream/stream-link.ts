/**
 * A terminating tRPC link over the stream: the same router, without the timer that tRPC's own
 * WebSocket client waits for before each send.
 */
import type { AppRouter } from '@perdure/contract';
import { TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { StreamClient } from './stream-client.ts';

export function streamLink(stream: StreamClient): TRPCLink<AppRouter> {
  return () =>
    ({ op }) =>
      observable((observer) => {
        const abort = new AbortController();
        const signal = op.signal ? AbortSignal.any([op.signal, abort.signal]) : abort.signal;
        let done = false;
        stream.call(op.path, op.input, signal).then(
          (data) => {
            done = true;
            observer.next({ result: { type: 'data', data } });
            observer.complete();
          },
          (error: Error) => {
            done = true;
            observer.error(TRPCClientError.from(error));
          },
        );
        return () => {
          if (!done) abort.abort();
        };
      });
}
