import { silentLogger } from '@perdure/common';
import type { QueueKey } from '@perdure/ports';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Matcher } from '../src/matching/matcher.ts';
import { taskIdOf } from '../src/matching/task-id.ts';
import { type BacklogTask, TaskQueue } from '../src/matching/task-queue.ts';
import { WorkerSession } from '../src/matching/worker-session.ts';
import { type MemoryBroker, MemoryBrokerBackend } from './memory-broker.ts';

const key: QueueKey = { namespaceId: 1, taskQueue: 'queue', kind: 'activity' };
const runId = '00000000-0000-7000-8000-000000000001';

const taskOf = (scheduledEventId: number, namespaceId = 1): BacklogTask => ({
  run: { namespaceId, shard: 1, runId },
  workflowId: undefined,
  task: { kind: 'activity', scheduledEventId, attempt: 1 },
});

function sessionWith(slots: number, sessionId = 'session'): WorkerSession {
  const session = new WorkerSession({ ...key, sessionId, identity: 'test' });
  session.connect({ deliver() {}, cancelActivities() {} }, { workflow: 0, activity: slots });
  return session;
}

let backend: MemoryBrokerBackend;
let broker: MemoryBroker;
let started: { id: number; session: string }[];

function matcherOf(options: { alone: boolean } = { alone: true }): Matcher {
  broker = backend.connect();
  const matcher = new Matcher({ broker, log: silentLogger, ...options });
  matcher.onStart(({ task }, { sessionId }) => {
    started.push({ id: task.scheduledEventId, session: sessionId });
  });
  return matcher;
}

const startedIds = () => started.map(({ id }) => id);

beforeEach(() => {
  backend = new MemoryBrokerBackend();
  started = [];
});

test('what waits is started as slots come, in order, once', () => {
  const matcher = matcherOf();
  const session = sessionWith(0);
  matcher.join(session, ['activity']);
  matcher.enqueue(
    key,
    [1, 2, 3].map((id) => taskOf(id)),
  );
  // A sweep brings them again.
  matcher.enqueue(
    key,
    [1, 2, 3].map((id) => taskOf(id)),
  );
  expect(started).toEqual([]);
  matcher.grant(session, 0, 2);
  expect(startedIds()).toEqual([1, 2]);
  matcher.grant(session, 0, 9);
  expect(startedIds()).toEqual([1, 2, 3]);
});

test('sessions of a queue take turns', () => {
  const matcher = matcherOf();
  for (const name of ['a', 'b', 'c']) matcher.join(sessionWith(2, name), ['activity']);
  matcher.enqueue(
    key,
    [1, 2, 3, 4, 5, 6].map((id) => taskOf(id)),
  );
  const turns = started.map(({ session }) => session);
  expect(turns.slice(0, 3).toSorted()).toEqual(['a', 'b', 'c']);
  expect(turns.slice(3)).toEqual(turns.slice(0, 3));
});

test('without a worker the ids go to the broker, and come when one joins', async () => {
  const matcher = matcherOf();
  matcher.enqueue(key, [taskOf(1), taskOf(2)]);
  expect(backend.size).toBe(2);
  matcher.join(sessionWith(5), ['activity']);
  await vi.waitFor(() => expect(startedIds()).toEqual([1, 2]));
});

test('what waits for a worker that leaves goes to the broker', async () => {
  const matcher = matcherOf();
  const session = sessionWith(0);
  matcher.join(session, ['activity']);
  matcher.enqueue(key, [taskOf(1)]);
  matcher.leave(session);
  expect(backend.size).toBe(1);
});

test('a worker of workflows alone does not hold activities up', () => {
  const matcher = matcherOf();
  const session = sessionWith(0);
  matcher.join(session, ['workflow']);
  matcher.enqueue(key, [taskOf(1)]);
  expect(backend.size).toBe(1);
});

test('among several servers, what no worker here has room for is offered to the others', async () => {
  const here = matcherOf({ alone: false });
  const session = sessionWith(0);
  here.join(session, ['activity']);
  here.enqueue(key, [taskOf(1)]);
  expect(backend.size).toBe(1);
  const there = matcherOf({ alone: false });
  there.join(sessionWith(1, 'there'), ['activity']);
  await vi.waitFor(() => expect(started).toEqual([{ id: 1, session: 'there' }]));
});

