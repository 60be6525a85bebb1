/**
 * The byte form of a state: what the store keeps of a run and rewrites at every commit, so it is
 * positional and small.
 *
 * Times are stored relative to the start (plus 1, as 0 means "not"), which keeps them at 5 bytes or
 * fewer; what equals its usual value (the run's own task queue, the default retry policy, the
 * sticky session) is stored as nil or as a flag; absent tails are cut off.
 *
 * A new field goes to the end of its list and reads as absent from older bytes; only a change of
 * meaning raises STATE_SCHEMA_VERSION.
 */
import type { WorkflowExecutionStatus } from '@perdure/common';
import { pack, packUuid, unpack, unpackUuid } from '@perdure/protocol';
import {
  type Base,
  type Wire,
  absolute,
  decodeActivity,
  decodeBuffered,
  decodeTimer,
  decodeWorkflowTask,
  encodeActivity,
  encodeBuffered,
  encodeTimer,
  encodeWorkflowTask,
  numberOf,
  relativeTo,
  trim,
} from './encode-entries.ts';
import { decodeExtras, encodeExtras } from './encode-extras.ts';
import type { ExecutionState } from './execution-state.ts';

/** First element of the encoded list. */
const STATE_SCHEMA_VERSION = 1;

/** Statuses by number; append only. */
const statuses: readonly WorkflowExecutionStatus[] = [
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TERMINATED',
  'CONTINUED_AS_NEW',
  'TIMED_OUT',
];

/** Bytes of a state. */
export function encodeState(state: ExecutionState): Uint8Array {
  const relative = relativeTo(state);
  return pack(
    trim([
      STATE_SCHEMA_VERSION,
      state.workflowId,
      packUuid(state.runId),
      state.workflowType,
      state.taskQueue,
      state.firstExecutionRunId === state.runId ? null : packUuid(state.firstExecutionRunId),
      statuses.indexOf(state.status),
      state.startTime,
      relative(state.closeTime),
      state.workflowTaskTimeoutMs,
      relative(state.runDeadline),
      relative(state.firstWorkflowTaskAt),
      state.nextEventId,
      relative(state.lastEventTime),
      state.lastCompletedStartedEventId,
      state.cancelRequested ? 1 : 0,
      state.signalCount,
      relative(state.wakeAt),
      packUuid(state.createRequestId),
      state.stickySession === undefined ? null : packUuid(state.stickySession),
      state.workflowTaskFailures,
      state.workflowTask ? encodeWorkflowTask(state.workflowTask, state) : null,
      listOrNil([...state.activities.values()].map((each) => encodeActivity(each, state))),
      listOrNil([...state.timers.values()].map((each) => encodeTimer(each, state))),
      listOrNil(state.buffered.map((each) => encodeBuffered(each, state))),
      state.historyBytes,
      encodeExtras(state),
    ]),
  );
}

/**
 * The state of bytes.
 *
 * @throws TypeError when they are of another schema version
 */
export function decodeState(bytes: Uint8Array): ExecutionState {
  const wire = unpack(bytes) as Wire;
  if (!Array.isArray(wire) || wire[0] !== STATE_SCHEMA_VERSION) {
    throw new TypeError(
      `wanted a run's state of schema version ${STATE_SCHEMA_VERSION}; got version ` +
        `${Array.isArray(wire) ? String(wire[0]) : 'none'}: upgrade this server`,
    );
  }
  const runId = unpackUuid(wire[2]);
  const startTime = wire[7] as number;
  const stickySession = wire[19] ? unpackUuid(wire[19]) : undefined;
  const base: Base = { startTime, taskQueue: wire[4] as string, stickySession };
  const activities = listOf(wire[22]).map((each) => decodeActivity(each, base));
  const timers = listOf(wire[23]).map((each) => decodeTimer(each, base));
  return {
    workflowId: wire[1] as string,
    runId,
    workflowType: wire[3] as string,
    taskQueue: base.taskQueue,
    firstExecutionRunId: wire[5] ? unpackUuid(wire[5]) : runId,
    status: statuses[wire[6] as number]!,
    startTime,
    closeTime: absolute(wire[8], base),
    workflowTaskTimeoutMs: wire[9] as number,
    runDeadline: absolute(wire[10], base),
    firstWorkflowTaskAt: absolute(wire[11], base),
    nextEventId: wire[12] as number,
    lastEventTime: absolute(wire[13], base),
    lastCompletedStartedEventId: wire[14] as number,
    cancelRequested: wire[15] === 1,
    signalCount: wire[16] as number,
    wakeAt: absolute(wire[17], base),
    createRequestId: unpackUuid(wire[18]),
    stickySession,
    workflowTaskFailures: numberOf(wire[20]),
    workflowTask: wire[21] ? decodeWorkflowTask(wire[21] as Wire, base) : undefined,
    activities: new Map(activities.map((each) => [each.scheduledEventId, each])),
    timers: new Map(timers.map((each) => [each.timerId, each])),
    buffered: listOf(wire[24]).map((each) => decodeBuffered(each, base)),
    historyBytes: numberOf(wire[25]),
    ...decodeExtras(wire[26], base),
  };
}

function listOf(wire: unknown): readonly Wire[] {
  return (wire ?? []) as readonly Wire[];
}

function listOrNil(values: unknown[]): unknown[] | null {
  return values.length === 0 ? null : values;
}
