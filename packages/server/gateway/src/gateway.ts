/**
 * The only listener. One port: the contract over HTTP (JSON) under `/trpc`, the stream (MessagePack
 * over WebSocket) at `/stream`, health at `/health`. Everyone is authenticated here, and nobody
 * gets past with a namespace that is not theirs.
 */
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { type Logger, PerdureServiceError } from '@perdure/common';
import { type ContractContext, type Services, appRouter } from '@perdure/contract';
import type { ControlPlane } from '@perdure/control-plane';
import type { DataPlane } from '@perdure/data-plane';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { Hono } from 'hono';
import { bearerOf } from './bearer.ts';
import { StreamServer } from './stream/stream-server.ts';

export interface GatewayParts {
  readonly dataPlane: DataPlane;
  readonly controlPlane: ControlPlane;
  readonly log: Logger;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port: number;
}

export interface Gateway {
  readonly host: string;
  readonly port: number;
  /** Says goodbye to everyone and stops listening. */
  close(): Promise<void>;
}

/** @throws Error with code EADDRINUSE when the port is taken */
export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { dataPlane, controlPlane, log, host = '127.0.0.1', port } = parts;
  const services: Services = { workflows: dataPlane.workflows, control: controlPlane.control };
  const app = httpApp(services, controlPlane);
  const stream = new StreamServer({ services, dataPlane, controlPlane, log });
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

function httpApp(services: Services, controlPlane: ControlPlane): Hono {
  const app = new Hono();
  app.get('/health', (c) => c.json({ status: 'ok' }));
  app.all('/trpc/*', async (c) => {
    const createContext = async (): Promise<ContractContext> => ({
      services,
      caller: await controlPlane.authenticate(bearerOf(c.req.header('authorization'))),
    });
    try {
      const context = await createContext();
      return await fetchRequestHandler({
        endpoint: '/trpc',
        req: c.req.raw,
        router: appRouter,
        createContext: () => context,
      });
    } catch (error) {
      if (!(error instanceof PerdureServiceError)) throw error;
      return c.json({ error: { code: error.code, message: error.message } }, 401);
    }
  });
  return app;
}

function listen(
  app: Hono,
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
