import { type Duration, msToNumber } from '@perdure/common';
import type { AppRouter } from '@perdure/contract';
import type { KeyRing } from '@perdure/data-converter';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import { loadClientConnectConfig } from '@perdure/envconfig';
import { type TRPCClient, createTRPCClient } from '@trpc/client';
import { repeatWhileUnavailable } from './stream/repeat.ts';
import { StreamClient } from './stream/stream-client.ts';
import { streamLink } from './stream/stream-link.ts';

type Inputs = inferRouterInputs<AppRouter>['workflow'];
type Outputs = inferRouterOutputs<AppRouter>['workflow'];

const PATIENCE_MS = 30_000;

/** Name of a workflow procedure of the contract. */
export type WorkflowProcedure = keyof Inputs;

/** What clients and workers use that name none themselves, before they ask the environment. */
export interface ConnectionDefaults {
  namespace?: string;
  /** Null: payloads travel in the clear. */
  keyRing?: KeyRing | null;
}

export interface ConnectionOptions {
  /** `host:port` or a URL. Default: PERDURE_ADDRESS, else `localhost:7233`. */
  address?: string;
  /** Default: PERDURE_API_KEY. */
  apiKey?: string;
  /** How long to try the first time. Default 10 seconds. */
  connectTimeout?: Duration;
  /** For the clients and workers on this connection. Default: nothing. */
  defaults?: ConnectionDefaults;
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

  private constructor(address: string, stream: StreamClient, defaults: ConnectionDefaults) {
    this.address = address;
    this.defaults = defaults;
    this.stream = stream;
    this.service = createTRPCClient<AppRouter>({ links: [streamLink(stream)] });
  }

  /**
   * Connects.
   *
   * @throws PerdureServiceError UNAUTHENTICATED, or UNAVAILABLE when nobody answers in time
   * @throws ValueError when an environment variable cannot be right
   */
  static async connect(options: ConnectionOptions = {}): Promise<Connection> {
    const { connectionOptions } = loadClientConnectConfig(options);
    const { address, apiKey } = connectionOptions;
    const connectTimeoutMs = msToNumber(options.connectTimeout ?? '10s');
    const stream = new StreamClient({ address, apiKey, connectTimeoutMs });
    await stream.connect();
    return new Connection(address, stream, options.defaults ?? {});
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
    const call = (): Promise<unknown> => this.stream.call(`workflow.${procedure}`, input);
    return repeatWhileUnavailable(call, patienceMs) as Promise<Outputs[P]>;
  }

  /**
   * Calls a workflow procedure once, without waiting out a refusal, and with the means to give it up.
   *
   * @internal
   */
  tryWorkflow<P extends WorkflowProcedure>(
    procedure: P,
    input: Inputs[P],
  ): { readonly output: Promise<Outputs[P]>; abandon(): void } {
    const { output, abandon } = this.stream.start(`workflow.${procedure}`, input);
    return { output: output as Promise<Outputs[P]>, abandon };
  }

  /** Ends it. Calls under way are rejected; what was acknowledged is durable. */
  async close(): Promise<void> {
    await this.stream.close();
  }
}
