/**
 * One WebSocket of an SDK: calls of the contract and any number of workers. Replies that become
 * ready in the same turn leave in one frame.
 */
import { type Clock, type Logger, PerdureServiceError } from '@perdure/common';
import { type Caller, type NamespaceCaller, type Services, faultInside } from '@perdure/contract';
import type { DataPlane, WorkerChannel, WorkerConnection } from '@perdure/data-plane';
import {
  type DownstreamMessage,
  type OpenWorker,
  type UpstreamMessage,
  decodeUpstream,
  encodeDownstream,
} from '@perdure/protocol';
import type { WebSocket } from 'ws';
import { logFault } from '../faults.ts';
import { callProcedure } from './call-procedure.ts';
import { ConnectionWorkers, type WorkerMessage } from './connection-workers.ts';
import { MAX_MESSAGES, messageCountOf } from './frame-size.ts';

/** Code of a WebSocket close after a frame that breaks the protocol. */
const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;
/** How long a peer gets to answer a close, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1_000;
/** Most bytes kept for a peer that does not read. */
const MAX_UNREAD_BYTES = 128 * 1024 * 1024;
/** Most calls of one connection under way at once, those that wait for something included. */
const MAX_CALLS = 10_000;

export interface ConnectionParts {
  readonly services: Services;
  readonly dataPlane: DataPlane;
  readonly clock: Clock;
  readonly log: Logger;
}

export class StreamConnection {
  readonly caller: Caller;
  readonly #ws: WebSocket;
  readonly #parts: ConnectionParts;
  readonly #workers = new ConnectionWorkers((worker, message) => this.#tell(worker, message));
  readonly #calls = new Map<number, AbortController>();
  #outgoing: DownstreamMessage[] = [];
  #alive = true;
  /** Whether goodbye has been said: nothing more is heard. */
  #ended = false;

