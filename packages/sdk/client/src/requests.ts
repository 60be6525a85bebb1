/** What a handle asks of a workflow that exists, interceptors included. */
import { v4 as uuid4 } from 'uuid';
import type { ClientParts } from './client-parts.ts';
import {
  type WorkflowCancelInput,
  type WorkflowDescribeInput,
  type WorkflowExecutionTarget,
  type WorkflowSignalInput,
  type WorkflowTerminateInput,
  intercepted,
} from './interceptors.ts';
import { noHeaders } from './start.ts';
import { type WorkflowExecutionDescription, describe } from './workflow-description.ts';

/** Name of a signal, query or update, given its definition or its name. */
export function nameOf(definition: { readonly name: string } | string): string {
  return typeof definition === 'string' ? definition : definition.name;
}

/** Signals the current run, or the one named. */
export function signal(
  parts: ClientParts,
  workflowExecution: WorkflowExecutionTarget,
  signalName: string,
  args: readonly unknown[],
): Promise<void> {
  const send = intercepted(parts.interceptors, 'signal', (input) => sendSignal(parts, input));
  return send({ signalName, args, workflowExecution, headers: noHeaders() });
}

async function sendSignal(parts: ClientParts, input: WorkflowSignalInput): Promise<void> {
  const { workflowExecution, signalName, args, headers } = input;
  const { workflowId } = workflowExecution;
  const { namespace, identity } = parts;
  const converter = await parts.loadConverter();
  await parts.call(workflowExecution, 'signalWorkflow', {
    ...workflowExecution,
    namespace,
    signalName,
    input: await converter.encodeArgs(parts.place(workflowId, 'signal'), args),
    header: await parts.encodeHeaders(workflowId, headers),
    identity,
    requestId: uuid4(),
  });
}

/** Asks a run to cancel itself. */
export function cancel(parts: ClientParts, input: WorkflowCancelInput): Promise<void> {
  const send = intercepted(parts.interceptors, 'cancel', async (call) => {
    const { workflowExecution, firstExecutionRunId, reason } = call;
    const { namespace, identity } = parts;
    const about = { ...workflowExecution, namespace, firstExecutionRunId };
    const request = { ...about, reason, identity, requestId: uuid4() };
    await parts.call(workflowExecution, 'requestCancelWorkflow', request);
  });
  return send(input);
}

/** Closes a run at once. */
export function terminate(parts: ClientParts, input: WorkflowTerminateInput): Promise<void> {
  const send = intercepted(parts.interceptors, 'terminate', (call) => sendTerminate(parts, call));
  return send(input);
}

async function sendTerminate(parts: ClientParts, input: WorkflowTerminateInput): Promise<void> {
  const { workflowExecution, firstExecutionRunId, reason, details = [] } = input;
  const { workflowId } = workflowExecution;
  const { namespace, identity } = parts;
  const converter = await parts.loadConverter();
  await parts.call(workflowExecution, 'terminateWorkflow', {
    ...workflowExecution,
    namespace,
    firstExecutionRunId,
    reason,
    details: await converter.encodeArgs(parts.place(workflowId, 'terminate-details'), details),
    identity,
    requestId: uuid4(),
  });
}

/** Facts of a run, opened. */
export function describeExecution(
  parts: ClientParts,
  input: WorkflowDescribeInput,
): Promise<WorkflowExecutionDescription> {
  const send = intercepted(parts.interceptors, 'describe', async ({ workflowExecution }) => {
    const { namespace } = parts;
    const call = { ...workflowExecution, namespace };
    return describe(parts, await parts.call(workflowExecution, 'describeWorkflow', call));
  });
  return send(input);
}
