import type { LoadedDataConverter } from '@perdure/data-converter';
import { AsyncCompletionClient } from './async-completion-client.ts';
import { type ClientOptions, ClientParts } from './client-parts.ts';
import type { Connection } from './connection.ts';
import type { Metadata } from './credentials.ts';
import { WorkflowClient } from './workflow-client.ts';

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
  /** Completes activities from outside their worker. */
  readonly activity: AsyncCompletionClient;
  readonly #parts: ClientParts;

  /** @throws ValueError when an environment variable cannot be right */
  constructor(options: ClientOptions = {}) {
    const parts = new ClientParts(options);
    this.#parts = parts;
    this.connection = parts.connection;
    this.namespace = parts.namespace;
    this.identity = parts.identity;
    this.workflow = new WorkflowClient(parts);
    this.activity = new AsyncCompletionClient(parts);
  }

  /** {@link Connection.withDeadline} */
  withDeadline<R>(deadline: number | Date, fn: () => Promise<R>): Promise<R> {
    return this.connection.withDeadline(deadline, fn);
  }

  /** {@link Connection.withAbortSignal} */
  withAbortSignal<R>(abortSignal: AbortSignal, fn: () => Promise<R>): Promise<R> {
    return this.connection.withAbortSignal(abortSignal, fn);
  }

  /** {@link Connection.withMetadata} */
  withMetadata<R>(metadata: Metadata, fn: () => Promise<R>): Promise<R> {
    return this.connection.withMetadata(metadata, fn);
  }

  /** The data converter, for reading payloads of a history oneself. */
  loadConverter(): Promise<LoadedDataConverter> {
    return this.#parts.loadConverter();
  }
}
