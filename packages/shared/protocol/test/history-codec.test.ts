import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EventType,
  concatBytes,
  decodeEvents,
  encodeEvent,
  encodeEvents,
  eventDefinitions,
  pack,
  toTemporalJson,
} from '../src/index.ts';
import { anyEventOf, normal } from './fixtures.ts';

const types = Object.keys(eventDefinitions) as EventType[];

/** Any event of any type. */
const anyEvent = fc.oneof(...types.map(anyEventOf));

describe('events', () => {
  it('come back from bytes as they were', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 6 }), (events) => {
        expect(normal(decodeEvents(encodeEvents(events)))).toEqual(normal(events));
      }),
    );
  });

  it('join by concatenation', () => {
    const segments = fc.array(fc.array(anyEvent, { maxLength: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(segments, (parts) => {
        const joined = concatBytes(parts.map((part) => encodeEvents(part)));
        expect(Buffer.compare(joined, encodeEvents(parts.flat()))).toBe(0);
        expect(normal(decodeEvents(joined))).toEqual(normal(parts.flat()));
      }),
      { numRuns: 50 },
    );
  });

  it('carry no field names', () => {
    const bytes = encodeEvent({
      eventId: 1,
      eventTime: 5,
      eventType: 'TimerStarted',
      attributes: { timerId: '1', startToFireTimeoutMs: 100, workflowTaskCompletedEventId: 4 },
    });
    expect([...bytes]).toEqual([0x97, 1, 1, 5, 17, 0xa1, 0x31, 100, 4]);
  });

  it('of the first histories may have a cause that Temporal does not know', () => {
    const [event] = decodeEvents(pack([1, 4, 5, 9, 2, 3, 'BAD_COMMAND_ATTRIBUTES']));
    expect(event).toMatchObject({
      eventType: 'WorkflowTaskFailed',
      attributes: { cause: 'WORKFLOW_WORKER_UNHANDLED_FAILURE' },
    });
    const [json] = toTemporalJson({ events: [event!] }).events;
    expect(json).toMatchObject({
      workflowTaskFailedEventAttributes: {
        cause: 'WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE',
      },
    });
  });

  it('of an unknown type or version are refused, saying what to do', () => {
    expect(() => decodeEvents(pack([1, 9, 5, 999]))).toThrow(
      /event 9 .* type number 999.*upgrade/s,
    );
    expect(() => decodeEvents(pack([2, 9, 5, 17, '1', 1, 1]))).toThrow(
      /schema version 2.*upgrade/s,
    );
  });

  it('have each a number of their own, as the field knows it', () => {
    const numbers = types.map((type) => eventDefinitions[type][0]);
    expect(new Set(numbers).size).toBe(types.length);
    expect(Object.fromEntries(types.map((type, at) => [type, numbers[at]]))).toEqual({
      WorkflowExecutionStarted: 1,
      WorkflowExecutionCompleted: 2,
      WorkflowExecutionFailed: 3,
      WorkflowExecutionTimedOut: 4,
      WorkflowTaskScheduled: 5,
      WorkflowTaskStarted: 6,
      WorkflowTaskCompleted: 7,
      WorkflowTaskTimedOut: 8,
      WorkflowTaskFailed: 9,
      ActivityTaskScheduled: 10,
      ActivityTaskStarted: 11,
      ActivityTaskCompleted: 12,
      ActivityTaskFailed: 13,
      ActivityTaskTimedOut: 14,
      ActivityTaskCancelRequested: 15,
      ActivityTaskCanceled: 16,
      TimerStarted: 17,
      TimerFired: 18,
      TimerCanceled: 19,
      WorkflowExecutionCancelRequested: 20,
      WorkflowExecutionCanceled: 21,
      RequestCancelExternalWorkflowExecutionInitiated: 22,
      RequestCancelExternalWorkflowExecutionFailed: 23,
      ExternalWorkflowExecutionCancelRequested: 24,
      MarkerRecorded: 25,
      WorkflowExecutionSignaled: 26,
      WorkflowExecutionTerminated: 27,
      WorkflowExecutionContinuedAsNew: 28,
      StartChildWorkflowExecutionInitiated: 29,
      StartChildWorkflowExecutionFailed: 30,
      ChildWorkflowExecutionStarted: 31,
      ChildWorkflowExecutionCompleted: 32,
      ChildWorkflowExecutionFailed: 33,
      ChildWorkflowExecutionCanceled: 34,
      ChildWorkflowExecutionTimedOut: 35,
      ChildWorkflowExecutionTerminated: 36,
      SignalExternalWorkflowExecutionInitiated: 37,
      SignalExternalWorkflowExecutionFailed: 38,
      ExternalWorkflowExecutionSignaled: 39,
      UpsertWorkflowSearchAttributes: 40,
      WorkflowExecutionUpdateAccepted: 41,
      WorkflowExecutionUpdateCompleted: 43,
      WorkflowPropertiesModified: 46,
      WorkflowExecutionUpdateAdmitted: 47,
    });
  });
});
