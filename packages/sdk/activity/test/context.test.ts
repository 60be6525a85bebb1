import {
  ApplicationFailure as CommonApplicationFailure,
  CancelledFailure as CommonCancelledFailure,
  IllegalStateError,
  type LogLevel,
  type Logger,
} from '@perdure/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ActivityCancelReason,
  ActivityCancellation,
  ApplicationFailure,
  CancelledFailure,
  CompleteAsyncError,
  Context,
  type Info,
  activityInfo,
  asyncLocalStorage,
  cancellationDetails,
  cancellationSignal,
  cancelled,
  heartbeat,
  log,
  sleep,
} from '../src/index.ts';

const info = { activityId: '1', activityType: 'pay', attempt: 2 } as Info;
let messages: [LogLevel, string, unknown][];
let beats: unknown[];
let cancellation: ActivityCancellation;
let context: Context;

const at = (level: LogLevel) => (message: string, meta?: unknown) => {
  messages.push([level, message, meta]);
};
const logger: Logger = {
  trace: at('TRACE'),
  debug: at('DEBUG'),
  info: at('INFO'),
  warn: at('WARN'),
  error: at('ERROR'),
};
const contextOf = (each: Info) =>
  new Context({
    info: each,
    heartbeatFn: (details) => beats.push(details),
    cancellation,
    log: logger,
  });

beforeEach(() => {
  [messages, beats, cancellation] = [[], [], new ActivityCancellation()];
  context = contextOf(info);
});
afterEach(() => {
  vi.useRealTimers();
});

const inActivity = <T>(act: () => T): T => asyncLocalStorage.run(context, act);

describe('Context.current', () => {
  it('is the context of the activity, also after an await and in what it calls', async () => {
    await inActivity(async () => {
      expect(Context.current()).toBe(context);
      await new Promise((resolve) => setImmediate(resolve));
      expect(Context.current()).toBe(context);
      await Promise.all([0, 1].map(async () => expect(activityInfo()).toBe(info)));
    });
  });

  it('keeps activities that run side by side apart', async () => {
    const other = contextOf({ ...info, activityId: '2' });
    const idAfterAwait = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return activityInfo().activityId;
    };
    const ids = [inActivity(idAfterAwait), asyncLocalStorage.run(other, idAfterAwait)];
    expect(await Promise.all(ids)).toEqual(['1', '2']);
  });

  it.each([
    ['Context.current', () => Context.current()],
    ['activityInfo', activityInfo],
    ['heartbeat', heartbeat],
    ['sleep', () => sleep(1)],
    ['cancelled', cancelled],
    ['cancellationSignal', cancellationSignal],
    ['cancellationDetails', cancellationDetails],
    ['log', () => log.info('m')],
  ] as const)('%s says what is wrong outside an activity', (_, call: () => unknown) => {
    expect(call).toThrow(IllegalStateError);
    expect(call).toThrow(/no activity context/);
  });

  it('is shared by every copy of this package in the process', async () => {
    vi.resetModules();
    const copy = await import('../src/index.ts');
    expect(copy.Context).not.toBe(Context);
    expect(inActivity(() => copy.Context.current())).toBe(context);
  });
});

describe('in an activity', () => {
  it('heartbeats reach the worker with their details', () => {
    inActivity(() => {
      heartbeat();
      heartbeat({ done: 3 });
      const { heartbeat: detached } = Context.current();
      detached('x');
    });
    expect(beats).toEqual([undefined, { done: 3 }, 'x']);
  });

  it('logging goes through the logger of the attempt', () => {
    inActivity(() => {
      log.trace('t');
      log.debug('d');
      log.info('i', { a: 1 });
      log.warn('w');
      log.error('e');
      Context.current().log.info('direct');
    });
    expect(messages.map(([level, message]) => [level, message])).toEqual([
      ['TRACE', 't'],
      ['DEBUG', 'd'],
      ['INFO', 'i'],
      ['WARN', 'w'],
      ['ERROR', 'e'],
      ['INFO', 'direct'],
    ]);
    expect(messages[2]![2]).toEqual({ a: 1 });
  });
});

describe('cancellation', () => {
  it.each(Object.values(ActivityCancelReason))(
    'carries the reason %s everywhere',
    async (reason) => {
      const rejected = inActivity(() => cancelled());
      expect(inActivity(cancellationDetails)).toBeUndefined();
      cancellation.cancel(reason);
      await expect(rejected).rejects.toBeInstanceOf(CancelledFailure);
      await expect(rejected).rejects.toThrow(reason);
      expect(context.cancellationSignal.aborted).toBe(true);
      expect(context.cancellationSignal.reason.message).toBe(reason);
      const set = Object.entries(inActivity(cancellationDetails)!).filter(([, flag]) => flag);
      const flags = {
        CANCELLED: 'cancelRequested',
        WORKER_SHUTDOWN: 'workerShutdown',
        TIMED_OUT: 'timedOut',
        NOT_FOUND: 'notFound',
        PAUSED: 'paused',
        RESET: 'reset',
      } as Record<string, string>;
      expect(set.map(([name]) => name)).toEqual([flags[reason]].filter(Boolean));
    },
  );

  it('counts once', async () => {
    cancellation.cancel('CANCELLED');
    cancellation.cancel('WORKER_SHUTDOWN');
    await expect(context.cancelled).rejects.toThrow('CANCELLED');
    expect(cancellation.details!.workerShutdown).toBe(false);
  });

  it('is no unhandled rejection when nobody looks', async () => {
    const unhandled = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    cancellation.cancel('CANCELLED');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('sleep', () => {
  const settled = vi.fn<() => void>();
  beforeEach(() => {
    settled.mockClear();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });

  it('waits as long as it was told, in any unit', async () => {
    const waiting = inActivity(() => sleep('2s')).then(settled);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(settled).toHaveBeenCalledOnce();
  });

  it('waits longer than one timer can', async () => {
    const day = 24 * 60 * 60 * 1_000;
    const waiting = inActivity(() => sleep('60 days')).then(settled);
    await vi.advanceTimersByTimeAsync(60 * day - 1);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
  });

  it('takes less than nothing as nothing', async () => {
    const waiting = inActivity(() => sleep(-5));
    await vi.advanceTimersByTimeAsync(0);
    await expect(waiting).resolves.toBeUndefined();
  });

  it('ends at once when cancelled, and leaves no timer', async () => {
    const waiting = inActivity(() => sleep('1 day'));
    cancellation.cancel('CANCELLED');
    await expect(waiting).rejects.toBeInstanceOf(CancelledFailure);
    expect(vi.getTimerCount()).toBe(0);
    await expect(inActivity(() => sleep(1))).rejects.toThrow('CANCELLED');
  });

  it('leaves nothing behind on the signal', async () => {
    const [added, removed] = [
      vi.spyOn(cancellation.signal, 'addEventListener'),
      vi.spyOn(cancellation.signal, 'removeEventListener'),
    ];
    for (let n = 0; n < 3; n++) {
      const waiting = inActivity(() => sleep(10));
      await vi.advanceTimersByTimeAsync(10);
      await waiting;
    }
    expect(added).toHaveBeenCalledTimes(3);
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    );
  });
});

it('re-exports the very classes of common', () => {
  expect(ApplicationFailure).toBe(CommonApplicationFailure);
  expect(CancelledFailure).toBe(CommonCancelledFailure);
  expect(new CompleteAsyncError()).toBeInstanceOf(Error);
});
