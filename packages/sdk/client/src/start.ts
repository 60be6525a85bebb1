/** How starts travel: options checked, payloads sealed, each request with an id of its own. */
import type { Headers, Workflow } from '@perdure/common';
import type { StartWorkflowOutput } from '@perdure/contract';
import { v4 as uuid4 } from 'uuid';
import type { ClientParts } from './client-parts.ts';
import type { WorkflowCallInput } from './connection.ts';
import type {
  InterceptedStartOptions,
  WorkflowSignalWithStartInput,
  WorkflowStartInput,
} from './interceptors.ts';
import { type WorkflowOptions, compileWorkflowOptions } from './workflow-options.ts';

/** Name of a workflow, given itself or its name. */
export function workflowTypeOf(workflow: string | Workflow): string {
  return typeof workflow === 'string' ? workflow : workflow.name;
}

/** Options as interceptors see them. */
export function withArgs(options: object): InterceptedStartOptions {
  const given = options as WorkflowOptions & { readonly args?: readonly unknown[] };
  return { ...given, args: given.args ?? [] };
}

/** A start as the server takes it. */
export async function encodeStart(
  parts: ClientParts,
  { workflowType, options, headers }: WorkflowStartInput,
): Promise<WorkflowCallInput<'startWorkflow'>> {
  const compiled = compileWorkflowOptions(options);
  const { workflowId } = compiled;
  const { namespace, identity } = parts;
  const converter = await parts.loadConverter();
  const { args, memo } = options;
  const input = await converter.encodeArgs(parts.place(workflowId, 'workflow-input'), args);
  return {
    ...compiled,
    namespace,
    workflowType,
    input,
    header: await parts.encodeHeaders(workflowId, headers),
    memo: memo && (await converter.encodeValue(parts.place(workflowId, 'memo'), memo)),
    userMetadata: await encodeUserMetadata(parts, options),
    identity,
    requestId: uuid4(),
  };
}

/**
 * Sends a start.
 *
 * @returns once it is on its way: what the server will answer
 */
export async function sendStart(
  parts: ClientParts,
  input: WorkflowStartInput,
): Promise<{ readonly started: Promise<StartWorkflowOutput> }> {
  const call = await encodeStart(parts, input);
  return { started: parts.call(call, 'startWorkflow', call) };
}

/** Signals the open run, or starts one that has the signal from the beginning. */
export async function sendSignalWithStart(
  parts: ClientParts,
  input: WorkflowSignalWithStartInput,
): Promise<StartWorkflowOutput> {
  const { workflowIdConflictPolicy = 'USE_EXISTING', ...start } = await encodeStart(parts, input);
  const { workflowId } = start;
  const { signalName, signalArgs } = input;
  const converter = await parts.loadConverter();
  const signalInput = await converter.encodeArgs(parts.place(workflowId, 'signal'), signalArgs);
  // FAIL is refused by the server, which says why.
  const policy = workflowIdConflictPolicy as 'USE_EXISTING' | 'TERMINATE_EXISTING';
  const call = { ...start, workflowIdConflictPolicy: policy, signalName, signalInput };
  return parts.call(start, 'signalWithStart', call);
}

/** What an interceptor starts with. */
export const noHeaders = (): Headers => ({});

async function encodeUserMetadata(parts: ClientParts, options: WorkflowOptions) {
  const { staticSummary, staticDetails, workflowId } = options;
  if (staticSummary === undefined && staticDetails === undefined) return undefined;
  const converter = await parts.loadConverter();
  const encode = async (text: string | undefined) =>
    text === undefined
      ? undefined
      : converter.encodeValue(parts.place(workflowId, 'user-metadata'), text);
  return { summary: await encode(staticSummary), details: await encode(staticDetails) };
}
