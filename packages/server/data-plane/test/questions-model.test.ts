/**
 * Random lives of questions between servers: signals and questions at any of them, workers that
 * come, leave and hang, servers that are replaced, a broker that is away or empties, letters that are
 * lost. Whatever is answered knows every signal that was acknowledged before the question was asked,
 * and none that was never sent; once the faults stop every server answers.
 *
 * Time is simulated, so a life of minutes takes no time and can be repeated.
 */
import { randomUUID } from 'node:crypto';
import { PerdureServiceError } from '@perdure/common';
import type { ExecutionStore } from '@perdure/ports';
import { type WorkflowTask, decodeEvents } from '@perdure/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DataPlane } from '../src/index.ts';
import { FakeWorker, tokenOf } from './fake-worker.ts';
import { settled } from './simulated-time.ts';
import { World, callerOf, historyOf, startInput } from './test-plane.ts';

const caller = callerOf();
const { namespace } = caller;
const SERVERS = 3;
/** What a question may end with when the world is not as it should be. */
const excuses = new Set(['DEADLINE_EXCEEDED', 'UNAVAILABLE', 'WORKFLOW_NOT_READY']);

type Step =
  | { readonly kind: 'signal' | 'ask' | 'come' | 'leave' | 'hang' | 'replace'; readonly at: number }
  | { readonly kind: 'pass' | 'brokerAway'; readonly ms: number }
  | { readonly kind: 'wipe' | 'loseLetters' };

