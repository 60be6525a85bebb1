import { describe, expect, it } from 'vitest';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  PayloadConverterError,
  PerdureFailure,
  TemporalFailure,
  TimeoutFailure,
  ValueError,
  WorkflowExecutionAlreadyStartedError,
  defineSymbolErrorClass,
  ensureApplicationFailure,
  ensureTemporalFailure,
  isCancellation,
  rootCause,
} from '../src/index.ts';

describe('ApplicationFailure', () => {
  it('is retryable with type Error unless told otherwise', () => {
    const failure = ApplicationFailure.retryable('m', undefined, 1, 2);
    expect([failure.type, failure.nonRetryable, failure.details]).toEqual(['Error', false, [1, 2]]);
    expect(ApplicationFailure.nonRetryable('m', 'T')).toMatchObject({
      type: 'T',
      nonRetryable: true,
    });
  });

  it('takes over message, class name, stack and cause of an error, and overrides', () => {
    const error = new RangeError('far', { cause: new Error('why') });
    const failure = ApplicationFailure.fromError(error, { nonRetryable: true });
    expect(failure).toMatchObject({ message: 'far', type: 'RangeError', nonRetryable: true });
    expect(failure.stack).toBe(error.stack);
    expect(failure.cause).toBe(error.cause);
    expect(ApplicationFailure.fromError(error, { type: 'Mine', message: 'm' })).toMatchObject({
      message: 'm',
      type: 'Mine',
    });
  });
});

describe('ensure…Failure', () => {
  it('leaves failures alone', () => {
    const cancelled = new CancelledFailure('c');
    expect(ensureTemporalFailure(cancelled)).toBe(cancelled);
    expect(ensureApplicationFailure(cancelled)).not.toBe(cancelled);
  });

  it('makes text of what is no error, without a type', () => {
    expect(ensureApplicationFailure('text')).toMatchObject({ message: 'text', type: undefined });
  });
});

describe('instanceof', () => {
  it('sees subclasses as their bases and not as their siblings', () => {
    const failure = new TimeoutFailure('t', undefined, 'HEARTBEAT');
    expect(failure).toBeInstanceOf(TemporalFailure);
    expect(failure).toBeInstanceOf(PerdureFailure);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(ApplicationFailure);
    // A workflow that lets it pass fails, and is not stuck (semantics 32, 46).
    const taken = new WorkflowExecutionAlreadyStartedError('taken', 'id', 'type');
    expect(taken).toBeInstanceOf(TemporalFailure);
    expect(new PayloadConverterError('p')).toBeInstanceOf(ValueError);
    expect(null).not.toBeInstanceOf(TemporalFailure);
  });

  it('agrees between two copies of a class', () => {
    const declare = () => {
      class Twin extends Error {}
      defineSymbolErrorClass('TestTwin')(Twin);
      return Twin;
    };
    const [one, other] = [declare(), declare()];
    expect(new one()).toBeInstanceOf(other);
    expect(new one().name).toBe('TestTwin');
  });

  it('does not take a base for a user-made subclass', () => {
    class Mine extends ApplicationFailure {}
    expect(new Mine('m')).toBeInstanceOf(ApplicationFailure);
    expect(new Mine('m')).toBeInstanceOf(Mine);
    expect(new ApplicationFailure('m')).not.toBeInstanceOf(Mine);
  });
});

describe('isCancellation and rootCause', () => {
  const activity = (cause: Error) => new ActivityFailure('a', 'a', '1', 'IN_PROGRESS', '', cause);

  it('counts a direct cause only', () => {
    expect(isCancellation(new CancelledFailure())).toBe(true);
    expect(isCancellation(activity(new CancelledFailure()))).toBe(true);
    expect(isCancellation(activity(activity(new CancelledFailure())))).toBe(false);
    expect(
      isCancellation(new ApplicationFailure('m', 't', false, [], new CancelledFailure())),
    ).toBe(false);
    expect(isCancellation('CancelledFailure')).toBe(false);
  });

  it('finds the innermost message', () => {
    expect(rootCause(activity(new ApplicationFailure('inner')))).toBe('inner');
    expect(rootCause(new Error('plain'))).toBe('plain');
    expect(rootCause('text')).toBe('text');
    expect(rootCause(7)).toBeUndefined();
  });
});
