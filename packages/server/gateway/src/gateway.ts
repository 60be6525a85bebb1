/**
 * The only listener. One port: the contract over HTTP (JSON) under `/trpc`, the stream (MessagePack
 * over WebSocket) at `/stream`, health at `/health`. Everyone is authenticated here, and nobody
 * gets past with a namespace that is not theirs.
 */
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { type Clock, type Logger, PerdureServiceError } from '@perdure/common';
import {
  type Caller,
  type ContractContext,
  type Services,
  appRouter,
  httpStatusOf,
  isOurFault,
} from '@perdure/contract';
import type { ControlPlane } from '@perdure/control-plane';
import type { DataPlane } from '@perdure/data-plane';
import { MAX_FRAME_BYTES } from '@perdure/protocol';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { bearerOf } from './bearer.ts';
import { cannotAuthenticate, logFault, nothingAt } from './faults.ts';
import { StreamServer } from './stream/stream-server.ts';

/** Largest body of an HTTP request, in bytes: what a frame of the stream may have. */
const MAX_BODY_BYTES = MAX_FRAME_BYTES;

/** Default of `connectionsPerNamespace`: a fleet of workers and clients, each with one or two. */
const CONNECTIONS_PER_NAMESPACE = 2_000;

/** Most calls in one HTTP request: each costs as much as one that comes alone. */
const MAX_BATCH = 100;

const machineClock: Clock = { now: () => Date.now() };

export interface GatewayParts {
  readonly dataPlane: DataPlane;
  readonly controlPlane: ControlPlane;
  readonly log: Logger;
  /** The data plane's: workers are told its time. Default: the machine's. */
  readonly clock?: Clock;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Most WebSocket connections of a namespace to this server. Default 2,000. */
  readonly connectionsPerNamespace?: number;
}

export interface Gateway {
  readonly host: string;
  readonly port: number;
  /** Says goodbye to everyone and stops listening. */
  close(): Promise<void>;
}

/** @throws Error with code EADDRINUSE when the port is taken */
export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { dataPlane, controlPlane, log, clock = machineClock, host = '127.0.0.1', port } = parts;
  const services: Services = { workflows: dataPlane.workflows, control: controlPlane.control };
  const app = httpApp(services, controlPlane, log);
  const { connectionsPerNamespace = CONNECTIONS_PER_NAMESPACE } = parts;
  const stream = new StreamServer({
    services,
    dataPlane,
    controlPlane,
    clock,
    log,
    connectionsPerNamespace,
  });
  const { server, port: actual } = await listen(app, host, port);
  stream.attach(server);
  return {
    host,
    port: actual,
    async close() {
      await stream.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type App = Hono<{ Variables: { caller: Caller } }>;

function httpApp(services: Services, controlPlane: ControlPlane, log: Logger): App {
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

function listen(
  app: App,
  hostname: string,
  port: number,
): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname, port }, (info) => {
      server.off('error', reject);
      resolve({ server, port: info.port });
    }) as Server;
    server.once('error', reject);
  });
}
