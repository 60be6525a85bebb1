import type {
  ListedExecution,
  WithWorkflowArgs,
  Workflow,
  WorkflowExecutionStatus,
  WorkflowResultType,
} from '@perdure/common';
import type { GetHistoryOutput, StartWorkflowOutput } from '@perdure/contract';
import type { LoadedDataConverter } from '@perdure/data-converter';
import { type HistoryEvent, concatBytes, decodeEvents } from '@perdure/protocol';
import { v4 as uuid4 } from 'uuid';
import { resultOf } from './close-event.ts';
import type { Connection, WorkflowProcedure } from './connection.ts';
import { describe } from './describe.ts';
import { rethrow } from './errors.ts';
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from './workflow-handle.ts';
import { type WorkflowOptions, compileWorkflowOptions } from './workflow-options.ts';

/** Options of a start: those of the workflow, with `args` where its function takes any. */
export type WorkflowStartOptions<T extends Workflow = Workflow> = WithWorkflowArgs<
  T,
  WorkflowOptions
>;

export interface ListOptions {
  status?: WorkflowExecutionStatus;
  workflowType?: string;
  workflowId?: string;
  /** Rows per round trip. Default 100, at most 1,000. */
  pageSize?: number;
}

/** What a workflow client works with. */
export interface WorkflowClientParts {
  readonly connection: Connection;
  readonly namespace: string;
  readonly identity: string;
  loadConverter(): Promise<LoadedDataConverter>;
}

/** How the close of a run is asked for. */
const forClose = { waitForClose: true, closeEventOnly: true } as const;

interface Target {
  readonly workflowId: string;
  readonly runId: string | undefined;
}

/** Starts workflows and reaches those that exist. */
export class WorkflowClient {
  readonly #parts: WorkflowClientParts;

  /** @internal */
  constructor(parts: WorkflowClientParts) {
    this.#parts = parts;
  }

  /**
   * Starts a workflow; it is durable once this resolves.
   *
   * @throws WorkflowExecutionAlreadyStartedError as the id policies say
   * @throws PerdureServiceError PLAINTEXT_REFUSED when the namespace is sealed and there is no key
   */
  async start<T extends Workflow>(
    workflow: string | T,
    options: WorkflowStartOptions<T>,
  ): Promise<WorkflowHandleWithFirstExecutionRunId<T>> {
    const { workflowId, started } = await this.#sendStart(workflow, options);
    const { runId, firstExecutionRunId } = await started;
    const handle = this.#handle<T>({ workflowId, runId: undefined }, firstExecutionRunId, runId);
    return handle as WorkflowHandleWithFirstExecutionRunId<T>;
  }

  /** {@link start}, then the result. The question for the result travels with the start. */
  async execute<T extends Workflow>(
    workflow: string | T,
    options: WorkflowStartOptions<T>,
  ): Promise<WorkflowResultType<T>> {
    const { workflowId, started } = await this.#sendStart(workflow, options);
    const { namespace, connection } = this.#parts;
    const asked = connection.tryWorkflow('getHistory', { workflowId, namespace, ...forClose });
    // Whatever is wrong with it: the question is asked again once the run is known.
    const answered = asked.output.catch(() => undefined);
    try {
      const { runId } = await started;
      const answer = await answered;
      if (!answer || answer.runId !== runId || answer.status === 'RUNNING') {
        return await this.#result<T>({ workflowId, runId });
      }
      return await this.#resultIn<T>(workflowId, answer);
    } finally {
      asked.abandon();
    }
  }

