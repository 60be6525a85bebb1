/** Failures. What kind one is, Temporal tells by which field holds its facts. */
import { type Failure, type FailureInfo, failureCategories } from '../failure.ts';
import { retryState, timeoutType } from './execution-forms.ts';
import { type Form, duration, enumeration, flag, given, int64, kept, text } from './forms.ts';
import { type JsonObject, objectOf } from './json.ts';
import { at, fields, message } from './message.ts';
import { payload, payloads } from './payload-forms.ts';
import type { Scene } from './scene.ts';

type Kind = FailureInfo['kind'];
type FactsOf<K extends Kind> = Omit<Extract<FailureInfo, { kind: K }>, 'kind'>;

const category = enumeration('APPLICATION_ERROR_CATEGORY', failureCategories, 'BENIGN');

/** For every kind the field of Temporal's that holds its facts, and their form. */
const kinds: { readonly [K in Kind]: readonly [field: string, form: Form<FactsOf<K>>] } = {
  application: [
    'applicationFailureInfo',
    message<FactsOf<'application'>>({
      type: kept(text),
      nonRetryable: kept(flag),
      details: kept(payloads('failure-details')),
      nextRetryDelayMs: at('nextRetryDelay', kept(duration)),
      category: given(category),
    }),
  ],
  timeout: [
    'timeoutFailureInfo',
    message<FactsOf<'timeout'>>({
      timeoutType,
      lastHeartbeatDetails: kept(payloads('heartbeat')),
    }),
  ],
  canceled: [
    'canceledFailureInfo',
    message<FactsOf<'canceled'>>({ details: kept(payloads('failure-details')) }),
  ],
  terminated: ['terminatedFailureInfo', message<FactsOf<'terminated'>>({ identity: kept(text) })],
  server: ['serverFailureInfo', message<FactsOf<'server'>>({ nonRetryable: kept(flag) })],
  activity: [
    'activityFailureInfo',
    message<FactsOf<'activity'>>({
      activityType: at('activityType.name', text),
      activityId: kept(text),
      scheduledEventId: given(int64),
      startedEventId: given(int64),
      retryState: given(retryState),
      identity: kept(text),
    }),
  ],
  childWorkflow: [
    'childWorkflowExecutionFailureInfo',
    message<FactsOf<'childWorkflow'>>({
      namespace: kept(text),
      workflowId: at('workflowExecution.workflowId', text),
      runId: at('workflowExecution.runId', given(text)),
      workflowType: at('workflowType.name', text),
      initiatedEventId: given(int64),
      startedEventId: given(int64),
      retryState: given(retryState),
    }),
  ],
};

/** A failure and its causes. */
export const failure: Form<Failure> = {
  to(value, scene) {
    const [field, form] = kinds[value.info.kind] as readonly [string, Form<unknown>];
    const attributes: JsonObject = {};
    common.write(value, { attributes, event: attributes, perdure: attributes }, scene);
    return { ...attributes, [field]: form.to(value.info, scene) };
  },
  from(json, scene) {
    const attributes = objectOf(json);
    const roots = { attributes, event: attributes, perdure: attributes };
    return { ...common.read(roots, scene), info: infoOf(attributes, scene) };
  },
  absent: () => ({ info: { kind: 'application' } }),
};

/** The parts that failures of every kind have. */
const common = fields<Omit<Failure, 'info'>>({
  message: kept(text),
  stackTrace: kept(text),
  encodedAttributes: kept(payload('failure')),
  cause: kept(failure),
  source: kept(text),
});

/**
 * Kinds that we do not have (of Nexus, or of an activity that a reset cut off), and failures without
 * facts, are taken for failures of the application.
 */
function infoOf(attributes: JsonObject, scene: Scene): FailureInfo {
  for (const [kind, [field, form]] of Object.entries(kinds)) {
    const facts = attributes[field];
    if (facts === undefined || facts === null) continue;
    return { kind, ...(form as Form<object>).from(facts, scene) } as FailureInfo;
  }
  return { kind: 'application' };
}
