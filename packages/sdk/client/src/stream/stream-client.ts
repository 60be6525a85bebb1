/**
 * The SDK's end of the one WebSocket (see protocol/stream): calls and worker channels share it.
 *
 * States: *connecting*, *open*, *waiting* (between two tries), *closed*. While it is not open,
 * calls wait. After a reconnect every call that had no reply is sent again, which is safe because
 * writes carry request ids, and every channel is told to introduce itself anew.
 *
 * It keeps the process from ending only while somebody waits for a reply or a worker has a channel, so
 * a program that has done its work ends without closing its connection.
 *
 * A server that falls silent (it pings every 2 s), or whose frame cannot be read, is left and
 * called anew.
 */
import { PerdureServiceError, ValueError } from '@perdure/common';
import {
  type DownstreamMessage,
  MAX_FRAME_BYTES,
  STREAM_PROTOCOL,
  type UpstreamMessage,
  decodeDownstream,
} from '@perdure/protocol';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Credentials } from '../credentials.ts';
import { framesOf } from './frames.ts';
import {
  distrusted,
  isDistrust,
  isFinal,
  passes,
  refusalOf,
  streamUrl,
  textOf,
  unreachable,
} from './handshake.ts';
import { Lifeline } from './lifeline.ts';
import { reconnectDelay } from './reconnect-delay.ts';

/** Code of a WebSocket close after a frame that cannot be read. */
const PROTOCOL_ERROR = 1002;
/** How long the server gets to answer a handshake, in milliseconds; then another is tried. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** How long the server gets to answer a close, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1_000;

type MessageOf<K extends DownstreamMessage['kind']> = Extract<DownstreamMessage, { kind: K }>;
type CallMessage = Extract<UpstreamMessage, { kind: 'call' }>;

/** What a worker hears on its channel. */
export interface ChannelListener {
  /** The socket is open (again): introduce yourself. */
  connected(): void;
  /** @param why what is known of the reason */
  disconnected(why: string): void;
  opened(message: MessageOf<'workerOpened'>): void;
  refused(message: MessageOf<'workerRefused'>): void;
  tasks(message: MessageOf<'tasks'>): void;
  cancelActivities(message: MessageOf<'cancelActivities'>): void;
  /** The connection has ended for good. */
  failed(error: Error): void;
}

/** A worker's way to the server. */
export interface Channel {
  readonly number: number;
  /** Messages said in the same turn leave in one frame; while disconnected they are dropped. */
  send(message: UpstreamMessage): void;
  /** See {@link StreamClient.isCountedOn}. */
  isCountedOn(): true | Promise<boolean>;
  close(): void;
}

export interface StreamClientOptions {
  /** `host:port`, or a URL. */
  readonly address: string;
  /** Asked before every handshake. */
  readonly credentials: Credentials;
  /** For the first connection, in milliseconds. */
  readonly connectTimeoutMs: number;
}

interface PendingCall {
  readonly message: CallMessage;
  resolve(output: unknown): void;
  reject(error: Error): void;
}

