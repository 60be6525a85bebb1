/** Facts about a workflow, as several events carry them. */
import {
  type CompiledRetryPolicy,
  type IndexedField,
  type IndexedFields,
  ParentClosePolicy,
  RetryState,
  SearchAttributeType,
  TimeoutType,
  WorkflowIdReusePolicy,
  ContinueAsNewInitiator,
  decode,
  defaultActivityRetryPolicy,
  encode,
} from '@perdure/common';
import type { UpdateRequest } from '../updates.ts';
import type {
  Priority,
  UserMetadata,
  WorkflowExecution,
  WorkflowTarget,
} from '../workflow-execution.ts';
import {
  type Form,
  duration,
  enumeration,
  given,
  int32,
  kept,
  list,
  pascalCase,
  real,
  text,
} from './forms.ts';
import { type Json, objectOf, textOf } from './json.ts';
import { at, message } from './message.ts';
import {
  header,
  jsonPayload,
  jsonValueOf,
  payload,
  payloadFromJson,
  payloadToJson,
  payloads,
} from './payload-forms.ts';

export const retryState = enumeration(
  'RETRY_STATE',
  Object.values(RetryState),
  RetryState.RETRY_POLICY_NOT_SET,
);
export const timeoutType = enumeration(
  'TIMEOUT_TYPE',
  Object.values(TimeoutType),
  TimeoutType.START_TO_CLOSE,
);
export const parentClosePolicy = enumeration(
  'PARENT_CLOSE_POLICY',
  Object.values(ParentClosePolicy),
  ParentClosePolicy.TERMINATE,
);
export const workflowIdReusePolicy = enumeration(
  'WORKFLOW_ID_REUSE_POLICY',
  Object.values(WorkflowIdReusePolicy),
  WorkflowIdReusePolicy.ALLOW_DUPLICATE,
);
export const continueAsNewInitiator = enumeration(
  'CONTINUE_AS_NEW_INITIATOR',
  Object.values(ContinueAsNewInitiator),
  ContinueAsNewInitiator.WORKFLOW,
);

export const workflowExecution = message<WorkflowExecution>({ workflowId: text, runId: text });

export const workflowTarget = message<WorkflowTarget>({ workflowId: text, runId: given(text) });

/** By its name; where a sticky queue was written, the queue that it stands in for. */
export const taskQueue: Form<string> = {
  to: (name) => ({ name, kind: 'TASK_QUEUE_KIND_NORMAL' }),
  from(json) {
    const { name, normalName } = objectOf(json);
    return textOf(normalName || (name ?? ''));
  },
  absent: () => '',
};

export const retryPolicy = message<CompiledRetryPolicy>({
  initialIntervalMs: at('initialInterval', {
    ...duration,
    absent: () => defaultActivityRetryPolicy.initialIntervalMs,
  }),
  backoffCoefficient: {
    ...real,
    absent: () => defaultActivityRetryPolicy.backoffCoefficient,
  },
  maximumIntervalMs: at('maximumInterval', {
    ...duration,
    absent: () => defaultActivityRetryPolicy.maximumIntervalMs,
  }),
  maximumAttempts: int32,
  nonRetryableErrorTypes: list(text),
});

export const priority = message<Priority>({
  priorityKey: kept(int32),
  fairnessKey: kept(text),
  fairnessWeight: kept(real),
});

export const userMetadata = message<UserMetadata>({
  summary: kept(payload('user-metadata')),
  details: kept(payload('user-metadata')),
});

export const updateRequest = message<UpdateRequest>({
  updateId: at('meta.updateId', text),
  updateName: at('input.name', text),
  input: at('input.args', kept(payloads('update-input'))),
  header: at('input.header', kept(header)),
  identity: at('meta.identity', kept(text)),
});

/** Temporal writes the type of a search attribute as `KeywordList`, or with this prefix. */
const indexedType = enumeration(
  'INDEXED_VALUE_TYPE',
  Object.values(SearchAttributeType),
  SearchAttributeType.KEYWORD,
);

/** Each value as a payload of JSON text, its type in the metadata. */
export const searchAttributes: Form<IndexedFields> = {
  to: (fields) => ({
    indexedFields: Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [name, indexedFieldToJson(field)]),
    ),
  }),
  from(json, scene) {
    const entries = Object.entries(objectOf(objectOf(json).indexedFields ?? {}));
    return Object.fromEntries(
      entries.map(([name, each]) => {
        const { metadata, data } = payloadFromJson(each);
        const value = jsonValueOf({ metadata, data });
        if (value === undefined) throw new TypeError(`${name}: wanted a payload of JSON text`);
        const field = { value: value as IndexedField['value'] };
        if (!metadata.type) return [name, field];
        return [name, { ...field, type: indexedType.from(decode(metadata.type), scene) }];
      }),
    );
  },
  absent: () => ({}),
};

function indexedFieldToJson({ type, value }: IndexedField): Json {
  const more = type && { type: encode(pascalCase(type)) };
  return payloadToJson(jsonPayload(JSON.stringify(value), more));
}
