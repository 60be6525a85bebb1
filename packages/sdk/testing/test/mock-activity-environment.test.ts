import {
  CancelledFailure,
  Context,
  activityInfo,
  cancellationDetails,
  heartbeat,
  log,
  sleep,
} from '@perdure/activity';
import { type LogMetadata, silentLogger } from '@perdure/common';
import { expect, test, vi } from 'vitest';
import { MockActivityEnvironment, defaultActivityInfo } from '../src/index.ts';

test('runs a function with its arguments and gives what it returns', async () => {
  const env = new MockActivityEnvironment();
  expect(await env.run(async (a: number, b: number) => a + b, 1, 2)).toBe(3);
  expect(await env.run((text: string) => text.length, 'cake')).toBe(4);
});

test('an error comes out as it was thrown, synchronous or not', async () => {
  const env = new MockActivityEnvironment();
  const error = new Error('burnt');
  await expect(env.run(async () => Promise.reject(error))).rejects.toBe(error);
  await expect(
    env.run(() => {
      throw error;
    }),
  ).rejects.toBe(error);
});

test('the activity sees the info given, and defaults for the rest', async () => {
  const env = new MockActivityEnvironment({ attempt: 3, heartbeatDetails: { done: 7 } });
  const info = await env.run(async () => {
    await Promise.resolve();
    return activityInfo();
  });
  expect(info).toEqual({ ...defaultActivityInfo, attempt: 3, heartbeatDetails: { done: 7 } });
  expect(await env.run(() => Context.current())).toBe(env.context);
});

test('heartbeats are events, each with its details', async () => {
  const env = new MockActivityEnvironment();
  const heard = vi.fn<(details: unknown) => void>();
  env.on('heartbeat', heard);
  await env.run(async () => {
    heartbeat(1);
    await Promise.resolve();
    heartbeat({ step: 2 });
    heartbeat();
  });
  expect(heard.mock.calls).toEqual([[1], [{ step: 2 }], [undefined]]);
});

test('cancel ends a sleep with the reason', async () => {
  const env = new MockActivityEnvironment();
  const seen = env.run(async () => {
    try {
      await sleep('1 hour');
      return 'slept';
    } catch (error) {
      return { error, details: cancellationDetails() };
    }
  });
  env.cancel('WORKER_SHUTDOWN');
  expect(await seen).toMatchObject({
    error: expect.any(CancelledFailure) as CancelledFailure,
    details: { workerShutdown: true, cancelRequested: false },
  });
});

test('cancel without a reason is what a workflow asks for', async () => {
  const env = new MockActivityEnvironment();
  const running = env.run(() => Context.current().cancelled);
  env.cancel();
  await expect(running).rejects.toThrow(new CancelledFailure('CANCELLED'));
  expect(env.context.cancellationSignal.aborted).toBe(true);
});

test('a heartbeat may be what cancels the activity', async () => {
  const env = new MockActivityEnvironment();
  env.on('heartbeat', () => env.cancel());
  const running = env.run(async () => {
    heartbeat();
    await sleep('1 hour');
  });
  await expect(running).rejects.toBeInstanceOf(CancelledFailure);
});

test('the log of the activity goes where it is told', async () => {
  const said: [string, LogMetadata | undefined][] = [];
  const logger = {
    ...silentLogger,
    info: (message: string, meta?: LogMetadata) => void said.push([message, meta]),
  };
  const env = new MockActivityEnvironment({}, { logger });
  await env.run(() => log.info('baking', { minutes: 40 }));
  expect(said).toEqual([['baking', { minutes: 40 }]]);
});

test('interceptors stand around the function, the first outermost', async () => {
  const seen: string[] = [];
  const note = (name: string) => (context: Context) => ({
    inbound: {
      async execute(
        input: { readonly args: unknown[]; readonly headers: object },
        next: (input: never) => Promise<unknown>,
      ) {
        seen.push(`${name} ${context.info.attempt} ${String(input.args[0])}`);
        const args = [`${String(input.args[0])} by ${name}`];
        return `${String(await next({ ...input, args } as never))}, seen by ${name}`;
      },
    },
  });
  const interceptors = [note('first'), () => ({}), note('second')];
  const env = new MockActivityEnvironment({ attempt: 2 }, { interceptors });
  expect(await env.run((word: string) => `${word}!`, 'cake')).toBe(
    'cake by first by second!, seen by second, seen by first',
  );
  expect(seen).toEqual(['first 2 cake', 'second 2 cake by first']);
});
