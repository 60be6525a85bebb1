/** Other workflows, known by their ids. */
import type { SignalDefinition } from '@perdure/common';
import { requestCancelWorkflow, signalWorkflow } from './runtime/external-call.ts';

/** A workflow that this one did not start. */
export interface ExternalWorkflowHandle {
  readonly workflowId: string;
  /** Undefined for whichever run is open. */
  readonly runId: string | undefined;
  /**
   * Tells it something; resolves when it has it.
   *
   * @throws ApplicationFailure of type ExternalWorkflowExecutionNotFound (semantics 35)
   */
  signal<Args extends unknown[] = [], Name extends string = string>(
    definition: SignalDefinition<Args, Name> | string,
    ...args: Args
  ): Promise<void>;
  /**
   * Asks it to stop; resolves when it has been asked.
   *
   * @throws ApplicationFailure of type ExternalWorkflowExecutionNotFound (semantics 35)
   */
  cancel(): Promise<void>;
}

/** A workflow of this namespace, which need not exist until it is signalled or cancelled. */
export function getExternalWorkflowHandle(
  workflowId: string,
  runId?: string,
): ExternalWorkflowHandle {
  const target = { workflowId, runId };
  return {
    workflowId,
    runId,
    signal: (definition, ...args) =>
      signalWorkflow(
        { type: 'external', workflowExecution: target },
        typeof definition === 'string' ? definition : definition.name,
        args,
      ),
    cancel: () => requestCancelWorkflow(target),
  };
}
