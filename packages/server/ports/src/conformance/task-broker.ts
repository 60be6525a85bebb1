/**
 * What every TaskBroker must do, run against each adapter on its real backend.
 *
 * An adapter's test calls {@link taskBrokerConformance} with a way to make its backend; each test
 * starts with an empty backend and brokers of its own.
 */
import { ValueError } from '@perdure/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type AnnouncedTask,
  BrokerUnavailableError,
  MAX_NOTE_BYTES,
  type QueueKey,
  type TaskBroker,
} from '../task-broker.ts';

/** A backend that the suite may empty and break. */
export interface TaskBrokerBackend {
  /** A new broker on this backend, as in another process. The suite closes it. */
  connect(): TaskBroker | Promise<TaskBroker>;
  /** Empties the backend, as FLUSHALL does. */
  wipe(): Promise<void>;
  /** What the backend stores of waiting tasks beside ids: one string per task. */
  payloads(): Promise<string[]>;
  /** Takes the backend away and brings it back. Absent if it cannot go away. */
  readonly outage?: { begin(): Promise<void>; end(): Promise<void> };
  /** Ends the backend after all tests. */
  dispose(): Promise<void>;
}

const queue: QueueKey = { namespaceId: 1, taskQueue: 'orders', kind: 'workflow' };

/** Names users may choose, and neighbours of them that a careless adapter would mix up. */
const oddQueues: readonly QueueKey[] = [
  queue,
  { ...queue, kind: 'activity' },
  { ...queue, namespaceId: 11 },
  { ...queue, taskQueue: '' },
  { ...queue, taskQueue: '1' },
  { ...queue, taskQueue: 'ORDERS' },
  { ...queue, taskQueue: 'orders ' },
  { ...queue, taskQueue: 'orders:wait' },
  { ...queue, taskQueue: '{orders}' },
  { ...queue, taskQueue: '{}' },
  { ...queue, taskQueue: 'a b\tc\n' },
  { ...queue, taskQueue: 'bestellungen-für-münchen' },
  { ...queue, taskQueue: '注文🧁' },
  { ...queue, taskQueue: '%3A' },
  { ...queue, taskQueue: "'; DROP TABLE job; --" },
  { ...queue, taskQueue: '\0' },
  { ...queue, taskQueue: 'x'.repeat(1_000) },
  { ...queue, taskQueue: `${'x'.repeat(999)}y` },
  { ...queue, taskQueue: '\u0001'.repeat(1_000) },
];

/** Ids a caller may choose that mean something else to some backends. */
const oddIds: readonly string[] = [
  '1',
  '0',
  '0:1',
  'meta',
  'wait',
  'id',
  'a',
  'a:logs',
  'a:lock',
  'a%3Alogs',
  '%',
  '{a}',
  'with space',
  '\0',
  '~!@#$^&*()_+`-=[]|;\'",./<>?',
  'x'.repeat(120),
];

