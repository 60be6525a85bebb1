/** A gateway on a free port over planes in memory, and raw sockets to it. */
import { randomUUID } from 'node:crypto';
import { type LogMetadata, silentLogger } from '@perdure/common';
import { type ControlPlane, createControlPlane } from '@perdure/control-plane';
import { type DataPlane, createDataPlane } from '@perdure/data-plane';
import type { TaskBroker } from '@perdure/ports';
import {
  type DownstreamMessage,
  STREAM_PATH,
  STREAM_PROTOCOL,
  type UpstreamMessage,
  decodeDownstream,
  encodeUpstream,
} from '@perdure/protocol';
import { type MemoryStore, createMemoryStore } from '@perdure/store-memory';
import { vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Gateway, type GatewayParts, startGateway } from '../src/index.ts';

export const operatorToken = 'operator-token';
const clock = { now: () => Date.now() };

/** Holds nothing: a server that is alone keeps what waits in its own memory. */
const emptyBroker: TaskBroker = {
  announce: async () => {},
  take: async () => [],
  onAnnounced: () => () => {},
  tell: () => {},
  onTold: () => () => {},
  intact: async () => true,
  close: async () => {},
};

export class TestGateway {
  readonly store: MemoryStore = createMemoryStore();
  readonly errors: string[] = [];
  readonly sockets: Socket[] = [];
  controlPlane!: ControlPlane;
  dataPlane!: DataPlane;
  gateway!: Gateway;

  async start(options: Partial<GatewayParts> = {}): Promise<this> {
    const error = (message: string, meta?: LogMetadata) =>
      void this.errors.push(`${message} ${JSON.stringify(meta ?? {})}`);
    const log = { ...silentLogger, error };
    this.controlPlane = createControlPlane({ store: this.store.control, clock, operatorToken });
    this.dataPlane = createDataPlane({
      executions: this.store.executions,
      visibility: this.store.visibility,
      sessions: this.store.sessions,
      letters: this.store.letters,
      broker: emptyBroker,
      clock,
      log,
      newRunId: () => randomUUID(),
      alone: true,
    });
    this.dataPlane.start();
    const { dataPlane, controlPlane } = this;
    this.gateway = await startGateway({ dataPlane, controlPlane, log, port: 0, ...options });
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${this.gateway.port}`;
  }

  /** A namespace that takes plaintext, with a key. */
  async key(namespace: string): Promise<{ id: string; key: string }> {
    await this.controlPlane.control.createNamespace({ name: namespace, sealed: false });
    return this.controlPlane.control.createApiKey({ namespace, label: 'test' });
  }

  async connect(key: string): Promise<Socket> {
    const socket = new Socket(this.gateway.port, key);
    this.sockets.push(socket);
    await socket.opened;
    return socket;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.ws.terminate();
    await this.gateway.close();
    await this.dataPlane.close();
  }
}

export class Socket {
  readonly ws: WebSocket;
  readonly heard: DownstreamMessage[] = [];
  readonly opened: Promise<void>;
  readonly closed: Promise<number>;
  #callId = 0;

  constructor(port: number, key: string, protocol = STREAM_PROTOCOL) {
    this.ws = new WebSocket(`ws://127.0.0.1:${port}${STREAM_PATH}`, protocol, {
      headers: { authorization: `Bearer ${key}` },
    });
    this.ws.on('message', (data) => this.heard.push(...decodeDownstream(data as Buffer)));
    this.opened = new Promise((resolve, reject) => {
      this.ws.once('open', () => resolve());
      this.ws.once('error', reject);
    });
    this.closed = new Promise((resolve) => this.ws.once('close', (code) => resolve(code)));
    this.ws.on('error', () => {});
  }

  say(...messages: UpstreamMessage[]): void {
    this.ws.send(encodeUpstream(messages));
  }

  /** Resolves with the reply or the refusal. */
  async call(path: string, input: unknown): Promise<DownstreamMessage> {
    const callId = (this.#callId += 1);
    this.say({ kind: 'call', callId, path, input });
    return this.hear((message) => 'callId' in message && message.callId === callId);
  }

  async hear(wanted: (message: DownstreamMessage) => boolean): Promise<DownstreamMessage> {
    return vi.waitFor(
      () => {
        const found = this.heard.find(wanted);
        if (!found) throw new Error(`not heard; so far ${JSON.stringify(this.heard)}`);
        return found;
      },
      { interval: 2, timeout: 4_000 },
    );
  }
}
