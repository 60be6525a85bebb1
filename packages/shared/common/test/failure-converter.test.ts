import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  type DecodedFailure,
  MAX_FAILURE_CAUSES,
  PayloadConverterError,
  RetryState,
  ServerFailure,
  type TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
  defaultFailureConverter,
  defaultPayloadConverter,
  ensureApplicationFailure,
  failureOf,
  isCancellation,
  rootCause,
} from '../src/index.ts';

const toFailure = (error: unknown) =>
  defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
const toError = (failure: DecodedFailure) =>
  defaultFailureConverter.failureToError(failure, defaultPayloadConverter) as TemporalFailure;
const roundTrip = (error: unknown) => toError(toFailure(error));

class PaymentDeclined extends Error {}

describe('errors to failures', () => {
  it('names an ordinary error by its class and keeps message and stack', () => {
    const error = new PaymentDeclined('no funds');
    expect(toFailure(error)).toEqual({
      message: 'no funds',
      stackTrace: error.stack,
      source: 'TypeScriptSDK',
      info: { kind: 'application', type: 'PaymentDeclined', nonRetryable: false },
    });
  });

  it.each([
    ['just a string', 'just a string'],
    [42, '42'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{ a: 1 }, '[object Object]'],
    [Symbol('s'), 'Symbol(s)'],
    [Object.create(null), '[object Object]'],
  ])('takes a thrown non-Error as text without a type (semantics 6): %s', (thrown, message) => {
    expect(toFailure(thrown)).toEqual({
      message,
      source: 'TypeScriptSDK',
      info: { kind: 'application' },
    });
    const error = toError(toFailure(thrown)) as ApplicationFailure;
    expect(error).toBeInstanceOf(ApplicationFailure);
    expect([error.message, error.type, error.nonRetryable]).toEqual([message, '', false]);
  });

  it('agrees with ensureApplicationFailure, which a worker applies first', () => {
    for (const thrown of [new PaymentDeclined('no'), 'text', 7, new TypeError('t')]) {
      const direct = toFailure(thrown);
      const wrapped = toFailure(ensureApplicationFailure(thrown));
      expect(wrapped.message).toBe(direct.message);
      expect(wrapped.info).toEqual({ nonRetryable: false, ...direct.info });
      expect(wrapped.cause).toEqual(direct.cause);
    }
  });

  it('takes an error of another realm as an error', () => {
    const foreign: unknown = runInNewContext(
      'new RangeError("too far", { cause: new TypeError("why") })',
    );
    expect(foreign instanceof Error).toBe(false);
    expect(toFailure(foreign)).toMatchObject({
      message: 'too far',
      stackTrace: expect.stringContaining('RangeError: too far'),
      info: { kind: 'application', type: 'RangeError' },
      cause: { message: 'why', info: { kind: 'application', type: 'TypeError' } },
    });
  });

  it('reports a failure even when its details cannot be converted, and says so', () => {
    const failure = toFailure(ApplicationFailure.nonRetryable('boom', 'Big', 10n));
    expect(failure.message).toMatch(/^boom \(parts of this failure are lost: .*bigint/);
    expect(failure.info).toEqual({ kind: 'application', type: 'Big', nonRetryable: true });
    const cancelled = toFailure(new CancelledFailure('stop', [() => 1]));
    expect(cancelled.info).toEqual({ kind: 'canceled' });
    const timeout = toFailure(new TimeoutFailure('late', 10n, TimeoutType.HEARTBEAT));
    expect(timeout.info).toEqual({ kind: 'timeout', timeoutType: 'HEARTBEAT' });
  });

  it('reports a failure with a nextRetryDelay that is no duration', () => {
    for (const nextRetryDelay of ['soon' as never, -1, Number.NaN]) {
      const failure = toFailure(
        ApplicationFailure.create({ message: 'm', type: 'T', nextRetryDelay }),
      );
      expect(failure.info).toEqual({ kind: 'application', type: 'T', nonRetryable: false });
    }
  });

  it('writes nextRetryDelay in milliseconds', () => {
    const failure = toFailure(ApplicationFailure.create({ message: 'm', nextRetryDelay: '1.5s' }));
    expect(failure.info).toMatchObject({ nextRetryDelayMs: 1_500 });
  });

  it('ends at a chain that bites its tail', () => {
    const error = new Error('ouroboros');
    error.cause = error;
    let depth = 0;
    for (let at: DecodedFailure | undefined = toFailure(error).cause; at; at = at.cause) depth++;
    expect(depth).toBe(MAX_FAILURE_CAUSES);
  });

  it('keeps a cause that is not an Error', () => {
    expect(toFailure(new Error('outer', { cause: 'inner' })).cause).toEqual({
      message: 'inner',
      source: 'TypeScriptSDK',
      info: { kind: 'application' },
    });
  });
});

describe('failures to errors', () => {
  it('gives every class back with its fields', () => {
    const application = roundTrip(
      ApplicationFailure.create({
        message: 'no',
        type: 'PaymentDeclined',
        nonRetryable: true,
        details: [{ code: 51 }, undefined, Uint8Array.of(1)],
        nextRetryDelay: '3s',
      }),
    ) as ApplicationFailure;
    expect(application).toBeInstanceOf(ApplicationFailure);
    expect(application).toMatchObject({
      message: 'no',
      type: 'PaymentDeclined',
      nonRetryable: true,
      details: [{ code: 51 }, undefined, Uint8Array.of(1)],
      nextRetryDelay: 3_000,
    });

    const timeout = roundTrip(
      new TimeoutFailure('activity Heartbeat timeout', { at: 7 }, TimeoutType.HEARTBEAT),
    ) as TimeoutFailure;
    expect(timeout).toBeInstanceOf(TimeoutFailure);
    expect([timeout.message, timeout.timeoutType, timeout.lastHeartbeatDetails]).toEqual([
      'activity Heartbeat timeout',
      'HEARTBEAT',
      { at: 7 },
    ]);

    const cancelled = roundTrip(new CancelledFailure('WORKER_SHUTDOWN', ['d'])) as CancelledFailure;
    expect(cancelled).toBeInstanceOf(CancelledFailure);
    expect([cancelled.message, cancelled.details]).toEqual(['WORKER_SHUTDOWN', ['d']]);

    const terminated = roundTrip(new TerminatedFailure('by hand'));
    expect(terminated).toBeInstanceOf(TerminatedFailure);
    expect(terminated.message).toBe('by hand');

    const server = roundTrip(new ServerFailure('lost', true)) as ServerFailure;
    expect(server).toBeInstanceOf(ServerFailure);
    expect([server.message, server.nonRetryable]).toEqual(['lost', true]);

    const activity = roundTrip(
      new ActivityFailure(
        'Activity task failed',
        'pay',
        '3',
        RetryState.MAXIMUM_ATTEMPTS_REACHED,
        'w',
      ),
    ) as ActivityFailure;
    expect(activity).toBeInstanceOf(ActivityFailure);
    expect(activity).toMatchObject({
      message: 'Activity task failed',
      activityType: 'pay',
      activityId: '3',
      retryState: 'MAXIMUM_ATTEMPTS_REACHED',
      identity: 'w',
    });
  });

  it('keeps the chain of semantics 4: ActivityFailure <- ApplicationFailure', () => {
    const error = roundTrip(
      new ActivityFailure(
        'Activity task failed',
        'pay',
        '1',
        RetryState.MAXIMUM_ATTEMPTS_REACHED,
        undefined,
        ensureApplicationFailure(new PaymentDeclined('no funds')),
      ),
    );
    expect(error.message).toBe('Activity task failed');
    expect(error.cause).toBeInstanceOf(ApplicationFailure);
    expect((error.cause as ApplicationFailure).type).toBe('PaymentDeclined');
    expect(rootCause(error)).toBe('no funds');
  });

  it('is recognised as a cancellation after the way: ActivityFailure <- CancelledFailure', () => {
    const cause = new CancelledFailure('');
    const error = new ActivityFailure(
      'Activity cancelled',
      'a',
      '1',
      'CANCEL_REQUESTED',
      '',
      cause,
    );
    expect(isCancellation(roundTrip(error))).toBe(true);
  });

  it('restores the stack, or makes one without local frames', () => {
    const original = new PaymentDeclined('no funds');
    expect(roundTrip(original).stack).toBe(original.stack);
    const fromServer = toError({
      message: 'activity StartToClose timeout',
      info: { kind: 'timeout', timeoutType: 'START_TO_CLOSE' },
    });
    expect(fromServer.stack).toBe('TimeoutFailure: activity StartToClose timeout');
  });

  it('re-encodes a rethrown failure exactly as it came', () => {
    const failure: DecodedFailure = {
      message: 'Activity task failed',
      info: {
        kind: 'activity',
        activityType: 'pay',
        scheduledEventId: 5,
        startedEventId: 6,
        retryState: 'NON_RETRYABLE_FAILURE',
      },
      cause: {
        message: 'panic',
        stackTrace: 'at main.go:1',
        source: 'GoSDK',
        info: {
          kind: 'application',
          type: 'panic',
          details: [{ metadata: {}, data: Uint8Array.of(9) }],
        },
      },
    };
    const undecodable = { ...failure, cause: undefined };
    const error = toError(undecodable);
    expect(failureOf(error)).toBe(undecodable);
    expect(toFailure(error)).toBe(undecodable);
    expect(toFailure(new Error('outer', { cause: error })).cause).toBe(undecodable);
  });

  it('hides the raw failure from loggers', () => {
    const error = roundTrip(new ApplicationFailure('m', 't', false, ['hunter2']));
    expect(Object.keys(error)).not.toContain('failure');
    expect(failureOf(new Error('home-made'))).toBeUndefined();
  });

  it('says so when details were written by a converter it does not have', () => {
    const details = [{ metadata: { encoding: Uint8Array.of(120) }, data: Uint8Array.of(9) }];
    expect(() => toError({ info: { kind: 'application', details } })).toThrow(
      PayloadConverterError,
    );
  });

  it('keeps which child failed, and why', () => {
    const execution = { workflowId: 'kid', runId: 'r' };
    const cause = new CancelledFailure('stop');
    const state = RetryState.NON_RETRYABLE_FAILURE;
    const failure = toFailure(new ChildWorkflowFailure('ns', execution, 'type', state, cause));
    const again = toError(structuredClone(failure));
    expect(again).toBeInstanceOf(ChildWorkflowFailure);
    expect(again).toMatchObject({
      message: 'Child Workflow execution failed',
      namespace: 'ns',
      execution,
      workflowType: 'type',
      retryState: state,
    });
    expect(isCancellation(again)).toBe(true);
  });

  it('refuses a kind from the future', () => {
    expect(() => toError({ info: { kind: 'nexus' } as never })).toThrow(/kind "nexus".*upgrade/);
  });

  it('survives any number of trips for any chain', () => {
    const leaf = fc.record({
      message: fc.string(),
      type: fc.string(),
      details: fc.array(fc.jsonValue()),
    });
    fc.assert(
      fc.property(fc.array(leaf, { minLength: 1, maxLength: 6 }), (levels) => {
        const build = (at: number): Error | undefined =>
          levels[at] && ApplicationFailure.create({ ...levels[at], cause: build(at + 1) });
        const once = toFailure(build(0));
        expect(toFailure(toError(once))).toBe(once);
        const forgetful = structuredClone(once);
        let error = toError(forgetful) as ApplicationFailure | undefined;
        for (const { message, type, details } of levels) {
          expect([error!.message, error!.type]).toEqual([message, type]);
          expect(error!.details).toEqual(JSON.parse(JSON.stringify(details)));
          error = error!.cause as ApplicationFailure | undefined;
        }
        expect(error).toBeUndefined();
      }),
    );
  });
});
