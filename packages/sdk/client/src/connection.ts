import { type Duration, ValueError, msToNumber } from '@perdure/common';
import type { AppRouter } from '@perdure/contract';
import type { KeyRing } from '@perdure/data-converter';
import { loadClientConnectConfig } from '@perdure/envconfig';
import type { HistoryEvent } from '@perdure/protocol';
import { type TRPCClient, createTRPCClient } from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import {
  type StartedCall,
  currentBounds,
  timeLeft,
  withBounds,
  withinBounds,
} from './call-bounds.ts';
import { type ApiKey, Credentials, type Metadata, type TLSConfig } from './credentials.ts';
import { type HistoryPlace, readHistory } from './history.ts';
import { repeatWhileUnavailable } from './stream/repeat.ts';
import { StreamClient } from './stream/stream-client.ts';
import { streamLink } from './stream/stream-link.ts';

type Inputs = inferRouterInputs<AppRouter>['workflow'];
type Outputs = inferRouterOutputs<AppRouter>['workflow'];

const PATIENCE_MS = 30_000;

/** Name of a workflow procedure of the contract. */
export type WorkflowProcedure = keyof Inputs;
/** What a workflow procedure takes. */
export type WorkflowCallInput<P extends WorkflowProcedure> = Inputs[P];
/** What a workflow procedure answers. */
export type WorkflowCallOutput<P extends WorkflowProcedure> = Outputs[P];

/** What clients and workers use that name none themselves, before they ask the environment. */
export interface ConnectionDefaults {
  namespace?: string;
  /** Null: payloads travel in the clear. */
  keyRing?: KeyRing | null;
}

export interface ConnectionOptions {
  /** `host:port` or a URL. Default: PERDURE_ADDRESS, else `localhost:7233`. */
  address?: string;
  /**
   * The key, or a function that tells it: then it is asked for every time the connection is made,
   * also anew. Default: PERDURE_API_KEY.
   */
  apiKey?: ApiKey;
  /** Headers for proxies on the way, sent when the connection is made. Default: none. */
  metadata?: Metadata;
  /**
   * Encrypt the way there: `true`, or with which certificates. An address that is a URL says itself
   * whether it is encrypted. Default: not.
   */
  tls?: TLSConfig | boolean | null;
  /** How long to try the first time. Default 10 seconds. */
  connectTimeout?: Duration;
  /** For the clients and workers on this connection. Default: nothing. */
  defaults?: ConnectionDefaults;
  /** Of gRPC, which is not spoken here: refused. Interceptors are an option of `Client`. */
  interceptors?: readonly unknown[];
  /** Of gRPC, which is not spoken here: refused. Give `apiKey` as a function. */
  callCredentials?: readonly unknown[];
}

/**
 * A connection to a Perdure server, shared by clients and workers. It mends itself when it breaks.
 *
 * @example
 * ```ts
 * const connection = await Connection.connect();
 * const client = new Client({ connection });
 * ```
 */
export class Connection {
  /** Where it leads. */
  readonly address: string;
  /** Of the clients and workers on this connection. */
  readonly defaults: ConnectionDefaults;
  /** The contract, typed; for what `Client` does not offer. */
  readonly service: TRPCClient<AppRouter>;
  /** @internal */
  readonly stream: StreamClient;

  readonly #credentials: Credentials;
  #connected: Promise<void> | undefined;
  #open = false;

