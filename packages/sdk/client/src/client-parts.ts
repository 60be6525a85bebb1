/** What the parts of a client share: the way to the server, who calls, and how payloads are made. */
import { hostname } from 'node:os';
import { type Headers, type QueryRejectCondition, headersToPayloads } from '@perdure/common';
import type { KeyRing, LoadedDataConverter, PayloadPurpose } from '@perdure/data-converter';
import { loadClientConnectConfig } from '@perdure/envconfig';
import type { Failure } from '@perdure/protocol';
import {
  Connection,
  type WorkflowCallInput,
  type WorkflowCallOutput,
  type WorkflowProcedure,
} from './connection.ts';
import { type ConverterOptions, loadConverter } from './converter.ts';
import { type CallSubject, rethrow } from './errors.ts';
import type { ClientInterceptors, WorkflowClientInterceptor } from './interceptors.ts';

export interface ClientOptions extends ConverterOptions {
  /** Default: one to the server that the environment names, made with the first call. */
  connection?: Connection;
  /** Default: the connection's, else PERDURE_NAMESPACE, else `default`. */
  namespace?: string;
  /** For people: who is calling. Default `pid@host`. */
  identity?: string;
  /** Called around what the client does, the first one outermost. */
  interceptors?: ClientInterceptors;
  /** Settings of `client.workflow`. */
  workflow?: {
    /** For which runs queries are refused. Default NONE. */
    queryRejectCondition?: QueryRejectCondition;
  };
}

/** See the module comment. */
export class ClientParts {
  readonly connection: Connection;
  readonly namespace: string;
  readonly identity: string;
  readonly interceptors: readonly WorkflowClientInterceptor[];
  readonly queryRejectCondition: QueryRejectCondition;
  readonly #options: ConverterOptions & { readonly connection: Connection };
  #converter: Promise<LoadedDataConverter> | undefined;

  /** @throws ValueError when an environment variable cannot be right */
  constructor(options: ClientOptions) {
    const { connection = Connection.lazy() } = options;
    this.#options = { ...options, connection };
    this.connection = connection;
    this.namespace =
      options.namespace ?? connection.defaults.namespace ?? loadClientConnectConfig().namespace;
    this.identity = options.identity ?? `${process.pid}@${hostname()}`;
    this.interceptors = options.interceptors?.workflow ?? [];
    this.queryRejectCondition = options.workflow?.queryRejectCondition ?? 'NONE';
  }

  /** The client's keys, or the connection's. Null: none; undefined: those of the environment. */
  get keyRing(): KeyRing | null | undefined {
    const { keyRing, connection } = this.#options;
    return keyRing === undefined ? connection.defaults.keyRing : keyRing;
  }

  /** The data converter, loaded once. */
  loadConverter(): Promise<LoadedDataConverter> {
    this.#converter ??= loadConverter(this.#options);
    return this.#converter;
  }

  /** Where a payload of a workflow belongs. */
  place<P extends PayloadPurpose>(workflowId: string, purpose: P) {
    return { namespace: this.namespace, workflowId, purpose };
  }

  /** Headers as they travel; nothing when there are none. */
  async encodeHeaders(workflowId: string, headers: Headers): Promise<Uint8Array | undefined> {
    const payloads = headersToPayloads(headers);
    if (payloads.length === 0) return undefined;
    const converter = await this.loadConverter();
    return converter.toBlob(this.place(workflowId, 'header'), payloads);
  }

  /** A failure that travelled, as an error with its causes. */
  async openFailure(workflowId: string, failure: Failure): Promise<Error> {
    const converter = await this.loadConverter();
    const { namespace } = this;
    const opened = await converter.openFailure({ namespace, workflowId }, failure);
    return converter.failureConverter.failureToError(opened, converter.payloadConverter);
  }

  /** Calls the server. Refusals are thrown in the terms of the API. */
  async call<P extends WorkflowProcedure>(
    subject: CallSubject,
    procedure: P,
    input: WorkflowCallInput<P>,
    patienceMs?: number,
  ): Promise<WorkflowCallOutput<P>> {
    try {
      return await this.connection.callWorkflow(procedure, input, patienceMs);
    } catch (error) {
      return rethrow(error, subject);
    }
  }
}