export class StreamClient {
  readonly #options: StreamClientOptions;
  readonly #calls = new Map<number, PendingCall>();
  readonly #channels = new Map<number, ChannelListener>();
  readonly #lifeline = new Lifeline((socket, ms) => {
    this.#leftBecause = `the server has not been heard for ${ms} ms`;
    socket.terminate();
  });
  #state: 'connecting' | 'open' | 'waiting' | 'closed' = 'waiting';
  #socket: WebSocket | undefined;
  /** What the socket stands on, once it is open. */
  #transport: Socket | undefined;
  /** Whether the process is kept from ending. */
  #holding = true;
  #outgoing: UpstreamMessage[] = [];
  #nextId = 1;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #end: Error | undefined;
  #lastGoodbye: MessageOf<'goodbye'> | undefined;
  /** What the last handshake said who we are. */
  #offeredKey: string | undefined;
  /** Why we left the socket, if it was us. */
  #leftBecause: string | undefined;

  constructor(options: StreamClientOptions) {
    this.#options = options;
  }

  /**
   * Connects; later breaks are mended without being asked, for as long as it takes.
   *
   * @throws PerdureServiceError UNAUTHENTICATED, or UNAVAILABLE when nobody answers in time
   */
  async connect(): Promise<void> {
    const { address, connectTimeoutMs } = this.#options;
    const deadline = Date.now() + connectTimeoutMs;
    for (;;) {
      try {
        const left = Math.max(deadline - Date.now(), 1);
        return await this.#open(Math.min(left, HANDSHAKE_TIMEOUT_MS));
      } catch (error) {
        if (isFinal(error) || error instanceof ValueError) throw error;
        if (isDistrust(error)) throw distrusted(address, error);
        if (Date.now() >= deadline) throw unreachable(address, error);
        await new Promise((resolve) => setTimeout(resolve, reconnectDelay(++this.#failures)));
      }
    }
  }

  /** Calls a procedure of the contract. Rejects with what the server refused it for. */
  call(path: string, input: unknown): Promise<unknown> {
    return this.start(path, input).output;
  }

  /** {@link call}, with the means to give it up: then its promise never settles. */
  start(
    path: string,
    input: unknown,
  ): { readonly output: Promise<unknown>; readonly abandon: () => void } {
    if (this.#end) return { output: Promise.reject(this.#end), abandon() {} };
    const callId = this.#nextId++;
    const message: CallMessage = { kind: 'call', callId, path, input };
    const output = new Promise<unknown>((resolve, reject) => {
      this.#calls.set(callId, { message, resolve, reject });
    });
    this.#holdProcess();
    if (this.#state === 'open') this.#send(message);
    return { output, abandon: () => this.#abandon(callId) };
  }

  /** Opens a channel for a worker. */
  openChannel(listener: ChannelListener): Channel {
    const number = this.#nextId++;
    this.#channels.set(number, listener);
    this.#holdProcess();
    if (this.#state === 'open') queueMicrotask(() => listener.connected());
    return {
      number,
      send: (message) => this.#send(message),
      isCountedOn: () => this.isCountedOn(),
      close: () => {
        this.#channels.delete(number);
        this.#holdProcess();
      },
    };
  }

  /**
   * Whether the server still counts on what it has given to this process. After a standstill it may
   * have handed it on, and the process reads its old mail as if nothing had happened: then the
   * server is asked, and what it answers is waited for.
   *
   * @returns true at once as long as the process has not stood still; else whether the server
   *   answers on this very connection
   */
  isCountedOn(): true | Promise<boolean> {
    return this.#lifeline.isCountedOn();
  }

  /** Ends the connection; calls under way are rejected. What was said before still leaves. */
  async close(): Promise<void> {
    this.#finish(
      new PerdureServiceError('UNAVAILABLE', 'the connection was closed by this process'),
    );
    const socket = this.#socket;
    if (!socket || socket.readyState === WebSocket.CLOSED) return;
    // Who waits for the end is to see it.
    this.#transport?.ref();
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.close();
      setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS).unref();
    });
  }

  async #open(timeoutMs: number): Promise<void> {
    this.#state = 'connecting';
    const { address, credentials } = this.#options;
    const headers = credentials.headers();
    this.#offeredKey = headers['authorization'];
    const socket = new WebSocket(streamUrl(address), STREAM_PROTOCOL, {
      ...credentials.secure,
      headers,
      handshakeTimeout: timeoutMs,
      // The server is trusted, and a page of history is as large as what was committed at once.
      maxPayload: 0,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      socket.once('upgrade', ({ socket: transport }) => (this.#transport = transport));
      socket.once('open', () => {
        this.#opened(socket);
        resolve();
      });
      socket.on('message', (data) => this.#receive(socket, data as Buffer));
      socket.once('unexpected-response', (request, response) => {
        void refusalOf(request, response).then(reject);
      });
      socket.on('error', reject);
      socket.once('close', () => {
        reject(new Error('the connection was closed during the handshake'));
        this.#broken(socket);
      });
    });
  }

  #opened(socket: WebSocket): void {
    this.#state = 'open';
    this.#lastGoodbye = undefined;
    this.#leftBecause = undefined;
    this.#lifeline.opened(socket);
    this.#outgoing = [];
    for (const { message } of this.#calls.values()) this.#send(message);
    for (const listener of this.#channels.values()) listener.connected();
    this.#holding = true;
    this.#holdProcess();
  }

  #broken(socket: WebSocket): void {
    if (socket !== this.#socket || this.#state === 'closed') return;
    const wasOpen = this.#state === 'open';
    this.#state = 'waiting';
    this.#lifeline.broken();
    if (!wasOpen) return;
    const goodbye = this.#lastGoodbye;
    const why = this.#leftBecause ?? goodbye?.message ?? 'the connection broke';
    for (const listener of this.#channels.values()) listener.disconnected(why);
    // Clients have no logger; workers have.
    if (this.#leftBecause && this.#channels.size === 0) process.emitWarning(reconnecting(why));
    if (goodbye && goodbye.code !== 'UNAVAILABLE' && !this.#hasAnotherKey()) {
      return this.#finish(new PerdureServiceError(goodbye.code, goodbye.message));
    }
    this.#reconnect();
  }

  /** Whether the key has been exchanged since the handshake: the new one is worth a try. */
  #hasAnotherKey(): boolean {
    try {
      return this.#options.credentials.headers()['authorization'] !== this.#offeredKey;
    } catch {
      return false;
    }
  }

  #reconnect(): void {
    this.#retry = setTimeout(
      () => {
        this.#open(HANDSHAKE_TIMEOUT_MS).catch((error: unknown) => {
          if (this.#state === 'closed') return;
          if (error instanceof PerdureServiceError && !passes(error)) this.#finish(error);
          else this.#reconnect();
        });
      },
      reconnectDelay(this.#failures++),
    );
    if (!this.#holding) this.#retry.unref();
  }

  /** Holds the process or lets it go, if that has changed. */
  #holdProcess(): void {
    const holding = this.#calls.size > 0 || this.#channels.size > 0;
    if (holding === this.#holding) return;
    this.#holding = holding;
    const change = holding ? 'ref' : 'unref';
    this.#transport?.[change]();
    this.#retry?.[change]();
  }

  #finish(error: Error): void {
    if (this.#state === 'closed') return;
    this.#flush();
    this.#state = 'closed';
    this.#end = error;
    clearTimeout(this.#retry);
    this.#lifeline.close();
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
    for (const listener of this.#channels.values()) listener.failed(error);
    this.#channels.clear();
  }

  #receive(socket: WebSocket, frame: Buffer): void {
    if (this.#leftBecause !== undefined) return;
    this.#lifeline.heard();
    let messages: DownstreamMessage[];
    try {
      messages = decodeDownstream(frame);
    } catch (error) {
      return this.#leave(socket, `a frame of the server cannot be read (${textOf(error)})`);
    }
    // Not at the handshake: a server that says nothing sensible is not to be called in a loop.
    this.#failures = 0;
    for (const message of messages) this.#handle(message);
  }

  /** Nothing more is heard from the socket, and its end leads to a new one. */
  #leave(socket: WebSocket, why: string): void {
    this.#leftBecause = why;
    socket.close(PROTOCOL_ERROR, why.slice(0, 40));
    setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS).unref();
  }

  #handle(message: DownstreamMessage): void {
    switch (message.kind) {
      case 'reply':
        return this.#settle(message.callId, (call) => call.resolve(message.output));
      case 'error': {
        const { code, message: text, fields } = message;
        const error = new PerdureServiceError(code, text, fields ?? {});
        return this.#settle(message.callId, (call) => call.reject(error));
      }
      case 'goodbye':
        this.#lastGoodbye = message;
        return;
      case 'workerOpened':
        return this.#channels.get(message.channel)?.opened(message);
      case 'workerRefused':
        return this.#channels.get(message.channel)?.refused(message);
      case 'tasks':
        return this.#channels.get(message.channel)?.tasks(message);
      case 'cancelActivities':
        return this.#channels.get(message.channel)?.cancelActivities(message);
    }
  }

  #settle(callId: number, settle: (call: PendingCall) => void): void {
    const call = this.#calls.get(callId);
    this.#calls.delete(callId);
    this.#holdProcess();
    if (call) settle(call);
  }

  #abandon(callId: number): void {
    if (!this.#calls.delete(callId)) return;
    this.#holdProcess();
    this.#send({ kind: 'cancelCall', callId });
  }

  #send(message: UpstreamMessage): void {
    if (this.#state !== 'open') return;
    if (this.#outgoing.length === 0) afterMicrotasks(() => this.#flush());
    this.#outgoing.push(message);
  }

  #flush(): void {
    if (this.#outgoing.length === 0 || this.#state !== 'open') return;
    const { frames, tooLarge } = framesOf(this.#outgoing);
    this.#outgoing = [];
    for (const frame of frames) this.#socket?.send(frame);
    // Workers see to it that each of their messages fits.
    for (const message of tooLarge) {
      if (message.kind !== 'call') continue;
      this.#settle(message.callId, (call) => call.reject(callTooLarge()));
    }
  }
}

/** Once every promise that can go on has gone on, so that what they say leaves in one frame. */
function afterMicrotasks(flush: () => void): void {
  queueMicrotask(() => process.nextTick(flush));
}

function reconnecting(why: string): string {
  return `the connection to the Perdure server is made anew: ${why}`;
}

function callTooLarge(): PerdureServiceError {
  return new PerdureServiceError(
    'PAYLOAD_TOO_LARGE',
    `the arguments of the call take more than the ${MAX_FRAME_BYTES} bytes that can be sent at once; keep large data elsewhere and pass a reference`,
  );
}
