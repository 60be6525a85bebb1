/** A server that says to workers what the test tells it to, over real sockets. */
import {
  type DownstreamMessage,
  STREAM_PROTOCOL,
  type UpstreamMessage,
  decodeUpstream,
  encodeDownstream,
} from '@perdure/protocol';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

type Message<K extends UpstreamMessage['kind']> = Extract<UpstreamMessage, { kind: K }>;

/** See the module comment. Connections are numbered from 0, in the order in which they came. */
export class ScriptedServer {
  readonly #sockets: WebSocketServer;
  readonly #connections: { ws: WebSocket; heard: UpstreamMessage[] }[] = [];

  private constructor() {
    const handleProtocols = () => STREAM_PROTOCOL;
    this.#sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols });
    this.#sockets.on('connection', (ws) => {
      const heard: UpstreamMessage[] = [];
      ws.on('message', (data) => heard.push(...decodeUpstream(data as Buffer)));
      this.#connections.push({ ws, heard });
    });
  }

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    await once(server.#sockets, 'listening');
    return server;
  }

  get address(): string {
    return `127.0.0.1:${(this.#sockets.address() as AddressInfo).port}`;
  }

  /** What a connection has heard of a kind, once that is so many. */
  hear<K extends UpstreamMessage['kind']>(n: number, kind: K, count = 1): Promise<Message<K>[]> {
    return vi.waitFor(
      () => {
        const heard = this.#connections[n]?.heard ?? [];
        const found = heard.filter((message) => message.kind === kind);
        if (found.length < count) throw new Error(`${found.length} of ${count} ${kind} heard`);
        return found as Message<K>[];
      },
      { interval: 2, timeout: 10_000 },
    );
  }

  say(n: number, ...messages: DownstreamMessage[]): void {
    this.#connections[n]!.ws.send(encodeDownstream(messages));
  }

  /** Lets the worker of a connection in; returns its hello. */
  async letIn(n: number): Promise<Message<'openWorker'>> {
    const [hello] = await this.hear(n, 'openWorker');
    const { channel } = hello!;
    this.say(n, { kind: 'workerOpened', channel, serverTimeMs: 1_000 });
    return hello!;
  }

  /** Ends a connection without a word. */
  breakOff(n: number): void {
    this.#connections[n]!.ws.terminate();
  }

  async close(): Promise<void> {
    for (const { ws } of this.#connections) ws.terminate();
    await new Promise((resolve) => this.#sockets.close(resolve));
  }
}

/** What it says to hand over one attempt of an activity of type `act`. */
export function givingActivity(
  channel: number,
  token: { workflowId: string; runId: string; scheduledEventId: number; attempt: number },
): DownstreamMessage {
  const task = {
    token,
    workflowType: 'test',
    activityId: '1',
    activityType: 'act',
    scheduledTimeMs: 1,
    currentAttemptScheduledTimeMs: 1,
    startedTimeMs: 1,
  };
  const rest = { acks: [], workflowTasks: [] };
  return { kind: 'tasks', channel, serverTimeMs: 1_000, ...rest, activityTasks: [task] };
}
