/**
 * The only listener. One port: the stream (MessagePack over WebSocket) at `/stream`, all else over
 * HTTP (`http-api.ts`). Everyone is authenticated here, and nobody gets past with a namespace that
 * is not theirs.
 */
import { type RequestListener, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Logger } from '@perdure/common';
import type { Services } from '@perdure/contract';
import type { ControlPlane } from '@perdure/control-plane';
import type { DataPlane } from '@perdure/data-plane';
import { logFault } from './faults.ts';
import type { HttpApiParts } from './http-api.ts';
import { StreamServer } from './stream/stream-server.ts';

/** Default of `connectionsPerNamespace`: a fleet of workers and clients, each with one or two. */
const CONNECTIONS_PER_NAMESPACE = 2_000;

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
  const server = createServer(httpWhenAsked({ services, controlPlane, log }));
  const { connectionsPerNamespace = CONNECTIONS_PER_NAMESPACE } = parts;
  const stream = new StreamServer({
    services,
    dataPlane,
    controlPlane,
    clock,
    log,
    connectionsPerNamespace,
  });
  const actual = await listen(server, host, port);
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

/**
 * Loaded with the first request: whoever is spoken to over the stream alone, as the time-skipping
 * test environment is, starts without it.
 */
function httpWhenAsked(parts: HttpApiParts): RequestListener {
  let loading: Promise<RequestListener> | undefined;
  return (request, response) => {
    loading ??= import('./http-api.ts').then(({ httpApi }) => httpApi(parts));
    loading.then(
      (listener) => listener(request, response),
      (error: unknown) => {
        loading = undefined;
        logFault(parts.log, request.url ?? '', error);
        response.destroy();
      },
    );
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
