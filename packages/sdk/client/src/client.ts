import { hostname } from 'node:os';
import type { LoadedDataConverter } from '@perdure/data-converter';
import { loadClientConnectConfig } from '@perdure/envconfig';
import type { Connection } from './connection.ts';
import { type ConverterOptions, loadConverter } from './converter.ts';
import { WorkflowClient } from './workflow-client.ts';

export interface ClientOptions extends ConverterOptions {
  connection: Connection;
  /** Default: the connection's, else PERDURE_NAMESPACE, else `default`. */
  namespace?: string;
  /** For people: who is calling. Default `pid@host`. */
  identity?: string;
}

/**
 * Reaches workflows from outside.
 *
 * @example
 * ```ts
 * const client = new Client({ connection: await Connection.connect() });
 * const result = await client.workflow.execute(fooBar, { taskQueue: 'q', workflowId: 'w-1' });
 * ```
 */
export class Client {
  readonly connection: Connection;
  readonly namespace: string;
  readonly identity: string;
  readonly workflow: WorkflowClient;
  readonly #options: ClientOptions;
  #converter: Promise<LoadedDataConverter> | undefined;

  /** @throws ValueError when an environment variable cannot be right */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.connection = options.connection;
    this.namespace =
      options.namespace ??
      options.connection.defaults.namespace ??
      loadClientConnectConfig().namespace;
    this.identity = options.identity ?? `${process.pid}@${hostname()}`;
    this.workflow = new WorkflowClient({
      connection: this.connection,
      namespace: this.namespace,
      identity: this.identity,
      loadConverter: () => this.loadConverter(),
    });
  }

  /** The data converter, for reading payloads of a history oneself. */
  loadConverter(): Promise<LoadedDataConverter> {
    this.#converter ??= loadConverter(this.#options);
    return this.#converter;
  }
}
