/**
 * The WebSocket side of the gateway: accepts connections of authenticated callers, closes those
 * whose key has been revoked, pings so that dead ones are noticed.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, type Logger, PerdureServiceError } from '@perdure/common';
import { type Caller, type Services, httpStatusOf } from '@perdure/contract';
import type { ControlPlane } from '@perdure/control-plane';
import type { DataPlane } from '@perdure/data-plane';
import { MAX_FRAME_BYTES, PING_INTERVAL_MS, STREAM_PATH, STREAM_PROTOCOL } from '@perdure/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { bearerOf } from '../bearer.ts';
import { cannotAuthenticate, logFault, nothingAt } from '../faults.ts';
import { Headcount } from './headcount.ts';
import { StreamConnection } from './stream-connection.ts';

export interface StreamParts {
  readonly services: Services;
  readonly dataPlane: DataPlane;
  readonly controlPlane: ControlPlane;
  readonly clock: Clock;
  readonly log: Logger;
  /** Most connections of a namespace to this server. */
  readonly connectionsPerNamespace: number;
}

export class StreamServer {
  readonly #parts: StreamParts;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => offered.has(STREAM_PROTOCOL) && STREAM_PROTOCOL,
  });
  readonly #connections = new Set<StreamConnection>();
  readonly #headcount: Headcount;
  readonly #stopListening: () => void;
  readonly #checks: NodeJS.Timeout;
  #checkingKeys = false;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.#headcount = new Headcount(parts.connectionsPerNamespace);
    this.#stopListening = parts.controlPlane.onRevoked((id) => this.#endKey(id));
    this.#checks = setInterval(() => this.#check(), PING_INTERVAL_MS);
    this.#checks.unref();
  }

  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  async close(): Promise<void> {
    clearInterval(this.#checks);
    this.#stopListening();
    for (const connection of this.#connections) {
      connection.goodbye('UNAVAILABLE', 'the server is shutting down; reconnect');
    }
    this.#sockets.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const client of this.#sockets.clients) client.terminate();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      if (pathOf(request) !== STREAM_PATH) {
        return refuseUpgrade(socket, 404, nothingAt(request.url ?? ''));
      }
      if (!offersProtocol(request)) return refuseUpgrade(socket, 400, otherProtocol());
      const caller = await this.#parts.controlPlane.authenticate(
        bearerOf(request.headers.authorization),
      );
      // Gone while its key was looked up: nothing would count it out again.
      if (socket.destroyed) return;
      const leave = this.#headcount.enter(caller);
      // However the upgrade ends, the socket closes once.
      socket.once('close', leave);
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#accept(ws, caller));
    } catch (error) {
      const refusal = error instanceof PerdureServiceError ? error : cannotAuthenticate();
      if (refusal !== error) logFault(this.#parts.log, STREAM_PATH, error);
      refuseUpgrade(socket, httpStatusOf[refusal.code], refusal);
    }
  }

  #accept(ws: WebSocket, caller: Caller): void {
    const { services, dataPlane, clock, log } = this.#parts;
    const connection = new StreamConnection(ws, caller, { services, dataPlane, clock, log });
    this.#connections.add(connection);
    ws.once('close', () => this.#connections.delete(connection));
  }

  /** A look at the live connections: dead peers, revoked keys. */
  #check(): void {
    for (const connection of this.#connections) connection.checkAlive();
    void this.#checkKeys();
  }

  /** A look that takes longer than the time between two is not joined by another. */
  async #checkKeys(): Promise<void> {
    if (this.#checkingKeys) return;
    this.#checkingKeys = true;
    const keys = new Set<string>();
    for (const { caller } of this.#connections) {
      if (caller.kind === 'namespace') keys.add(caller.apiKeyId);
    }
    for (const key of keys) {
      // A store that cannot be asked is no reason to end a connection.
      const valid = await this.#parts.controlPlane.isStillValid(key).catch(() => true);
      if (!valid) this.#endKey(key);
    }
    this.#checkingKeys = false;
  }

  #endKey(apiKeyId: string): void {
    for (const connection of this.#connections) {
      const { caller } = connection;
      if (caller.kind !== 'namespace' || caller.apiKeyId !== apiKeyId) continue;
      connection.goodbye('UNAUTHENTICATED', `API key ${apiKeyId} has been revoked; use another`);
    }
  }
}

function pathOf({ url = '/' }: IncomingMessage): string | undefined {
  const base = 'http://localhost';
  return URL.canParse(url, base) ? new URL(url, base).pathname : undefined;
}

function offersProtocol({ headers }: IncomingMessage): boolean {
  const offered = headers['sec-websocket-protocol']?.split(',') ?? [];
  return offered.some((each) => each.trim() === STREAM_PROTOCOL);
}

function otherProtocol(): PerdureServiceError {
  return new PerdureServiceError(
    'INVALID_ARGUMENT',
    `this server speaks '${STREAM_PROTOCOL}'; use an SDK of the same version`,
  );
}

function refuseUpgrade(socket: Duplex, status: number, refusal: PerdureServiceError): void {
  const { code, message } = refusal;
  const body = JSON.stringify({ error: { code, message } });
  // A peer that keeps its half open would keep the server from closing.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