const at = fc.nat({ max: SERVERS - 1 });
const kinds = <K extends string>(...names: K[]) => fc.constantFrom(...names);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: kinds('signal', 'ask', 'ask'), at }) },
  { weight: 4, arbitrary: fc.record({ kind: kinds('come', 'come', 'leave', 'hang'), at }) },
  { weight: 1, arbitrary: fc.record({ kind: kinds('replace'), at }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: kinds('pass'),
      ms: fc.constantFrom(0, 1, 3, 10, 50, 1_000, 4_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: kinds('brokerAway'), ms: fc.integer({ min: 1, max: 3_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kinds('wipe', 'loseLetters') }) },
);

const lives = fc.array(step, { maxLength: 50, size: 'max' });
const delays = fc.array(fc.constantFrom(0, 0, 1, 4, 20), { minLength: 1, maxLength: 10 });

/** A worker whose runs count the signals that they have had, and say how many. */
class Counter {
  readonly worker = new FakeWorker();
  readonly #plane: DataPlane;
  readonly #timer: NodeJS.Timeout;
  isHanging = false;
  #hasLeft = false;
  #tasks = 0;
  #queries = 0;

  constructor(plane: DataPlane) {
    this.#plane = plane;
    void this.worker.connect(plane).then(
      () => this.#hasLeft && this.worker.connection?.disconnected(),
      () => {},
    );
    this.#timer = setInterval(() => this.#work(), 3);
  }

  leave(): void {
    this.#hasLeft = true;
    clearInterval(this.#timer);
    this.worker.connection?.disconnected();
  }

  #work(): void {
    if (this.isHanging) return;
    const { workflowTasks, queries } = this.worker;
    for (; this.#tasks < workflowTasks.length; this.#tasks++) {
      void this.#complete(workflowTasks[this.#tasks]!).catch(() => {});
    }
    for (; this.#queries < queries.length; this.#queries++) {
      const { queryId, lastStartedEventId } = queries[this.#queries]!;
      void this.#count(lastStartedEventId)
        .then((result) => this.worker.answer({ queryId, result }))
        .catch(() => {});
    }
  }

  async #complete(task: WorkflowTask): Promise<void> {
    const before = await this.#count(task.firstEventId - 1);
    const pushed = decodeEvents(task.events).filter(isSignal).length;
    const result = Uint8Array.of(1, before[1]! + pushed);
    const queryResults = task.queries?.map(({ queryId }) => ({ queryId, result }));
    const token = tokenOf(task);
    this.worker.report({ kind: 'workflowTaskCompleted', token, commands: [], queryResults });
    this.worker.connection?.credit(1, 0);
  }

  async #count(upTo: number): Promise<Uint8Array> {
    const events = upTo > 0 ? await historyOf(this.#plane, 'w') : [];
    const known = events.filter((event) => event.eventId <= upTo && isSignal(event));
    return Uint8Array.of(1, known.length);
  }
}

const isSignal = ({ eventType }: { eventType: string }) =>
  eventType === 'WorkflowExecutionSignaled';

class Life {
  readonly world = new World();
  readonly planes: DataPlane[] = [];
  readonly workers: (Counter | undefined)[] = [];
  sent = 0;
  acknowledged = 0;
  readonly calls: Promise<void>[] = [];
  readonly faults: string[] = [];

  #excused = 0;
  readonly #delays: readonly number[];
  #commits = 0;

  /** @param delays how late a server hears of its commits, in turn, in milliseconds */
  constructor(delays: readonly number[]) {
    this.#delays = delays;
    for (let i = 0; i < SERVERS; i++) this.planes.push(this.#start());
  }

  /** What one server has stored others may see, and build on, before it has heard so itself. */
  #start(): DataPlane {
    const { executions } = this.world.memory;
    const commit: ExecutionStore['commit'] = async (batch) => {
      const results = await executions.commit(batch);
      const ms = this.#delays[this.#commits++ % this.#delays.length] ?? 0;
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      return results;
    };
    const late = new Proxy(executions, {
      get: (store, name: keyof ExecutionStore) =>
        name === 'commit' ? commit : store[name].bind(store),
    });
    return this.world.start({ alone: false, executions: late });
  }

  async begin(): Promise<void> {
    await settled(this.planes[0]!.workflows.startWorkflow(caller, startInput('w')));
  }

  do(next: Step): Promise<void> | void {
    switch (next.kind) {
      case 'signal':
        return void this.calls.push(this.signal(next.at));
      case 'ask':
        return void this.calls.push(this.ask(next.at));
      case 'come':
        return this.come(next.at);
      case 'leave':
        return this.workers[next.at]?.leave();
      case 'hang': {
        const worker = this.workers[next.at];
        if (worker) worker.isHanging = true;
        return;
      }
      case 'replace': {
        this.workers[next.at]?.leave();
        this.calls.push(this.planes[next.at]!.close());
        this.planes[next.at] = this.#start();
        return;
      }
      case 'pass':
        return pass(next.ms);
      case 'brokerAway':
        this.world.brokers.begin();
        setTimeout(() => this.world.brokers.end(), next.ms);
        return;
      case 'wipe':
        return this.world.brokers.wipe();
      case 'loseLetters':
        return this.world.memory.letters.removeExpired(Number.MAX_SAFE_INTEGER);
    }
  }

  come(server: number): void {
    this.workers[server]?.leave();
    this.workers[server] = new Counter(this.planes[server]!);
  }

  async signal(server: number): Promise<void> {
    const call = { namespace, workflowId: 'w', signalName: 's', requestId: randomUUID() };
    this.sent += 1;
    try {
      await this.planes[server]!.workflows.signalWorkflow(caller, call);
      this.acknowledged += 1;
    } catch (error) {
      this.#excuse(error);
    }
  }

  /** Asks, and checks the answer. */
  async ask(server: number): Promise<void> {
    const least = this.acknowledged;
    const question = { queryName: 'count', rejectCondition: 'NONE' } as const;
    const input = { namespace, workflowId: 'w', ...question };
    try {
      const answer = await this.planes[server]!.workflows.queryWorkflow(caller, input, undefined);
      const told = answer.kind === 'answered' ? answer.result?.[1] : undefined;
      if (told === undefined || told < least || told > this.sent) {
        this.faults.push(`wanted ${least} to ${this.sent}, was told ${String(told)}`);
      }
    } catch (error) {
      this.#excuse(error);
    }
  }

  /** The faults stop, and one worker comes: every server answers, with all that is known. */
  async finish(): Promise<void> {
    await pass(3_000);
    for (let i = 0; i < SERVERS; i++) this.workers[i]?.leave();
    await pass(30_000);
    await settled(Promise.all(this.calls));
    this.come(0);
    await pass(30_000);
    for (let i = 0; i < SERVERS; i++) {
      this.#excused = 0;
      await settled(this.ask(i));
      if (this.#excused > 0) this.faults.push(`server ${i} does not answer`);
    }
    await pass(100);
    const letters = await this.world.memory.letters.waiting(0, 10);
    if (letters.length > 0) this.faults.push(`${letters.length} letters are left`);
    this.faults.push(...this.world.errors);
  }

  #excuse(error: unknown): void {
    if (error instanceof PerdureServiceError && excuses.has(error.code)) this.#excused += 1;
    else this.faults.push(String(error));
  }
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

test('any life of questions keeps the promises', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(lives, delays, async (steps, late) => {
      const life = new Life(late);
      try {
        await life.begin();
        for (const each of steps) await life.do(each);
        await life.finish();
        expect(life.faults).toEqual([]);
      } finally {
        for (const worker of life.workers) worker?.leave();
        await settled(life.world.close());
      }
    }),
    { numRuns: Number(process.env['MODEL_RUNS'] ?? 25) },
  );
});
