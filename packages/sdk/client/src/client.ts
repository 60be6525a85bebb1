import type { LoadedDataConverter } from '@perdure/data-converter';
import { AsyncCompletionClient } from './async-completion-client.ts';
import { BaseClient } from './base-client.ts';
import { type ClientOptions, ClientParts } from './client-parts.ts';
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
export class Client extends BaseClient {
  readonly namespace: string;
  readonly identity: string;
  readonly workflow: WorkflowClient;
  /** Completes activities from outside their worker. */
  readonly activity: AsyncCompletionClient;
  readonly #parts: ClientParts;

  /** @throws ValueError when an environment variable cannot be right */
  constructor(options: ClientOptions = {}) {
    const parts = new ClientParts(options);
    super(parts.connection);
    this.#parts = parts;
    this.namespace = parts.namespace;
    this.identity = parts.identity;
    this.workflow = new WorkflowClient(parts);
    this.activity = new AsyncCompletionClient(parts);
  }

  /** The data converter, for reading payloads of a history oneself. */
  loadConverter(): Promise<LoadedDataConverter> {
    return this.#parts.loadConverter();
  }
}
