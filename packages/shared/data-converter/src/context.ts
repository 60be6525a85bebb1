/**
 * Where a blob belongs. The context is not stored: whoever opens a blob states it again from what
 * it knows about the field in front of it, and a sealed blob opens only if the two agree. So bytes
 * that a server moves to another field, workflow or namespace are refused.
 */
import { ValueError } from '@perdure/common';

/** How tightly a sealed blob is bound; its number stands in the envelope. */
export const Binding = {
  /** Namespace, purpose and workflow id. */
  WORKFLOW: 1,
  /** Namespace and purpose: for what is copied outwards unchanged, from one workflow to another. */
  NAMESPACE: 2,
} as const;
export type Binding = (typeof Binding)[keyof typeof Binding];

/** Every kind of field that holds payloads, with what its blobs are bound to. */
const bindings = {
  'workflow-input': Binding.WORKFLOW,
  'workflow-result': Binding.WORKFLOW,
  'activity-input': Binding.WORKFLOW,
  'activity-result': Binding.WORKFLOW,
  /** Details of a heartbeat, also when a later attempt or a timeout failure carries them. */
  heartbeat: Binding.WORKFLOW,
  /** Arguments of a signal. */
  signal: Binding.WORKFLOW,
  /** Details of a cancelled activity or workflow. */
  'cancel-details': Binding.WORKFLOW,
  'terminate-details': Binding.WORKFLOW,
  memo: Binding.WORKFLOW,
  header: Binding.WORKFLOW,
  /** Details of a marker: outcomes of local activities, patches. */
  marker: Binding.WORKFLOW,
  'update-input': Binding.WORKFLOW,
  'update-result': Binding.WORKFLOW,
  'query-input': Binding.WORKFLOW,
  'query-result': Binding.WORKFLOW,
  /** Texts for people: summaries, details. */
  'user-metadata': Binding.WORKFLOW,
  /** Message and stack of a failure. */
  failure: Binding.NAMESPACE,
  /** Details of an application failure or a cancellation. */
  'failure-details': Binding.NAMESPACE,
} as const;

/** What a field is for. A closed list: each new payload field gets its word here. */
export type PayloadPurpose = keyof typeof bindings;

/** Every {@link PayloadPurpose}. */
export const payloadPurposes = Object.keys(bindings) as readonly PayloadPurpose[];

/** Where a blob belongs. */
export interface PayloadContext {
  readonly namespace: string;
  readonly purpose: PayloadPurpose;
  /** Required unless the purpose is bound to its namespace alone. */
  readonly workflowId?: string;
}

/** Where a failure belongs; each of its fields has a purpose of its own. */
export interface FailureContext {
  readonly namespace: string;
  /** Needed to open heartbeat details that the server put into a timeout failure. */
  readonly workflowId?: string;
  readonly purpose?: 'failure';
}

/** Longest namespace or workflow id, in characters (semantics 75). */
const MAX_ID_LENGTH = 1_000;
/** Bytes that {@link writeContext} can take: three texts, at most 3 bytes a character, with lengths. */
export const MAX_CONTEXT_BYTES = 3 * (2 + 3 * MAX_ID_LENGTH);

/** What blobs of a purpose are bound to when they are sealed. */
export function bindingOf(purpose: PayloadPurpose): Binding {
  const binding: Binding | undefined = bindings[purpose];
  if (binding !== undefined) return binding;
  throw new ValueError(
    `wanted a payload purpose, one of ${payloadPurposes.join(', ')}; got ${JSON.stringify(purpose)}`,
  );
}

/**
 * Writes the canonical form of a context: each text as its length in bytes (16 bits, big-endian)
 * and its UTF-8. Which texts there are follows from the binding, so the form is unambiguous.
 *
 * @returns the offset after the last byte written
 * @throws ValueError when a text is missing or longer than 1,000 characters
 */
export function writeContext(
  target: Buffer,
  start: number,
  binding: Binding,
  context: PayloadContext,
): number {
  let at = writeText(target, start, 'namespace', context.namespace);
  at = writeText(target, at, 'purpose', context.purpose);
  if (binding === Binding.NAMESPACE) return at;
  return writeText(target, at, 'workflowId', context.workflowId);
}

function writeText(target: Buffer, at: number, field: string, text: string | undefined): number {
  if (typeof text !== 'string' || text.length > MAX_ID_LENGTH) {
    throw new ValueError(
      `a payload context needs ${field}, a text of at most ${MAX_ID_LENGTH} characters; got ` +
        `${typeof text === 'string' ? `${text.length} characters` : String(text)}`,
    );
  }
  const length = target.write(text, at + 2, 'utf8');
  target.writeUInt16BE(length, at);
  return at + 2 + length;
}

/** The context in words, for error messages. */
export function describeContext(context: PayloadContext): string {
  const workflow = context.workflowId === undefined ? '' : ` of workflow '${context.workflowId}'`;
  return `the ${context.purpose} payload${workflow} in namespace '${context.namespace}'`;
}
