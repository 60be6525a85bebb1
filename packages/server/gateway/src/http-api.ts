/**
 * The contract over HTTP (JSON) under `/trpc`, and `/health`: for browsers, scripts and probes.
 * Everyone under `/trpc` is authenticated before a byte of the body is read.
 */
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Logger, PerdureServiceError } from '@perdure/common';
import {
  type Caller,
  type ContractContext,
  type Services,
  appRouter,
  httpStatusOf,
  isOurFault,
} from '@perdure/contract';
import type { ControlPlane } from '@perdure/control-plane';
import { MAX_FRAME_BYTES } from '@perdure/protocol';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { bearerOf } from './bearer.ts';
import { cannotAuthenticate, logFault, nothingAt } from './faults.ts';

/** Largest body of an HTTP request, in bytes: what a frame of the stream may have. */
const MAX_BODY_BYTES = MAX_FRAME_BYTES;

/** Most calls in one HTTP request: each costs as much as one that comes alone. */
const MAX_BATCH = 100;

type App = Hono<{ Variables: { caller: Caller } }>;

export interface HttpApiParts {
  readonly services: Services;
  readonly controlPlane: ControlPlane;
  readonly log: Logger;
}

/** Answers every request that is not the stream's. Never throws. */
export function httpApi(parts: HttpApiParts): RequestListener {
  const listener = getRequestListener(httpApp(parts).fetch);
  return (request, response) => void listener(request, response);
}

function httpApp({ services, controlPlane, log }: HttpApiParts): App {
  const app: App = new Hono();
  app.get('/health', (c) => c.json({ status: 'ok' }));
  // Before a byte of the body is read: strangers are not to fill memory.
  app.use('/trpc/*', async (c, next) => {
    c.set('caller', await controlPlane.authenticate(bearerOf(c.req.header('authorization'))));
    await next();
  });
  app.use('/trpc/*', bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => answer(bodyTooLarge()) }));
  app.all('/trpc/*', (c) => {
    const context: ContractContext = { services, caller: c.var.caller };
    return fetchRequestHandler({
      endpoint: '/trpc',
      req: c.req.raw,
      router: appRouter,
      maxBatchSize: MAX_BATCH,
      createContext: () => context,
      onError: ({ error, path }) => {
        if (isOurFault(error)) logFault(log, path ?? '', error.cause ?? error);
      },
    });
  });
  app.notFound((c) => answer(nothingAt(c.req.path), 404));
  app.onError((error, c) => {
    if (error instanceof PerdureServiceError) return answer(error);
    logFault(log, c.req.path, error);
    return answer(cannotAuthenticate());
  });
  return app;
}

function answer(refusal: PerdureServiceError, status = httpStatusOf[refusal.code]): Response {
  const { code, message } = refusal;
  return Response.json({ error: { code, message } }, { status });
}

function bodyTooLarge(): PerdureServiceError {
  return new PerdureServiceError(
    'PAYLOAD_TOO_LARGE',
    `a request may have ${MAX_BODY_BYTES} bytes; keep large data elsewhere and pass a reference`,
  );
}