  /** Resolves once the start has been sent. */
  async #sendStart<T extends Workflow>(
    workflow: string | T,
    options: WorkflowStartOptions<T>,
  ): Promise<{ workflowId: string; started: Promise<StartWorkflowOutput> }> {
    const workflowType = typeof workflow === 'string' ? workflow : workflow.name;
    const compiled = compileWorkflowOptions(options);
    const { workflowId } = compiled;
    const { namespace, identity } = this.#parts;
    const converter = await this.#parts.loadConverter();
    const place = { namespace, workflowId };
    const { args = [], memo } = options as WorkflowOptions & { args?: readonly unknown[] };
    const input = await converter.encodeArgs({ ...place, purpose: 'workflow-input' }, args);
    const sealedMemo = memo && (await converter.encodeValue({ ...place, purpose: 'memo' }, memo));
    const call = { ...compiled, namespace, workflowType, input, memo: sealedMemo, identity };
    const about = { workflowId, workflowType };
    const started = this.#call(about, 'startWorkflow', { ...call, requestId: uuid4() });
    return { workflowId, started };
  }

  /** A handle to a workflow; asks nobody whether it exists. */
  getHandle<T extends Workflow>(workflowId: string, runId?: string): WorkflowHandle<T> {
    return this.#handle<T>({ workflowId, runId }, undefined, runId);
  }

  /** Runs of the namespace, latest start first, fetched page by page as one goes. */
  async *list(options: ListOptions = {}): AsyncGenerator<ListedExecution> {
    const { namespace } = this.#parts;
    let pageToken: string | undefined;
    do {
      const page = await this.#call({}, 'listWorkflows', { ...options, namespace, pageToken });
      yield* page.executions;
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
  }

  #handle<T extends Workflow>(
    target: Target,
    firstExecutionRunId: string | undefined,
    resultRunId: string | undefined,
  ): WorkflowHandle<T> {
    return {
      workflowId: target.workflowId,
      runId: resultRunId,
      firstExecutionRunId,
      result: () => this.#result<T>({ ...target, runId: resultRunId }),
      signal: (definition, ...args) => this.#signal(target, definition, args),
      cancel: (reason) => this.#cancel(target, reason),
      terminate: (reason, ...details) => this.#terminate(target, reason, details),
      describe: () => this.#describe(target),
      fetchHistory: () => this.#fetchHistory({ ...target, runId: resultRunId }),
    };
  }

  async #result<T extends Workflow>(target: Target): Promise<WorkflowResultType<T>> {
    const { namespace } = this.#parts;
    const wait = { ...target, namespace, ...forClose };
    for (;;) {
      const answer = await this.#call(target, 'getHistory', wait, Number.POSITIVE_INFINITY);
      if (answer.status !== 'RUNNING') return this.#resultIn<T>(target.workflowId, answer);
    }
  }

  async #resultIn<T extends Workflow>(
    workflowId: string,
    { events }: GetHistoryOutput,
  ): Promise<WorkflowResultType<T>> {
    const { namespace } = this.#parts;
    const converter = await this.#parts.loadConverter();
    const [event] = decodeEvents(events);
    if (!event) throw new TypeError('the server sent no close event of a closed run');
    return (await resultOf(converter, { namespace, workflowId }, event)) as WorkflowResultType<T>;
  }

  async #signal(
    target: Target,
    definition: { readonly name: string } | string,
    args: readonly unknown[],
  ): Promise<void> {
    const { namespace, identity } = this.#parts;
    const { workflowId } = target;
    const signalName = typeof definition === 'string' ? definition : definition.name;
    const converter = await this.#parts.loadConverter();
    const input = await converter.encodeArgs({ namespace, workflowId, purpose: 'signal' }, args);
    const call = { ...target, namespace, signalName, input, identity, requestId: uuid4() };
    await this.#call(target, 'signalWorkflow', call);
  }

  async #cancel(target: Target, reason: string | undefined): Promise<void> {
    const { namespace, identity } = this.#parts;
    const call = { ...target, namespace, reason, identity, requestId: uuid4() };
    await this.#call(target, 'requestCancelWorkflow', call);
  }

  async #terminate(
    target: Target,
    reason: string | undefined,
    values: readonly unknown[],
  ): Promise<void> {
    const { namespace, identity } = this.#parts;
    const converter = await this.#parts.loadConverter();
    const place = {
      namespace,
      workflowId: target.workflowId,
      purpose: 'terminate-details',
    } as const;
    const details = await converter.encodeArgs(place, values);
    const call = { ...target, namespace, reason, details, identity, requestId: uuid4() };
    await this.#call(target, 'terminateWorkflow', call);
  }

  async #describe(target: Target) {
    const { namespace } = this.#parts;
    const raw = await this.#call(target, 'describeWorkflow', { ...target, namespace });
    const { workflowId } = target;
    return describe(await this.#parts.loadConverter(), { namespace, workflowId }, raw);
  }

  async #fetchHistory(target: Target): Promise<{ events: HistoryEvent[] }> {
    const { namespace } = this.#parts;
    const segments: Uint8Array[] = [];
    let { runId } = target;
    let fromEventId: number | undefined = 1;
    while (fromEventId !== undefined) {
      const ask = { namespace, workflowId: target.workflowId, runId, fromEventId };
      const page: GetHistoryOutput = await this.#call(target, 'getHistory', ask);
      segments.push(page.events);
      // From the second page on, of the same run, whatever becomes current meanwhile.
      runId = page.runId;
      fromEventId = page.nextEventId;
    }
    return { events: decodeEvents(concatBytes(segments)) };
  }

  async #call<P extends WorkflowProcedure>(
    about: { workflowId?: string; runId?: string; workflowType?: string },
    procedure: P,
    input: Parameters<typeof Connection.prototype.callWorkflow<P>>[1],
    patienceMs?: number,
  ): ReturnType<typeof Connection.prototype.callWorkflow<P>> {
    try {
      return await this.#parts.connection.callWorkflow(procedure, input, patienceMs);
    } catch (error) {
      return rethrow(error, about);
    }
  }
}