  private constructor(options: ConnectionOptions) {
    refuseGrpc(options);
    const { apiKey, metadata, tls } = options;
    const isFunction = typeof apiKey === 'function';
    const { connectionOptions } = loadClientConnectConfig({
      address: options.address,
      apiKey: isFunction ? undefined : apiKey,
    });
    this.address = withTls(connectionOptions.address, tls);
    this.#credentials = new Credentials(
      isFunction ? apiKey : connectionOptions.apiKey,
      metadata,
      typeof tls === 'object' && tls !== null ? tls : undefined,
    );
    this.defaults = options.defaults ?? {};
    const connectTimeoutMs = msToNumber(options.connectTimeout ?? '10s');
    this.stream = new StreamClient({
      address: this.address,
      credentials: this.#credentials,
      connectTimeoutMs,
    });
    this.service = createTRPCClient<AppRouter>({ links: [streamLink(this.stream)] });
  }

  /**
   * Connects.
   *
   * @throws PerdureServiceError UNAUTHENTICATED, or UNAVAILABLE when nobody answers in time, or at
   * once when one side does not trust the certificate of the other
   * @throws ValueError when an option or an environment variable cannot be right
   */
  static async connect(options: ConnectionOptions = {}): Promise<Connection> {
    const connection = new Connection(options);
    await connection.ensureConnected();
    return connection;
  }

  /**
   * A connection that is made with the first call, which then fails if it cannot be made, or when a
   * worker is created on it.
   *
   * @throws ValueError when an option or an environment variable cannot be right
   */
  static lazy(options: ConnectionOptions = {}): Connection {
    return new Connection(options);
  }

  /**
   * Connects, if that has not been done. Of a connection that has stood once, nothing is asked: it
   * mends itself.
   *
   * @throws PerdureServiceError UNAUTHENTICATED, or UNAVAILABLE when nobody answers in time
   */
  ensureConnected(): Promise<void> {
    this.#connected ??= this.#connect();
    return this.#connected;
  }

  /** As long as the bounds of the call that waits for it allow; others may wait longer. */
  #whenOpen(): Promise<void> {
    const bounds = currentBounds();
    const start = () => ({ output: this.ensureConnected(), abandon() {} });
    return bounds ? withinBounds(bounds, start) : this.ensureConnected();
  }

  async #connect(): Promise<void> {
    try {
      await this.stream.connect();
      this.#open = true;
    } catch (error) {
      // The next call tries again.
      this.#connected = undefined;
      throw error;
    }
  }

  /**
   * Gives every call made within a function a deadline.
   *
   * @param deadline a date, or milliseconds since the Unix epoch
   * @throws PerdureServiceError DEADLINE_EXCEEDED from the call that takes longer
   */
  withDeadline<R>(deadline: number | Date, fn: () => Promise<R>): Promise<R> {
    return withBounds({ deadline: Number(deadline) }, fn);
  }

  /**
   * Lets a signal give up every call made within a function.
   *
   * @throws PerdureServiceError CANCELLED from the call that was under way
   */
  withAbortSignal<R>(abortSignal: AbortSignal, fn: () => Promise<R>): Promise<R> {
    return withBounds({ abortSignal }, fn);
  }

  /**
   * Runs a function. All calls share one connection, so nothing that is given here can travel beside
   * a single one: headers for proxies are the option `metadata`.
   *
   * @throws ValueError for `authorization`: callers with another key need a connection of their own
   */
  async withMetadata<R>(metadata: Metadata, fn: () => Promise<R>): Promise<R> {
    const names = Object.keys(metadata).map((name) => name.toLowerCase());
    if (!names.includes('authorization')) return fn();
    throw new ValueError(
      'withMetadata cannot exchange the key for single calls: connect once more with the other key',
    );
  }

  /** Exchanges the option `metadata`; it counts from the next time the connection is made. */
  setMetadata(metadata: Metadata): void {
    this.#credentials.setMetadata(metadata);
  }

  /**
   * Exchanges the key. A connection that stands goes on with the one it was made with; when the server
   * no longer takes that, it is made anew with this one.
   *
   * @throws ValueError for a text that cannot be a key
   */
  setApiKey(apiKey: ApiKey): void {
    this.#credentials.setApiKey(apiKey);
  }

  /**
   * Calls a workflow procedure of the contract: what `service.workflow` does, without the cost of
   * tRPC's client, which is more than that of the rest of a call together. A refusal that passes by
   * itself is waited out.
   *
   * @internal
   * @param patienceMs how long to try again, counted from the first call. Default 30 seconds, which
   *   is as long as the server itself keeps trying to store a write
   */
  callWorkflow<P extends WorkflowProcedure>(
    procedure: P,
    input: Inputs[P],
    patienceMs = PATIENCE_MS,
  ): Promise<Outputs[P]> {
    if (!this.#open) {
      return this.#whenOpen().then(() => this.callWorkflow(procedure, input, patienceMs));
    }
    const bounds = currentBounds();
    if (!bounds) {
      const call = (): Promise<unknown> => this.stream.call(`workflow.${procedure}`, input);
      return repeatWhileUnavailable(call, patienceMs) as Promise<Outputs[P]>;
    }
    const call = () => withinBounds(bounds, () => this.tryWorkflow(procedure, input));
    return repeatWhileUnavailable(call, Math.min(patienceMs, timeLeft(bounds)));
  }

  /**
   * Calls a workflow procedure once, without waiting out a refusal, and with the means to give it up.
   *
   * @internal
   */
  tryWorkflow<P extends WorkflowProcedure>(
    procedure: P,
    input: Inputs[P],
  ): StartedCall<Outputs[P]> {
    const { output, abandon } = this.stream.start(`workflow.${procedure}`, input);
    return { output: output as Promise<Outputs[P]>, abandon };
  }

  /**
   * Every event of one run.
   *
   * @internal
   */
  fetchHistory(place: HistoryPlace): Promise<HistoryEvent[]> {
    return readHistory(place, (input) => this.callWorkflow('getHistory', input));
  }

  /** Ends it. Calls under way are rejected; what was acknowledged is durable. */
  async close(): Promise<void> {
    await this.stream.close();
  }
}

/** @throws ValueError when the address says that the way is open, and the option that it is not */
function withTls(address: string, tls: ConnectionOptions['tls']): string {
  if (!tls) return address;
  if (!address.includes('://')) return `https://${address}`;
  if (/^(?:https|wss):/.test(address)) return address;
  throw new ValueError(
    `the option tls asks for encryption and the address '${address}' for none; say 'https://' there, or host and port alone`,
  );
}

function refuseGrpc({ interceptors = [], callCredentials = [] }: ConnectionOptions): void {
  if (interceptors.length > 0) {
    throw new ValueError(
      'ConnectionOptions.interceptors are for gRPC, which is not spoken here: give interceptors to Client',
    );
  }
  if (callCredentials.length > 0) {
    throw new ValueError(
      'ConnectionOptions.callCredentials are for gRPC, which is not spoken here: give apiKey as a function',
    );
  }
}
