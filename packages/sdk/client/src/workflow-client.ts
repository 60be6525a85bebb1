import type {
  SignalDefinition,
  UpdateDefinition,
  WithWorkflowArgs,
  Workflow,
  WorkflowResultType,
} from '@perdure/common';
import type { StartWorkflowOutput } from '@perdure/contract';
import { BaseClient } from './base-client.ts';
import { type ClientOptions, ClientParts } from './client-parts.ts';
import { createHandle } from './create-handle.ts';
import { intercepted } from './interceptors.ts';
import { nameOf } from './requests.ts';
import { type WorkflowResultOptions, askWithStart, waitForResult } from './result.ts';
import { noHeaders, sendSignalWithStart, sendStart, withArgs, workflowTypeOf } from './start.ts';
import { type WithStartWorkflowOperation, startUpdateWithStart } from './update-with-start.ts';
import type { UpdateCallOptions, WaitForStage } from './updates.ts';
import type {
  GetWorkflowHandleOptions,
  WithUpdateArgs,
  WorkflowHandle,
  WorkflowHandleWithSignaledRunId,
  WorkflowHandleWithStartDetails,
  WorkflowUpdateHandle,
  WorkflowUpdateOptions,
} from './workflow-handle.ts';
import {
  type AsyncWorkflowListIterable,
  type ListOptions,
  listWorkflows,
} from './workflow-list.ts';
import type { WorkflowOptions } from './workflow-options.ts';

/** Options of a start: those of the workflow, with `args` where its function takes any. */
export type WorkflowStartOptions<T extends Workflow = Workflow> = WithWorkflowArgs<
  T,
  WorkflowOptions
>;

/** Options of a signal with start: those of a start, and the signal. */
export type WorkflowSignalWithStartOptions<
  T extends Workflow = Workflow,
  SignalArgs extends unknown[] = [],
> = WorkflowStartOptions<T> & {
  readonly signal: SignalDefinition<SignalArgs> | string;
} & (SignalArgs extends [unknown, ...unknown[]]
    ? { readonly signalArgs: SignalArgs | Readonly<SignalArgs> }
    : { readonly signalArgs?: SignalArgs | Readonly<SignalArgs> });

/** Options of an update with start. */
export type WorkflowUpdateWithStartOptions<
  T extends Workflow,
  UpdateArgs extends unknown[],
> = WithUpdateArgs<
  UpdateArgs,
  WorkflowUpdateOptions & { readonly startWorkflowOperation: WithStartWorkflowOperation<T> }
>;

/** Starts workflows and reaches those that exist. */
export class WorkflowClient extends BaseClient {
  readonly #parts: ClientParts;

