/**
 * A peer of the gateway without the SDK: says and hears single messages of the stream, so that a
 * test can break the rules, or do nothing at all.
 */
import {
  type DownstreamMessage,
  type OpenWorker,
  STREAM_PATH,
  STREAM_PROTOCOL,
  type UpstreamMessage,
  decodeDownstream,
  encodeUpstream,
} from '@perdure/protocol';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { eventually } from '../eventually.ts';
import type { PlatformAccess } from '../platform.ts';
import type { Stage } from '../stage.ts';

type MessageOf<K extends DownstreamMessage['kind']> = Extract<DownstreamMessage, { kind: K }>;

/** How the server ended a connection. */
export interface StreamEnd {
  readonly code: number;
  readonly reason: string;
}

/** See the module comment. */
export class RawStream {
  readonly received: DownstreamMessage[] = [];
  /** Resolves when the connection has ended. */
  readonly ended: Promise<StreamEnd>;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.received.push(...decodeDownstream(data as Buffer)));
    socket.on('error', () => {});
    this.ended = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  /** @throws Error when the server refuses the handshake */
  static async open(
    stage: Stage,
    address: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<RawStream> {
    const socket = new WebSocket(`ws://${address}${STREAM_PATH}`, STREAM_PROTOCOL, { headers });
    const stream = new RawStream(socket);
    await once(socket, 'open');
    stage.add('raw stream', () => stream.break());
    return stream;
  }

  /** Opens one that the platform lets in. */
  static connect(stage: Stage, { address, apiKey }: PlatformAccess): Promise<RawStream> {
    return RawStream.open(stage, address, { authorization: `Bearer ${apiKey}` });
  }

  say(...messages: UpstreamMessage[]): void {
    this.#socket.send(encodeUpstream(messages));
  }

  sayBytes(frame: Uint8Array | string): void {
    this.#socket.send(frame);
  }

  /** The first message of a kind that fits, waited for. */
  hear<K extends DownstreamMessage['kind']>(
    kind: K,
    fits: (message: MessageOf<K>) => boolean = () => true,
  ): Promise<MessageOf<K>> {
    return eventually(() => {
      const found = this.received.find(
        (message): message is MessageOf<K> =>
          message.kind === kind && fits(message as MessageOf<K>),
      );
      if (found) return found;
      const kinds = this.received.map((message) => message.kind).join(', ');
      throw new Error(`wanted a message '${kind}'; got ${kinds || 'nothing'}`);
    });
  }

  /** Opens a worker in a channel and waits until the server takes it. Never completes anything. */
  async openWorker(
    platform: PlatformAccess,
    facts: Pick<OpenWorker, 'taskQueue'> & Partial<OpenWorker>,
  ): Promise<void> {
    this.say({
      kind: 'openWorker',
      channel: 1,
      sessionId: randomUUID(),
      namespace: platform.namespace,
      identity: 'raw',
      workflowTypes: [],
      activityTypes: [],
      workflowCredit: 0,
      activityCredit: 0,
      runningActivities: [],
      runningWorkflowTasks: [],
      ...facts,
    });
    await this.hear('workerOpened');
  }

  /** Breaks the connection as a crash would: without goodbye. */
  break(): void {
    this.#socket.terminate();
  }
}
