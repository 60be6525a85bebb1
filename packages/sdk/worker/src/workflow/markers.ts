/**
 * The markers that this SDK leaves in a history (semantics 60, 61, 64): what a local activity came
 * to, and which patches the code has passed. Their details are sealed like any payload.
 */
import { type DecodedFailure, JsonPayloadConverter, type Payload } from '@perdure/common';
import type { LoadedDataConverter } from '@perdure/data-converter';
import type { Command, EventOf } from '@perdure/protocol';
import type { LocalActivityBackoff, Outcome } from '@perdure/workflow/runtime';
import type { RunPlace } from './history-jobs.ts';

/** Name of a local activity's marker. */
export const LOCAL_ACTIVITY_MARKER = 'core_local_activity';
/** Name of a patch's marker. */
const PATCH_MARKER = 'core_patch';

/** What a local activity came to. */
export interface LocalActivityResolution {
  readonly seq: number;
  readonly activityType: string;
  /** The last attempt made. */
  readonly attempt: number;
  /** Milliseconds since the Unix epoch; workflow time from here on. */
  readonly completeTimeMs: number;
  readonly outcome: Outcome | LocalActivityBackoff;
}

/** A patch as its marker tells it. */
export interface PatchMark {
  readonly patchId: string;
  readonly deprecated: boolean;
}

/** What a marker of this SDK tells. */
export type Mark =
  | ({ readonly kind: 'localActivity' } & LocalActivityResolution)
  | ({ readonly kind: 'patch' } & PatchMark);

interface LocalActivityData {
  readonly seq: number;
  readonly attempt: number;
  readonly activity_id: string;
  readonly activity_type: string;
  readonly complete_time_ms: number;
  readonly backoff_ms?: number;
  readonly original_schedule_time_ms?: number;
  readonly canceled?: boolean;
}

const json = new JsonPayloadConverter();

/** The command that records a patch. */
export async function patchCommand(
  converter: LoadedDataConverter,
  place: RunPlace,
  { patchId, deprecated }: PatchMark,
): Promise<Command> {
  const details = { 'patch-data': await seal(converter, place, { id: patchId, deprecated }) };
  return { commandType: 'RecordMarker', markerName: PATCH_MARKER, details };
}

/** The command that records what a local activity came to. */
export async function localActivityCommand(
  converter: LoadedDataConverter,
  place: RunPlace,
  resolution: LocalActivityResolution,
): Promise<Command> {
  const { outcome } = resolution;
  const data = await seal(converter, place, dataOf(resolution));
  const marker = { commandType: 'RecordMarker', markerName: LOCAL_ACTIVITY_MARKER } as const;
  switch (outcome.kind) {
    case 'completed': {
      const result = await converter.toBlob(markerContext(place), outcome.result);
      return { ...marker, details: { data, result } };
    }
    case 'backoff':
      return { ...marker, details: { data } };
    default:
      return {
        ...marker,
        details: { data },
        failure: await converter.sealFailure(place, outcome.failure),
      };
  }
}

/** What a marker tells; undefined for one that this SDK does not leave. */
export async function markOf(
  converter: LoadedDataConverter,
  place: RunPlace,
  { eventId, attributes }: EventOf<'MarkerRecorded'>,
): Promise<Mark | undefined> {
  const { markerName, details = {}, failure } = attributes;
  if (markerName === PATCH_MARKER) {
    const data = await open<{ id: string; deprecated: boolean }>(
      converter,
      place,
      eventId,
      details['patch-data'],
    );
    return { kind: 'patch', patchId: data.id, deprecated: data.deprecated };
  }
  if (markerName !== LOCAL_ACTIVITY_MARKER) return undefined;
  const data = await open<LocalActivityData>(converter, place, eventId, details['data']);
  const result =
    details['result'] && (await converter.fromBlob(markerContext(place), details['result']));
  const opened = failure && (await converter.openFailure(place, failure));
  return {
    kind: 'localActivity',
    seq: data.seq,
    activityType: data.activity_type,
    attempt: data.attempt,
    completeTimeMs: data.complete_time_ms,
    outcome: outcomeOf(data, result, opened),
  };
}

function dataOf({
  seq,
  attempt,
  activityType,
  completeTimeMs,
  outcome,
}: LocalActivityResolution): LocalActivityData {
  return {
    seq,
    attempt,
    activity_id: String(seq),
    activity_type: activityType,
    complete_time_ms: completeTimeMs,
    ...(outcome.kind === 'canceled' && { canceled: true }),
    ...(outcome.kind === 'backoff' && {
      backoff_ms: outcome.backoffMs,
      original_schedule_time_ms: outcome.originalScheduleTimeMs,
    }),
  };
}

function outcomeOf(
  data: LocalActivityData,
  result: readonly Payload[] | undefined,
  failure: DecodedFailure | undefined,
): LocalActivityResolution['outcome'] {
  const { backoff_ms: backoffMs, original_schedule_time_ms: originalScheduleTimeMs = 0 } = data;
  if (backoffMs !== undefined) {
    return { kind: 'backoff', attempt: data.attempt + 1, backoffMs, originalScheduleTimeMs };
  }
  if (!failure) return { kind: 'completed', result: result ?? [] };
  return { kind: data.canceled ? 'canceled' : 'failed', failure };
}

async function seal(converter: LoadedDataConverter, place: RunPlace, value: object) {
  return converter.toBlob(markerContext(place), [json.toPayload(value)!]);
}

async function open<T>(
  converter: LoadedDataConverter,
  place: RunPlace,
  eventId: number,
  blob: Uint8Array | undefined,
): Promise<T> {
  const [payload] = blob ? await converter.fromBlob(markerContext(place), blob) : [];
  if (payload) return json.fromPayload<T>(payload);
  throw new TypeError(
    `the marker of event ${eventId} has no details; was it recorded by a Perdure SDK?`,
  );
}

function markerContext({ namespace, workflowId }: RunPlace) {
  return { namespace, workflowId, purpose: 'marker' } as const;
}
