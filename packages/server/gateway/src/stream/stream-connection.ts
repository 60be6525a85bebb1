/**
 * One WebSocket of an SDK: calls of the contract and any number of workers. Replies that become
 * ready in the same turn leave in one frame.
 */
import { type Logger, PerdureServiceError } from '@perdure/common';
import type { Caller, NamespaceCaller, Services } from '@perdure/contract';
import type { DataPlane, WorkerChannel, WorkerConnection } from '@perdure/data-plane';
import {
  type DownstreamMessage,
  type OpenWorker,
  type UpstreamMessage,
  decodeUpstream,
  encodeDownstream,
} from '@perdure/protocol';
import type { WebSocket } from 'ws';
import { callProcedure } from './call-procedure.ts';

/** Code of a WebSocket close after a frame that breaks the protocol. */
const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;

export interface ConnectionParts {
  readonly services: Services;
  readonly dataPlane: DataPlane;
  readonly log: Logger;
}

export class StreamConnection {
  readonly caller: Caller;
  readonly #ws: WebSocket;
  readonly #parts: ConnectionParts;
  readonly #workers = new Map<number, WorkerConnection>();
  readonly #calls = new Map<number, AbortController>();
  #outgoing: DownstreamMessage[] = [];
  #alive = true;

  constructor(ws: WebSocket, caller: Caller, parts: ConnectionParts) {
    this.#ws = ws;
    this.caller = caller;
    this.#parts = parts;
    ws.on('message', (data) => this.#receive(data as Buffer));
    ws.on('pong', () => (this.#alive = true));
    ws.on('error', (error) => parts.log.debug('a connection failed', { error: String(error) }));
    ws.once('close', () => this.#closed());
  }

  /** Ends the connection, saying why. */
  goodbye(code: PerdureServiceError['code'], message: string): void {
    this.#say({ kind: 'goodbye', code, message });
    this.#flush();
    this.#ws.close(code === 'UNAVAILABLE' ? GOING_AWAY : POLICY_VIOLATION, code);
  }

  /** Ends the connection if the peer has not answered since the last check. */
  checkAlive(): void {
    if (!this.#alive) return this.#ws.terminate();
    this.#alive = false;
    this.#ws.ping();
  }

  #receive(frame: Buffer): void {
    this.#alive = true;
    let messages: UpstreamMessage[];
    try {
      messages = decodeUpstream(frame);
    } catch (error) {
      const what = error instanceof Error ? error.message.slice(0, 500) : 'unreadable';
      return this.goodbye('MALFORMED_FRAME', `a frame breaks the protocol: ${what}`);
    }
    for (const message of messages) this.#handle(message);
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
        return this.#tellWorker(message);
    }
  }

  async #call(callId: number, path: string, input: unknown): Promise<void> {
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
      const worker = await this.#parts.dataPlane.openWorker(caller, hello, this.#channel(channel));
      if (this.#ws.readyState !== this.#ws.OPEN) return worker.disconnected();
      this.#workers.set(channel, worker);
      this.#say({ kind: 'workerOpened', channel, serverTimeMs: Date.now() });
    } catch (error) {
      const { code, message } = this.#refusalOf(error, 'openWorker');
      this.#say({ kind: 'workerRefused', channel, code, message });
    }
  }

  #tellWorker(
    message: Exclude<UpstreamMessage, { kind: 'call' | 'cancelCall' | 'openWorker' }>,
  ): void {
    const worker = this.#workers.get(message.channel);
    // A worker that was refused, or is being opened, may have spoken ahead.
    if (!worker) return;
    try {
      switch (message.kind) {
        case 'credit':
          return worker.credit(message.workflow, message.activity);
        case 'complete':
          return worker.complete(message.completions);
        case 'heartbeat':
          return worker.heartbeat(message.heartbeats);
        case 'drainWorker':
          return worker.drain();
        case 'closeWorker':
          this.#workers.delete(message.channel);
          return worker.close();
      }
    } catch (error) {
      const { code, message: why } = this.#refusalOf(error, message.kind);
      this.#say({ kind: 'workerRefused', channel: message.channel, code, message: why });
    }
  }

  #channel(channel: number): WorkerChannel {
    return {
      deliver: ({ acks, workflowTasks, activityTasks }) => {
        const serverTimeMs = Date.now();
        this.#say({ kind: 'tasks', channel, serverTimeMs, acks, workflowTasks, activityTasks });
      },
      cancelActivities: (tokens) => this.#say({ kind: 'cancelActivities', channel, tokens }),
    };
  }

  #refusalOf(error: unknown, what: string): PerdureServiceError {
    if (error instanceof PerdureServiceError) return error;
    this.#parts.log.error('a request failed', { what, error: String(error) });
    return new PerdureServiceError(
      'INTERNAL',
      'the server failed at this request; its log says why. Try again',
      { retryable: true },
    );
  }

  #say(message: DownstreamMessage): void {
    // Once every promise that can go on has gone on, so that all replies leave in one frame.
    if (this.#outgoing.length === 0) queueMicrotask(() => process.nextTick(() => this.#flush()));
    this.#outgoing.push(message);
  }

  #flush(): void {
    if (this.#outgoing.length === 0) return;
    const frame = encodeDownstream(this.#outgoing);
    this.#outgoing = [];
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(frame);
  }

  #closed(): void {
    for (const abort of this.#calls.values()) abort.abort();
    for (const worker of this.#workers.values()) worker.disconnected();
    this.#workers.clear();
  }
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