  constructor(ws: WebSocket, caller: Caller, parts: ConnectionParts) {
    this.#ws = ws;
    this.caller = caller;
    this.#parts = parts;
    ws.on('message', (data) => this.#receive(data as Buffer));
    ws.on('pong', () => (this.#alive = true));
    ws.on('error', (error) => parts.log.debug('a connection failed', { error: String(error) }));
    ws.once('close', () => this.#closed());
  }

  /** Ends the connection, saying why. From here on the peer is not heard. */
  goodbye(code: PerdureServiceError['code'], message: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#say({ kind: 'goodbye', code, message });
    this.#flush();
    this.#leave();
    this.#ws.close(code === 'UNAVAILABLE' ? GOING_AWAY : POLICY_VIOLATION, code);
    setTimeout(() => this.#ws.terminate(), CLOSE_TIMEOUT_MS).unref();
  }

  /** Ends the connection if the peer has not answered since the last check. */
  checkAlive(): void {
    if (!this.#alive) return this.#ws.terminate();
    this.#alive = false;
    this.#ws.ping();
  }

  #receive(frame: Buffer): void {
    if (this.#ended) return;
    this.#alive = true;
    const count = messageCountOf(frame);
    if (count > MAX_MESSAGES) {
      const what = `a frame may hold ${MAX_MESSAGES} messages; this one has ${count} messages`;
      return this.goodbye('MALFORMED_FRAME', what);
    }
    let messages: UpstreamMessage[];
    try {
      messages = decodeUpstream(frame);
    } catch (error) {
      const what = error instanceof Error ? error.message.slice(0, 500) : 'unreadable';
      return this.goodbye('MALFORMED_FRAME', `a frame breaks the protocol: ${what}`);
    }
    for (const message of messages) {
      if (this.#ended) return;
      this.#handle(message);
    }
  }

  #handle(message: UpstreamMessage): void {
    switch (message.kind) {
      case 'call':
        return void this.#call(message.callId, message.path, message.input);
      case 'cancelCall':
        return this.#calls.get(message.callId)?.abort();
      case 'openWorker':
        return void this.#openWorker(message);
      default:
        return this.#hear(message);
    }
  }

  #hear(message: WorkerMessage): void {
    if (this.#workers.hear(message)) return;
    const what = 'too much was said for workers that are being let in; wait for workerOpened';
    this.goodbye('INVALID_ARGUMENT', what);
  }

  async #call(callId: number, path: string, input: unknown): Promise<void> {
    if (this.#calls.has(callId)) {
      return this.goodbye('MALFORMED_FRAME', `a call with id ${callId} is under way already`);
    }
    if (this.#calls.size >= MAX_CALLS) {
      const { code, message, fields } = tooManyCalls();
      return this.#say({ kind: 'error', callId, code, message, fields });
    }
    const abort = new AbortController();
    this.#calls.set(callId, abort);
    const { services } = this.#parts;
    try {
      const context = { services, caller: this.caller };
      const output = await callProcedure(context, path, input, abort.signal);
      this.#say({ kind: 'reply', callId, output });
    } catch (error) {
      const { code, message, fields } = this.#refusalOf(error, path);
      this.#say({ kind: 'error', callId, code, message, fields });
    } finally {
      this.#calls.delete(callId);
    }
  }

  async #openWorker(hello: OpenWorker & { kind: 'openWorker' }): Promise<void> {
    const { channel } = hello;
    try {
      const caller = namespaceOf(this.caller, hello.namespace);
      await this.#workers.open(
        channel,
        () => this.#parts.dataPlane.openWorker(caller, hello, this.#channel(channel)),
        () => this.#say({ kind: 'workerOpened', channel, serverTimeMs: this.#parts.clock.now() }),
      );
    } catch (error) {
      const { code, message } = this.#refusalOf(error, 'openWorker');
      this.#say({ kind: 'workerRefused', channel, code, message });
    }
  }

  /** Never throws. */
  #tell(worker: WorkerConnection, message: WorkerMessage): void {
    try {
      switch (message.kind) {
        case 'credit':
          return worker.credit(message.workflow, message.activity);
        case 'complete':
          return worker.complete(message.completions);
        case 'heartbeat':
          return worker.heartbeat(message.heartbeats);
        case 'answerQueries':
          return worker.answerQueries(message.answers);
        case 'drainWorker':
          return worker.drain();
        case 'closeWorker':
          return worker.close();
      }
    } catch (error) {
      const { code, message: why } = this.#refusalOf(error, message.kind);
      this.#say({ kind: 'workerRefused', channel: message.channel, code, message: why });
    }
  }

  #channel(channel: number): WorkerChannel {
    return {
      deliver: (mail) => {
        this.#say({ kind: 'tasks', channel, serverTimeMs: this.#parts.clock.now(), ...mail });
      },
      cancelActivities: (tokens) => this.#say({ kind: 'cancelActivities', channel, tokens }),
    };
  }

  #refusalOf(error: unknown, what: string): PerdureServiceError {
    if (error instanceof PerdureServiceError) return error;
    logFault(this.#parts.log, what, error);
    return faultInside();
  }

  #say(message: DownstreamMessage): void {
    // Once every promise that can go on has gone on, so that all replies leave in one frame.
    if (this.#outgoing.length === 0) queueMicrotask(() => process.nextTick(() => this.#flush()));
    this.#outgoing.push(message);
  }

  /** Never throws: nobody would catch it. */
  #flush(): void {
    if (this.#outgoing.length === 0) return;
    const messages = this.#outgoing;
    this.#outgoing = [];
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    // Asked before the frame is added: one large answer is nobody's fault.
    const unreadBytes = this.#ws.bufferedAmount;
    if (unreadBytes > MAX_UNREAD_BYTES) {
      this.#parts.log.warn('a peer does not read; its connection is ended', { unreadBytes });
      return this.#ws.terminate();
    }
    try {
      this.#ws.send(encodeDownstream(messages));
    } catch (error) {
      logFault(this.#parts.log, 'a frame to a peer', error);
      this.#ws.terminate();
    }
  }

  #closed(): void {
    this.#ended = true;
    this.#leave();
  }

  /** Gives up what was under way for the peer; the workers may come back on another connection. */
  #leave(): void {
    for (const abort of this.#calls.values()) abort.abort();
    this.#workers.disconnected();
  }
}

function tooManyCalls(): PerdureServiceError {
  return new PerdureServiceError(
    'RESOURCE_EXHAUSTED',
    `a connection may have ${MAX_CALLS} calls under way; wait for some of them, or open another connection`,
    { retryable: true },
  );
}

function namespaceOf(caller: Caller, named: string): NamespaceCaller {
  if (caller.kind === 'namespace' && caller.namespace === named) return caller;
  const owner =
    caller.kind === 'namespace' ? `belongs to '${caller.namespace}'` : 'is the operator token';
  throw new PerdureServiceError(
    'NAMESPACE_NOT_FOUND',
    `namespace '${named}' was not found with this API key, which ${owner}; set PERDURE_NAMESPACE to match the key`,
    { namespace: named },
  );
}
