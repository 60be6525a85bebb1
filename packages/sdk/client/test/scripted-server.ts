/** A server that says what the test tells it to, over real sockets. */
import {
  type DownstreamMessage,
  STREAM_PATH,
  STREAM_PROTOCOL,
  type UpstreamMessage,
  decodeUpstream,
  encodeDownstream,
} from '@perdure/protocol';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

/** One connection, seen from the server. */
export class Peer {
  readonly ws: WebSocket;
  readonly heard: UpstreamMessage[] = [];
  /** Code and reason of the close. */
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (data) => this.heard.push(...decodeUpstream(data as Buffer)));
    this.closed = new Promise((resolve) =>
      ws.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
  }

  say(...messages: DownstreamMessage[]): void {
    this.ws.send(encodeDownstream(messages));
  }

  /** Resolves with the first message of a kind. */
  async hear<K extends UpstreamMessage['kind']>(
    kind: K,
  ): Promise<Extract<UpstreamMessage, { kind: K }>> {
    return soon(() => {
      const found = this.heard.find((message) => message.kind === kind);
      if (!found) throw new Error(`no ${kind} among ${JSON.stringify(this.heard)}`);
      return found as Extract<UpstreamMessage, { kind: K }>;
    });
  }
}

/** See the module comment. */
export class ScriptedServer {
  readonly peers: Peer[] = [];
  readonly #sockets: WebSocketServer;

  private constructor(port: number) {
    this.#sockets = new WebSocketServer({
      host: '127.0.0.1',
      port,
      path: STREAM_PATH,
      handleProtocols: () => STREAM_PROTOCOL,
    });
    this.#sockets.on('connection', (ws) => this.peers.push(new Peer(ws)));
  }

  /** @param port default: a free one */
  static async start(port = 0): Promise<ScriptedServer> {
    const server = new ScriptedServer(port);
    await once(server.#sockets, 'listening');
    return server;
  }

  get port(): number {
    return (this.#sockets.address() as AddressInfo).port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The n-th connection, from 0, once it is there. */
  peer(n: number): Promise<Peer> {
    return soon(() => {
      const peer = this.peers[n];
      if (!peer) throw new Error(`${this.peers.length} connections so far`);
      return peer;
    });
  }

  async close(): Promise<void> {
    for (const { ws } of this.peers) ws.terminate();
    await new Promise((resolve) => this.#sockets.close(resolve));
  }
}

/** What the look returns, once it does not throw. */
export function soon<T>(look: () => T): Promise<T> {
  return vi.waitFor(look, { interval: 2, timeout: 10_000 });
}