  /** @throws ValueError when an environment variable cannot be right */
  constructor(options: ClientOptions | ClientParts = {}) {
    const parts = options instanceof ClientParts ? options : new ClientParts(options);
    super(parts.connection);
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
  ): Promise<WorkflowHandleWithStartDetails<T>> {
    const started = await this.#start(workflow, options);
    const { workflowId, followRuns } = options;
    const { runId, firstExecutionRunId } = started;
    const facts = { workflowId, runId: undefined, resultRunId: runId, followRuns };
    const handle = createHandle<T>(this.#parts, { ...facts, firstExecutionRunId });
    return { ...handle, firstExecutionRunId, eagerlyStarted: false };
  }

  /** {@link start}, then the result. */
  async execute<T extends Workflow>(
    workflow: string | T,
    options: WorkflowStartOptions<T>,
  ): Promise<WorkflowResultType<T>> {
    const parts = this.#parts;
    const { workflowId } = options;
    // An interceptor may start something else, or nothing.
    const direct = parts.interceptors.every(({ start }) => !start);
    if (!direct) return (await this.start(workflow, options)).result();
    const input = { workflowType: workflowTypeOf(workflow), headers: noHeaders() };
    const { started } = await sendStart(parts, { ...input, options: withArgs(options) });
    // Both leave in one frame: a run that closes at once is told of without another question.
    const close = askWithStart(parts, workflowId);
    try {
      return (await close.resultOf(await started, options)) as WorkflowResultType<T>;
    } finally {
      close.abandon();
    }
  }

  /**
   * Signals the open run of a workflow, or starts one that has the signal from the beginning; durable
   * once this resolves.
   *
   * @throws WorkflowExecutionAlreadyStartedError as the id policies say
   */
  async signalWithStart<T extends Workflow, SignalArgs extends unknown[] = []>(
    workflow: string | T,
    options: WorkflowSignalWithStartOptions<T, SignalArgs>,
  ): Promise<WorkflowHandleWithSignaledRunId<T>> {
    const parts = this.#parts;
    const {
      signal,
      signalArgs = [],
      ...startOptions
    } = options as typeof options & {
      readonly signalArgs?: readonly unknown[];
    };
    let answer: StartWorkflowOutput | undefined;
    const send = intercepted(parts.interceptors, 'signalWithStart', async (input) => {
      answer = await sendSignalWithStart(parts, input);
      return answer.runId;
    });
    const signaledRunId = await send({
      workflowType: workflowTypeOf(workflow),
      headers: noHeaders(),
      options: withArgs(startOptions),
      signalName: nameOf(signal),
      signalArgs,
    });
    const { workflowId, followRuns } = options;
    const firstExecutionRunId = answer?.firstExecutionRunId;
    const facts = { workflowId, runId: undefined, resultRunId: signaledRunId, followRuns };
    return { ...createHandle<T>(parts, { ...facts, firstExecutionRunId }), signaledRunId };
  }

  /**
   * Brings an update before the open run of a workflow, or starts one for it, and waits for the
   * outcome.
   *
   * @throws WorkflowUpdateFailedError when the workflow refuses it or its handler fails
   * @throws WorkflowExecutionAlreadyStartedError as the id policies say
   */
  async executeUpdateWithStart<T extends Workflow, Ret, Args extends unknown[]>(
    definition: UpdateDefinition<Ret, Args> | string,
    options: WorkflowUpdateWithStartOptions<T, Args>,
  ): Promise<Ret> {
    const handle = await this.#updateWithStart<T, Ret>(definition, options, 'COMPLETED');
    return handle.result();
  }

  /** {@link executeUpdateWithStart}, but waits only for the update to be accepted or refused. */
  startUpdateWithStart<T extends Workflow, Ret, Args extends unknown[]>(
    definition: UpdateDefinition<Ret, Args> | string,
    options: WorkflowUpdateWithStartOptions<T, Args> & { readonly waitForStage: 'ACCEPTED' },
  ): Promise<WorkflowUpdateHandle<Ret>> {
    return this.#updateWithStart<T, Ret>(definition, options, options.waitForStage);
  }

  /** A handle to a workflow; asks nobody whether it exists. */
  getHandle<T extends Workflow>(
    workflowId: string,
    runId?: string,
    options: GetWorkflowHandleOptions = {},
  ): WorkflowHandle<T> {
    return createHandle<T>(this.#parts, { ...options, workflowId, runId });
  }

  /**
   * Waits for a workflow to close: what `getHandle(…).result()` does.
   *
   * @throws WorkflowFailedError, WorkflowContinuedAsNewError or WorkflowNotFoundError
   */
  async result<T extends Workflow>(
    workflowId: string,
    runId?: string,
    options: WorkflowResultOptions = {},
  ): Promise<WorkflowResultType<T>> {
    const closed = await waitForResult(this.#parts, { workflowId, runId }, options);
    return closed as WorkflowResultType<T>;
  }

  /** Runs of the namespace, latest start first, fetched page by page as one goes. */
  list(options: ListOptions = {}): AsyncWorkflowListIterable {
    return listWorkflows(this.#parts, options);
  }

  async #start(
    workflow: string | Workflow,
    options: WorkflowOptions,
  ): Promise<StartWorkflowOutput> {
    const parts = this.#parts;
    let answer: StartWorkflowOutput | undefined;
    const send = intercepted(parts.interceptors, 'start', async (input) => {
      answer = await (await sendStart(parts, input)).started;
      return answer.runId;
    });
    const workflowType = workflowTypeOf(workflow);
    const runId = await send({ workflowType, headers: noHeaders(), options: withArgs(options) });
    // An interceptor that starts nothing still names a run.
    return answer ?? { runId, firstExecutionRunId: runId, started: false };
  }

  #updateWithStart<T extends Workflow, Ret>(
    definition: { readonly name: string } | string,
    options: UpdateCallOptions & { readonly startWorkflowOperation: WithStartWorkflowOperation<T> },
    waitForStage: WaitForStage,
  ): Promise<WorkflowUpdateHandle<Ret>> {
    const { startWorkflowOperation: operation } = options;
    const { followRuns } = operation.options;
    const update = { name: nameOf(definition), options, waitForStage };
    return startUpdateWithStart<T, Ret>(this.#parts, operation, update, (run) => {
      const { workflowId, runId: resultRunId, firstExecutionRunId } = run;
      const facts = { workflowId, runId: undefined, resultRunId, firstExecutionRunId };
      return createHandle<T>(this.#parts, { ...facts, followRuns });
    });
  }
}
