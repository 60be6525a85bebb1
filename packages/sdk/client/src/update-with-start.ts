/** An update together with the start of the workflow that is to take it (semantics 45). */
import type { WithWorkflowArgs, Workflow } from '@perdure/common';
import type { UpdateWithStartOutput } from '@perdure/contract';
import type { ClientParts } from './client-parts.ts';
import {
  type WorkflowStartUpdateWithStartInput,
  type WorkflowStartUpdateWithStartOutput,
  intercepted,
} from './interceptors.ts';
import { encodeStart, noHeaders, withArgs, workflowTypeOf } from './start.ts';
import {
  type UpdateCallOptions,
  type WaitForStage,
  asUpdateCall,
  encodeUpdate,
  untilDurable,
  updateHandle,
} from './updates.ts';
import type { WorkflowHandle, WorkflowUpdateHandle } from './workflow-handle.ts';
import type { WorkflowOptions } from './workflow-options.ts';

/** Options of the start: what to do about an open run must be said. */
export type WithStartWorkflowOptions<T extends Workflow> = WithWorkflowArgs<
  T,
  WorkflowOptions & Required<Pick<WorkflowOptions, 'workflowIdConflictPolicy'>>
>;

/**
 * The start that goes with an update; good for one call.
 *
 * @example
 * ```ts
 * const start = new WithStartWorkflowOperation(cart, {
 *   workflowId: 'cart-1',
 *   taskQueue: 'carts',
 *   workflowIdConflictPolicy: 'USE_EXISTING',
 * });
 * const total = await client.workflow.executeUpdateWithStart(addItem, {
 *   args: ['apple'],
 *   startWorkflowOperation: start,
 * });
 * const handle = await start.workflowHandle();
 * ```
 */
export class WithStartWorkflowOperation<T extends Workflow> {
  readonly workflowTypeOrFunc: string | T;
  readonly options: WithStartWorkflowOptions<T>;
  readonly #handle: Promise<WorkflowHandle<T>>;
  #settle!: { resolve(handle: WorkflowHandle<T>): void; reject(error: unknown): void };
  #used = false;

  constructor(workflowTypeOrFunc: string | T, options: WithStartWorkflowOptions<T>) {
    this.workflowTypeOrFunc = workflowTypeOrFunc;
    this.options = options;
    this.#handle = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    // Whoever does not ask for the handle hears of the failure from the update.
    this.#handle.catch(() => {});
  }

  /**
   * The workflow, once the call that takes this operation has started or found it.
   *
   * Rejects as that call does.
   */
  workflowHandle(): Promise<WorkflowHandle<T>> {
    return this.#handle;
  }

  /**
   * Lets a call use the operation.
   *
   * @internal
   * @throws Error when another call has done so
   */
  async use<R>(call: () => Promise<{ handle: WorkflowHandle<T>; result: R }>): Promise<R> {
    if (this.#used) {
      throw new Error('This WithStartWorkflowOperation instance has already been executed.');
    }
    this.#used = true;
    try {
      const { handle, result } = await call();
      this.#settle.resolve(handle);
      return result;
    } catch (error) {
      this.#settle.reject(error);
      throw error;
    }
  }
}

/** The run that took the update. */
export interface StartedRun {
  readonly workflowId: string;
  readonly runId: string;
  /** Unless an interceptor has answered for the server. */
  readonly firstExecutionRunId: string | undefined;
}

/** Sends both; resolves once the update has come as far as is wanted. */
export function startUpdateWithStart<T extends Workflow, Ret>(
  parts: ClientParts,
  operation: WithStartWorkflowOperation<T>,
  update: {
    readonly name: string;
    readonly options: UpdateCallOptions;
    readonly waitForStage: WaitForStage;
  },
  handleTo: (run: StartedRun) => WorkflowHandle<T>,
): Promise<WorkflowUpdateHandle<Ret>> {
  const { name, options, waitForStage } = update;
  const { args = [], updateId } = options;
  return operation.use(async () => {
    let firstExecutionRunId: string | undefined;
    const send = intercepted(parts.interceptors, 'startUpdateWithStart', (input) =>
      sendBoth(parts, input, waitForStage, (answer) => ({ firstExecutionRunId } = answer)),
    );
    const sent = await send({
      workflowType: workflowTypeOf(operation.workflowTypeOrFunc),
      workflowStartOptions: withArgs(operation.options),
      workflowStartHeaders: noHeaders(),
      updateName: name,
      updateArgs: args,
      updateOptions: { updateId },
      updateHeaders: noHeaders(),
    });
    const { workflowId, runId } = sent.workflowExecution;
    const place = { workflowId, runId, updateId: sent.updateId };
    const result = updateHandle<Ret>(parts, place, sent.updateOutcome);
    return { handle: handleTo({ workflowId, runId, firstExecutionRunId }), result };
  });
}

async function sendBoth(
  parts: ClientParts,
  input: WorkflowStartUpdateWithStartInput,
  waitForStage: WaitForStage,
  onAnswer: (answer: UpdateWithStartOutput) => void,
): Promise<WorkflowStartUpdateWithStartOutput> {
  const { workflowType, workflowStartOptions: options, workflowStartHeaders: headers } = input;
  const { namespace, identity, ...start } = await encodeStart(parts, {
    workflowType,
    options,
    headers,
  });
  const { workflowId } = start;
  const update = await encodeUpdate(parts, workflowId, {
    updateId: input.updateOptions.updateId,
    updateName: input.updateName,
    args: input.updateArgs,
    headers: input.updateHeaders,
  });
  const call = { namespace, identity, start, update: { ...update, waitForStage } };
  const { updateId } = update;
  const sent = await untilDurable(parts, { workflowId, updateId }, waitForStage, async () => {
    const answer = await asUpdateCall(() =>
      parts.call({ workflowId, workflowType }, 'updateWithStart', call),
    );
    onAnswer(answer);
    return answer;
  });
  const workflowExecution = { workflowId, runId: sent.workflowRunId };
  return { workflowExecution, updateId, updateOutcome: sent.outcome };
}
