import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Endpoint, createChannel } from '../src/sandbox/thread/channel.ts';

/** A message, as it is sent and as it arrives. */
interface Sample {
  readonly sent: unknown;
  readonly arrives: unknown;
}

const same = (value: unknown): Sample => ({ sent: value, arrives: value });
const messages: fc.Arbitrary<Sample> = fc.oneof(
  fc.record({ n: fc.integer(), text: fc.string(), list: fc.array(fc.boolean()) }).map(same),
  // MessagePack's JavaScript form has neither a key `__proto__` nor a negative zero.
  fc
    .dictionary(
      fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
      fc.integer(),
    )
    .map((each) => same({ each })),
  fc.uint8Array().map(same),
  // Too large for the slot.
  fc.nat(200_000).map((length) => same('x'.repeat(length))),
  // What has no bytes: the stream begins anew.
  fc.constant({ sent: { sign: Symbol('sign'), n: 1 }, arrives: { sign: 'Symbol(sign)', n: 1 } }),
);

it('messages arrive once and in order, by whichever way they go', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(messages, fc.constant('receive' as const))), (acts) => {
      const { main, thread } = createChannel();
      const other = new Endpoint(thread);
      try {
        const sent: unknown[] = [];
        const arrived: unknown[] = [];
        for (const act of acts) {
          if (act === 'receive') {
            if (sent.length > arrived.length) arrived.push(other.receive());
            else expect(other.receive()).toBeUndefined();
          } else {
            main.send(act.sent);
            sent.push(act.arrives);
          }
        }
        while (arrived.length < sent.length) arrived.push(other.receive());
        expect(other.receive()).toBeUndefined();
        expect(arrived).toEqual(sent);
      } finally {
        main.close();
        other.close();
      }
    }),
  );
});

it('who waits in the event loop is told of each message', async () => {
  const { main, thread } = createChannel();
  const other = new Endpoint(thread);
  const arrived: unknown[] = [];
  const all = new Promise<void>((resolve) => {
    main.onMessage(() => {
      for (let next; (next = main.receive()) !== undefined;) arrived.push(next);
      if (arrived.length === 3) resolve();
    });
  });
  main.holdProcess(true);
  const large = 'x'.repeat(100_000);
  for (const message of ['one', large, 'three']) {
    other.send(message, true);
    await new Promise((next) => setImmediate(next));
  }
  await all;
  expect(arrived).toEqual(['one', large, 'three']);
  main.close();
});

it('what was sent does not change with what is sent later, nor with the sender’s memory', () => {
  const { main, thread } = createChannel();
  const other = new Endpoint(thread);
  const memory = new Uint8Array(1_000_000).fill(1);
  main.send(memory.subarray(10, 20));
  memory.fill(2);
  const first = other.receive() as Uint8Array;
  main.send(memory.subarray(10, 20));
  other.receive();
  expect(first).toEqual(new Uint8Array(10).fill(1));
  expect(first.buffer.byteLength).toBe(10);
  main.close();
  other.close();
});
