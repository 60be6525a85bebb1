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
        const call = stream.start(op.path, op.input);
        call.output.then(
          (data) => {
            observer.next({ result: { type: 'data', data } });
            observer.complete();
          },
          (error: Error) => observer.error(TRPCClientError.from(error)),
        );
        return () => call.abandon();
      });
}