const ids = (count: number, prefix = 'task'): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}-${i}`);

const tasks = (on: QueueKey, taskIds: readonly string[]): AnnouncedTask[] =>
  taskIds.map((taskId) => ({ queue: on, taskId }));

/** Declares the suite. */
export function taskBrokerConformance(name: string, make: () => Promise<TaskBrokerBackend>): void {
  describe(`TaskBroker: ${name}`, () => {
    let backend: TaskBrokerBackend;
    let broker: TaskBroker;
    let opened: TaskBroker[] = [];
    const connect = async (): Promise<TaskBroker> => {
      const another = await backend.connect();
      opened.push(another);
      return another;
    };

    beforeAll(async () => {
      backend = await make();
    });
    beforeEach(async () => {
      broker = await connect();
      await broker.intact();
      await backend.wipe();
      await broker.intact();
    });
    afterEach(async () => {
      await Promise.all(opened.map((each) => each.close()));
      opened = [];
    });
    afterAll(() => backend.dispose());

    test('a task that was announced can be taken, once', async () => {
      await broker.announce(tasks(queue, ['task-1']));
      expect(await broker.take(queue, 10)).toEqual(['task-1']);
      expect(await broker.take(queue, 10)).toEqual([]);
    });

    test('nothing waits in a queue that nobody announced', async () => {
      expect(await broker.take(queue, 10)).toEqual([]);
      await broker.announce([]);
      expect(await broker.take(queue, 10)).toEqual([]);
    });

    test('tasks are taken in the order they were announced', async () => {
      await broker.announce(tasks(queue, ids(30, 'b')));
      await broker.announce(tasks(queue, ids(30, 'a')));
      const taken = [...(await broker.take(queue, 7)), ...(await broker.take(queue, 100))];
      expect(taken).toEqual([...ids(30, 'b'), ...ids(30, 'a')]);
    });

    test('take gives no more than asked for, and leaves the rest', async () => {
      await broker.announce(tasks(queue, ids(5)));
      expect(await broker.take(queue, 0)).toEqual([]);
      expect(await broker.take(queue, 1)).toEqual(['task-0']);
      expect(await broker.take(queue, 2)).toEqual(['task-1', 'task-2']);
      expect(await broker.take(queue, 3)).toEqual(['task-3', 'task-4']);
    });

    test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('take refuses %s', async (max) => {
      await expect(broker.take(queue, max)).rejects.toThrow(ValueError);
    });

    test('large announcements and takes arrive whole and in order', async () => {
      const many = ids(2_345);
      await broker.announce(tasks(queue, many));
      expect(await broker.take(queue, 10_000)).toEqual(many);
    });

    test('an id that waits already keeps its place', async () => {
      await broker.announce(tasks(queue, ['first', 'second', 'first']));
      await broker.announce(tasks(queue, ['third', 'first']));
      expect(await broker.take(queue, 10)).toEqual(['first', 'second', 'third']);
      expect(await broker.take(queue, 10)).toEqual([]);
    });

    test('an id that was taken can be announced again, any number of times', async () => {
      for (let round = 0; round < 3; round++) {
        await broker.announce(tasks(queue, ['task-1', 'task-2']));
        expect(await broker.take(queue, 1)).toEqual(['task-1']);
        await broker.announce(tasks(queue, ['task-1']));
        expect(await broker.take(queue, 10)).toEqual(['task-2', 'task-1']);
      }
    });

    test('queues with odd names are apart', async () => {
      const all = oddQueues.flatMap((each, i) => tasks(each, [`${i}-a`, 'shared', `${i}-b`]));
      await broker.announce(all);
      for (const [i, each] of oddQueues.entries()) {
        expect(await broker.take(each, 10), each.taskQueue).toEqual([`${i}-a`, 'shared', `${i}-b`]);
      }
    });

    test('any ASCII id comes back as it was', async () => {
      await broker.announce(tasks(queue, oddIds));
      expect(await broker.take(queue, 1)).toEqual(oddIds.slice(0, 1));
      expect(await broker.take(queue, 100)).toEqual(oddIds.slice(1));
      await broker.announce(tasks(queue, oddIds));
      expect(await broker.take(queue, 100)).toEqual(oddIds);
    });

    test('taking an id leaves alone those that begin with it', async () => {
      const family = ['a', 'a:logs', 'a:lock', 'a:dependencies', 'a:processed', 'a:failed', 'ab'];
      await broker.announce(tasks(queue, family));
      expect(await broker.take(queue, 1)).toEqual(['a']);
      await broker.announce(tasks(queue, family.slice(1)));
      expect(await broker.take(queue, 100)).toEqual(family.slice(1));
    });

    test('a listener in another process hears of each queue that was announced', async () => {
      const other = await connect();
      const heard: QueueKey[] = [];
      await listening(other, (key) => heard.push(key));
      await broker.announce(oddQueues.flatMap((each) => tasks(each, ['a', 'b'])));
      await vi.waitFor(() => expect(heard).toHaveLength(oddQueues.length), 10_000);
      expect(heard).toEqual(expect.arrayContaining([...oddQueues]));
    });

    test('a listener in the same process hears of it once', async () => {
      const own: QueueKey[] = [];
      const others: QueueKey[] = [];
      await listening(broker, (key) => own.push(key));
      const other = await connect();
      await listening(other, (key) => others.push(key));
      await broker.announce(tasks(queue, ids(3)));
      await vi.waitFor(() => expect(others).toEqual([queue]), 10_000);
      await other.announce(tasks(oddQueues[1] ?? queue, ids(1)));
      await vi.waitFor(() => expect(own).toHaveLength(2), 10_000);
      expect(own).toEqual([queue, oddQueues[1]]);
    });

    test('what was heard of can be taken at once', async () => {
      const other = await connect();
      const taken = new Promise<string[]>((resolve, reject) => {
        other.onAnnounced((key) => void other.take(key, 10).then(resolve, reject));
      });
      await missedOnce(other);
      await broker.announce(tasks(queue, ids(3)));
      expect(await taken).toEqual(ids(3));
    });

    test('announcing an id that waits wakes again, in case the first wake-up was lost', async () => {
      await broker.announce(tasks(queue, ['task-1']));
      const other = await connect();
      const heard: QueueKey[] = [];
      await listening(other, (key) => heard.push(key));
      await broker.announce(tasks(queue, ['task-1']));
      await vi.waitFor(() => expect(heard).toEqual([queue]), 10_000);
    });

    test('a listener that has ended hears nothing, and one that throws harms nobody', async () => {
      const ended = vi.fn();
      const heard: QueueKey[] = [];
      broker.onAnnounced(() => {
        throw new Error('a listener with a bug');
      });
      broker.onAnnounced(ended)();
      broker.onAnnounced((key) => heard.push(key));
      await broker.announce(tasks(queue, ['task-1']));
      await vi.waitFor(() => expect(heard).toEqual([queue]), 10_000);
      expect(ended).not.toHaveBeenCalled();
    });

    test('what is told is heard by all other processes, as it was, and not by the teller', async () => {
      const others = [await connect(), await connect()];
      const heard: string[][] = [[], [], []];
      for (const [i, each] of [broker, ...others].entries()) {
        each.onTold((note) => heard[i]!.push(note));
        each.onTold(() => {
          throw new Error('a listener with a bug');
        });
        await missedOnce(each);
      }
      const notes = ['a', '["b",1]', '注文🧁 \u0000 "\'', 'x'.repeat(MAX_NOTE_BYTES)];
      for (const note of [...notes, 'x'.repeat(MAX_NOTE_BYTES + 1), 'last']) broker.tell(note);
      // In any order: they may travel on several connections.
      const all = [...notes, 'last'].sort();
      for (const i of [1, 2]) {
        await vi.waitFor(() => expect([...heard[i]!].sort()).toEqual(all), 10_000);
      }
      expect(heard[0]).toEqual([]);
      expect(await broker.take(queue, 1)).toEqual([]);
    });

    test('nobody hears what is told after they have stopped, or by a broker that is closed', async () => {
      const other = await connect();
      const [ended, heard] = [vi.fn(), vi.fn()];
      other.onTold(ended)();
      other.onTold(heard);
      await missedOnce(other);
      const teller = await connect();
      broker.tell('before');
      await vi.waitFor(() => expect(heard).toHaveBeenCalledWith('before'), 10_000);
      await broker.close();
      broker.tell('closed');
      teller.tell('after');
      await vi.waitFor(() => expect(heard).toHaveBeenCalledWith('after'), 10_000);
      expect(ended).not.toHaveBeenCalled();
      expect(heard).not.toHaveBeenCalledWith('closed');
    });

    test('four takers share 500 tasks, each taken once', async () => {
      const takers = await Promise.all([connect(), connect(), connect(), connect()]);
      await broker.announce(tasks(queue, ids(500)));
      const perTaker = await Promise.all(takers.map((taker) => takeAll(taker, queue, 7)));
      expect(perTaker.flat().toSorted()).toEqual(ids(500).toSorted());
    });

    test('two processes that announce the same tasks in opposite order add them once', async () => {
      const other = await connect();
      for (let round = 0; round < 5; round++) {
        const some = ids(200, `round-${round}`);
        await Promise.all([
          broker.announce(tasks(queue, some)),
          other.announce(tasks(queue, some.toReversed())),
        ]);
        expect((await broker.take(queue, 1_000)).toSorted()).toEqual(some.toSorted());
      }
    });

    test('takers and announcers at once lose and double nothing', async () => {
      const other = await connect();
      const seen: string[] = [];
      let announcing = true;
      const taking = (async () => {
        for (let last = false; ; last = !announcing) {
          const some = await other.take(queue, 9);
          seen.push(...some);
          if (last && some.length === 0) return;
        }
      })();
      for (let i = 0; i < 20; i++) await broker.announce(tasks(queue, ids(11, `round-${i}`)));
      announcing = false;
      await taking;
      const all = Array.from({ length: 20 }, (_, i) => ids(11, `round-${i}`)).flat();
      expect(seen).toEqual(all);
    });

    test('nothing but ids is stored', async () => {
      await broker.announce(tasks(queue, ids(3)));
      const payloads = await backend.payloads();
      expect(payloads).toHaveLength(3);
      expect(new Set(payloads)).toEqual(new Set(['{}']));
    });

    test('intact until the backend is emptied, and again after that was told', async () => {
      const other = await connect();
      expect(await other.intact()).toBe(true);
      await broker.announce(tasks(queue, ids(3)));
      expect(await broker.intact()).toBe(true);
      await backend.wipe();
      expect(await broker.intact()).toBe(false);
      expect(await broker.intact()).toBe(true);
      expect(await other.intact(), 'each process is told').toBe(false);
      expect(await other.intact()).toBe(true);
      expect(await broker.intact()).toBe(true);
    });

    test('an emptied backend works on, with the same ids', async () => {
      const other = await connect();
      const heard: QueueKey[] = [];
      await listening(other, (key) => heard.push(key));
      await broker.announce(tasks(queue, ids(5)));
      await backend.wipe();
      expect(await broker.take(queue, 10)).toEqual([]);
      await broker.announce(tasks(queue, ids(5)));
      expect(await other.take(queue, 10)).toEqual(ids(5));
      await vi.waitFor(() => expect(heard).toEqual([queue, queue]), 10_000);
    });

    test('a closed broker refuses, and closing twice is fine', async () => {
      await broker.close();
      await broker.close();
      const closed = { code: 'BROKER_UNAVAILABLE', reason: 'closed' };
      await expect(broker.announce(tasks(queue, ids(1)))).rejects.toMatchObject(closed);
      await expect(broker.take(queue, 1)).rejects.toMatchObject(closed);
      await expect(broker.intact()).rejects.toMatchObject(closed);
      expect(broker.onAnnounced(() => undefined)).toBeTypeOf('function');
    });

    test('whatever is under way when a broker closes settles, and others go on', async () => {
      const other = await connect();
      await broker.announce(tasks(queue, ['before']));
      const under = Promise.allSettled([
        broker.announce(tasks(queue, ids(50))),
        broker.take(oddQueues[1] ?? queue, 1),
        broker.intact(),
      ]);
      await broker.close();
      for (const outcome of await under) {
        if (outcome.status === 'rejected') {
          expect(outcome.reason).toBeInstanceOf(BrokerUnavailableError);
        }
      }
      expect(await other.take(queue, 1)).toEqual(['before']);
    });

    test('an outage is told by a typed error, and ends by itself', async (context) => {
      const { outage } = backend;
      if (!outage) return context.skip('this backend cannot go away');
      const missed = vi.fn();
      const heard: QueueKey[] = [];
      const other = await connect();
      broker.onAnnounced((key) => heard.push(key), missed);
      await vi.waitFor(() => expect(missed).toHaveBeenCalledTimes(1), 10_000);
      await outage.begin();
      try {
        await expect(broker.announce(tasks(queue, ids(1)))).rejects.toThrow(BrokerUnavailableError);
        await expect(broker.take(queue, 1)).rejects.toThrow(BrokerUnavailableError);
        await expect(broker.intact()).rejects.toThrow(BrokerUnavailableError);
      } finally {
        await outage.end();
      }
      await untilAvailable(() => broker.announce(tasks(queue, ['after'])));
      expect(await untilAvailable(() => broker.take(queue, 10))).toContain('after');
      await vi.waitFor(() => expect(missed.mock.calls.length).toBeGreaterThan(1), 10_000);
      heard.length = 0;
      await untilAvailable(() => other.announce(tasks(queue, ['later'])));
      await vi.waitFor(() => expect(heard).toContainEqual(queue), 10_000);
    });
  });
}

/** Subscribes, and resolves once wake-ups arrive. */
async function listening(broker: TaskBroker, listener: (queue: QueueKey) => void): Promise<void> {
  broker.onAnnounced(listener);
  await missedOnce(broker);
}

/** Resolves once the broker's connection for wake-ups stands; a broker that has one may not say. */
async function missedOnce(broker: TaskBroker): Promise<void> {
  const missed = vi.fn();
  const end = broker.onAnnounced(() => undefined, missed);
  await vi.waitFor(() => expect(missed).toHaveBeenCalled(), 10_000);
  end();
}

async function takeAll(taker: TaskBroker, from: QueueKey, max: number): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const some = await taker.take(from, max);
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** Repeats a request while the broker is unavailable; the test's time limit ends it. */
async function untilAvailable<T>(request: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof BrokerUnavailableError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