describe('fetching from the broker', () => {
  test('slots that come while a fetch is under way are filled too', async () => {
    const matcher = matcherOf();
    matcher.enqueue(
      key,
      [1, 2, 3].map((id) => taskOf(id)),
    );
    let release = () => {};
    broker.beforeTake = () => new Promise((resolve) => (release = resolve));
    const session = sessionWith(1);
    matcher.join(session, ['activity']);
    matcher.grant(session, 0, 5);
    broker.beforeTake = async () => {};
    release();
    await vi.waitFor(() => expect(startedIds()).toEqual([1, 2, 3]));
  });

  test('an announcement while a fetch is under way is not lost', async () => {
    const matcher = matcherOf();
    let release = () => {};
    broker.beforeTake = () => new Promise((resolve) => (release = resolve));
    matcher.join(sessionWith(5), ['activity']);
    const other = backend.connect();
    await other.announce([{ queue: key, taskId: taskIdOf(taskOf(1)) }]);
    await Promise.resolve();
    broker.beforeTake = async () => {};
    backend.queues.clear();
    release();
    await other.announce([{ queue: key, taskId: taskIdOf(taskOf(2)) }]);
    await vi.waitFor(() => expect(startedIds()).toEqual([2]));
  });

  test('wake-ups that may have been missed are made good', async () => {
    const matcher = matcherOf();
    matcher.join(sessionWith(5), ['activity']);
    await new Promise((resolve) => setTimeout(resolve, 5));
    // Announced behind our back, as by a process whose wake-up did not reach us.
    backend.queues.set('1/activity/queue', new Set([taskIdOf(taskOf(7))]));
    broker.miss();
    await vi.waitFor(() => expect(startedIds()).toEqual([7]));
  });

  test('a broker that fails is asked again', async () => {
    vi.useFakeTimers();
    try {
      const matcher = matcherOf();
      backend.queues.set('1/activity/queue', new Set([taskIdOf(taskOf(7))]));
      backend.available = false;
      matcher.join(sessionWith(5), ['activity']);
      await vi.advanceTimersByTimeAsync(3_500);
      expect(started).toEqual([]);
      backend.available = true;
      await vi.advanceTimersByTimeAsync(1_500);
      expect(startedIds()).toEqual([7]);
      matcher.close();
    } finally {
      vi.useRealTimers();
    }
  });

  test('an id of another tenant or kind, or no id at all, reaches nobody', async () => {
    const matcher = matcherOf();
    const wrongKind = taskIdOf({ ...taskOf(3), task: { ...taskOf(3).task, kind: 'workflow' } });
    const ids = [taskIdOf(taskOf(1, 2)), wrongKind, 'nonsense', '', taskIdOf(taskOf(4))];
    await broker.announce(ids.map((taskId) => ({ queue: key, taskId })));
    matcher.join(sessionWith(9), ['activity']);
    await vi.waitFor(() => expect(startedIds()).toEqual([4]));
  });

  test('no more than fits is taken away from other servers', async () => {
    const matcher = matcherOf({ alone: false });
    matcher.enqueue(
      key,
      Array.from({ length: 50 }, (_, i) => taskOf(i + 1)),
    );
    matcher.join(sessionWith(3), ['activity']);
    await vi.waitFor(() => expect(started).toHaveLength(0), { timeout: 50 }).catch(() => {});
    await vi.waitFor(() => expect(backend.size).toBe(47));
  });
});

describe('slots of a session', () => {
  const runningTask = (scheduledEventId: number, delivered = false) => ({
    kind: 'activity' as const,
    token: { workflowId: 'w', runId, scheduledEventId, attempt: 1 },
    delivered,
  });

  test('a slot that was taken and not used comes back', () => {
    const session = sessionWith(2);
    session.takeSlot('activity');
    session.assign(runningTask(1));
    expect(session.room('activity')).toBe(1);
    session.forget([...session.running.values()][0]!);
    expect(session.room('activity')).toBe(2);
  });

  test('a delivered one is the worker’s to free', () => {
    const session = sessionWith(2);
    session.takeSlot('activity');
    const task = runningTask(1);
    session.assign(task);
    session.postAck({ n: 1, outcome: 'ok' }, [
      { activity: { activityId: '1', scheduledEventId: 1 }, task },
    ]);
    session.flush();
    session.forget(task);
    expect(session.room('activity')).toBe(1);
  });

  test('what a worker states on a new connection is less what is on its way to it', () => {
    const session = sessionWith(2);
    session.takeSlot('activity');
    session.channel = undefined;
    expect(session.room('activity')).toBe(0);
    session.connect({ deliver() {}, cancelActivities() {} }, { workflow: 0, activity: 2 });
    expect(session.room('activity')).toBe(1);
    session.returnSlot('activity');
    expect(session.room('activity')).toBe(2);
  });

  test('what was called off is not delivered', () => {
    const delivered: number[] = [];
    const session = sessionWith(2);
    session.channel = {
      deliver: ({ acks }) =>
        delivered.push(
          ...acks.flatMap(({ eager }) => eager ?? []).map((each) => each.scheduledEventId),
        ),
      cancelActivities() {},
    };
    const [one, two] = [runningTask(1), runningTask(2)];
    for (const task of [one, two]) {
      session.takeSlot('activity');
      session.assign(task);
    }
    session.postAck({ n: 1, outcome: 'ok' }, [
      { activity: { activityId: '1', scheduledEventId: 1 }, task: one },
      { activity: { activityId: '2', scheduledEventId: 2 }, task: two },
    ]);
    session.forget(one);
    session.flush();
    expect(delivered).toEqual([2]);
  });

  test('absurd credit is cut', () => {
    const session = sessionWith(Number.MAX_SAFE_INTEGER);
    session.grant('activity', Number.MAX_SAFE_INTEGER);
    expect(session.room('activity')).toBe(1_000_000);
  });
});

test('a queue holds a thousand tasks in memory, no more', () => {
  const queue = new TaskQueue(key);
  queue.sessions.push(sessionWith(0));
  for (let i = 0; i < 1_000; i++) expect(queue.push(taskOf(i))).toBe(true);
  expect(queue.push(taskOf(1_000))).toBe(false);
  expect(queue.push(taskOf(5))).toBe(true);
  expect(queue.backlogLength).toBe(1_000);
});
