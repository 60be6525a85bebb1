import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Command,
  command,
  commandBlobs,
  commandFailure,
  failureBlobs,
  decodeDownstream,
  decodeUpstream,
  downstreamMessage,
  encodeDownstream,
  encodeUpstream,
  isCloseCommand,
  pack,
  upstreamMessage,
} from '../src/index.ts';
import { anyOf, normal } from './fixtures.ts';

describe('frames', () => {
  it('from the SDK come back as they were', () => {
    fc.assert(
      fc.property(fc.array(anyOf(upstreamMessage), { maxLength: 3 }), (messages) => {
        expect(normal(decodeUpstream(encodeUpstream(messages)))).toEqual(normal(messages));
      }),
    );
  });

  it('from the server come back as they were', () => {
    fc.assert(
      fc.property(fc.array(anyOf(downstreamMessage), { maxLength: 3 }), (messages) => {
        expect(normal(decodeDownstream(encodeDownstream(messages)))).toEqual(normal(messages));
      }),
    );
  });

  it('that are none are refused with an error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (frame) => {
        try {
          decodeUpstream(frame);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 500 },
    );
    expect(() => decodeUpstream(pack({ kind: 'call' }))).toThrow(/array of messages/);
    expect(() => decodeUpstream(pack([[1, -1, 'workflow.start']]))).toThrow(/callId/);
    expect(() => decodeUpstream(pack([[99]]))).toThrow(/got kind 99/);
  });

  it('damaged in one byte are refused or are another well-formed frame', () => {
    const frame = fc.array(anyOf(upstreamMessage), { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(frame, fc.nat(), fc.integer({ min: 1, max: 255 }), (messages, at, change) => {
        const bytes = new Uint8Array(encodeUpstream(messages));
        bytes[at % bytes.length]! ^= change;
        try {
          const read = decodeUpstream(bytes);
          for (const message of read)
            expect(upstreamMessage.schema.safeParse(message).success).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

describe('commands', () => {
  it('close a run when they complete, fail, cancel or continue it', () => {
    fc.assert(
      fc.property(anyOf(command), (value) => {
        const closes = /^(Complete|Fail|Cancel|ContinueAsNew)WorkflowExecution$/.test(
          value.commandType,
        );
        expect(isCloseCommand(value)).toBe(closes);
      }),
    );
  });

  it('travel under numbers that are never given to another', () => {
    const [id, failure] = ['x', { info: { kind: 'server' as const } }];
    const inOrder: readonly Command[] = [
      { commandType: 'ScheduleActivityTask', activityId: id, activityType: id },
      { commandType: 'RequestCancelActivityTask', activityId: id },
      { commandType: 'StartTimer', timerId: id, startToFireTimeoutMs: 1 },
      { commandType: 'CancelTimer', timerId: id },
      { commandType: 'CompleteWorkflowExecution' },
      { commandType: 'FailWorkflowExecution', failure },
      { commandType: 'CancelWorkflowExecution' },
      { commandType: 'StartChildWorkflowExecution', workflowId: id, workflowType: id },
      { commandType: 'RequestCancelExternalWorkflowExecution', workflowId: id },
      { commandType: 'SignalExternalWorkflowExecution', workflowId: id, signalName: id },
      { commandType: 'RecordMarker', markerName: id },
      { commandType: 'ContinueAsNewWorkflowExecution' },
      { commandType: 'UpsertWorkflowSearchAttributes', searchAttributes: {} },
      { commandType: 'ModifyWorkflowProperties' },
      { commandType: 'AcceptUpdate', updateId: id },
      { commandType: 'RejectUpdate', updateId: id, failure },
      { commandType: 'CompleteUpdate', updateId: id },
    ];
    expect(inOrder.map((value) => (command.to(value) as unknown[])[0])).toEqual(
      inOrder.map((_, i) => i + 1),
    );
  });

  it('show every payload they carry', () => {
    const countBytes = (value: unknown): number => {
      if (value instanceof Uint8Array) return 1;
      if (value === null || typeof value !== 'object') return 0;
      return Object.values(value).reduce((sum: number, each) => sum + countBytes(each), 0);
    };
    fc.assert(
      fc.property(anyOf(command), (value) => {
        const failure = commandFailure(value);
        const shown = [...commandBlobs(value)].length;
        const failed = failure ? [...failureBlobs(failure)].length : 0;
        expect(shown + failed).toBe(countBytes(value));
      }),
    );
  });
});
