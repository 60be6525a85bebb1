/**
 * Random lives of a whole data plane: starts, signals and terminations, workers that die, vanish and
 * come back, servers that are killed, a store and a broker that fail. Whatever was acknowledged is in
 * the history exactly once, nothing recorded runs again, no slot is lost or invented, and once the
 * faults stop every run closes.
 *
 * Time is simulated, so a life of hours takes no time and can be repeated.
 */
import { PerdureServiceError } from '@perdure/common';
import { fold, isClosed } from '@perdure/engine';
import type { HistoryEvent } from '@perdure/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DataPlane } from '../src/index.ts';
import { type CommitFault, FaultyStore } from './faulty-store.ts';
import { Robot, type Society, programOf } from './robot.ts';
import { settled } from './simulated-time.ts';
import { World, callerOf, historyOf, startInput } from './test-plane.ts';

type Step =
  | { readonly kind: 'start'; readonly steps: number; readonly width: number }
  | { readonly kind: 'signal' | 'burst' | 'terminate' | 'again'; readonly which: number }
  | { readonly kind: 'fault'; readonly fault: CommitFault }
  | { readonly kind: 'storeAway' | 'brokerAway' | 'pass'; readonly ms: number }
  | { readonly kind: 'lose' | 'reconnect' | 'kill' | 'drain'; readonly which: number }
  | { readonly kind: 'startAndEnd' | 'addWorker' | 'wipe' | 'restart' | 'crash' };

const which = fc.nat({ max: 4 });
const kinds = <K extends string>(...names: K[]) => fc.constantFrom(...names);
const start = {
  kind: kinds('start'),
  steps: fc.nat({ max: 4 }),
  width: fc.integer({ min: 1, max: 3 }),
};
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record(start) },
  { weight: 8, arbitrary: fc.record({ kind: kinds('signal', 'burst', 'burst', 'again'), which }) },
  { weight: 1, arbitrary: fc.record({ kind: kinds('terminate'), which }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: kinds('fault'),
      fault: kinds('fails', 'lost', 'lost', 'conflicts'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: kinds('storeAway', 'brokerAway'),
      ms: fc.integer({ min: 1, max: 3_000 }),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({ kind: kinds('pass'), ms: fc.constantFrom(0, 1, 2, 3, 5, 8, 20, 300) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: kinds('lose', 'reconnect', 'reconnect', 'kill', 'drain'), which }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: kinds('startAndEnd', 'addWorker', 'wipe', 'restart', 'crash') }),
  },
);

/** A signal that was acknowledged. */
interface Signalled {
  readonly workflowId: string;
  /** Set when it was for this run and no other. */
  readonly runId?: string;
  readonly signalName: string;
}

class Life implements Society {
  readonly caller = callerOf();
  readonly slots = 3;
  readonly recorded = new Set<string>();
  readonly complaints: string[] = [];
  readonly world = new World();
  readonly #alone: boolean;
  readonly #random: () => number;
  robots: Robot[] = [];
  lazy = false;
  calm = false;
  plane!: DataPlane;
  store!: FaultyStore;
  /** Workflow ids of runs whose start was acknowledged, by run id. */
  readonly started = new Map<string, string>();
  readonly signalled: Signalled[] = [];
  readonly #calls: Promise<void>[] = [];
  #count = 0;

  constructor(options: { alone: boolean; seed: number }) {
    this.#alone = options.alone;
    this.#random = mulberry32(options.seed);
    this.openPlane();
  }

  duration(): number {
    return Math.floor(this.#random() ** 3 * 60);
  }

  fails(): boolean {
    return !this.calm && this.#random() < 0.1;
  }

  openPlane(): void {
    this.store = new FaultyStore(this.world.memory.executions);
    const latency = () =>
      new Promise<void>((resolve) => void setTimeout(resolve, this.#random() * 3));
    this.store.beforeCommit = latency;
    this.store.beforeLoad = latency;
    this.plane = this.world.start({
      executions: this.store,
      alone: this.#alone,
      activityGraceMs: 1_000,
    });
  }

  /** Everything that a client does is repeated until it is answered. */
  #call(work: () => Promise<unknown>, answered: () => void): void {
    const insist = async (): Promise<void> => {
      for (;;) {
        try {
          await work();
          return answered();
        } catch (error) {
          if (!(error instanceof PerdureServiceError)) throw error;
          if (error.code === 'WORKFLOW_NOT_FOUND') return;
          if (error.code !== 'UNAVAILABLE') throw error;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    };
    this.#calls.push(insist());
  }

  #run(at: number): { runId: string; workflowId: string } | undefined {
    const runs = [...this.started].slice(-5);
    if (runs.length === 0) return undefined;
    const [runId, workflowId] = runs[at % runs.length]!;
    return { runId, workflowId };
  }

  #robot(at: number): Robot | undefined {
    return this.robots.length === 0 ? undefined : this.robots[at % this.robots.length];
  }

  start(steps: number, width: number, workflowId = `w${(this.#count += 1)}`): string {
    const requestId = `r${(this.#count += 1)}`;
    const workflowIdConflictPolicy = 'TERMINATE_EXISTING' as const;
    const options = { input: programOf(steps, width), requestId, workflowIdConflictPolicy };
    const input = startInput(workflowId, options);
    let runId = '';
    const work = async () => {
      ({ runId } = await this.plane.workflows.startWorkflow(this.caller, input));
    };
    this.#call(work, () => this.started.set(runId, workflowId));
    if (width === 1) this.#awaitResult(workflowId);
    return workflowId;
  }

  /** In one breath with a start: such a one may be held for its first task's answer. */
  #awaitResult(workflowId: string): void {
    const wanted = { namespace: this.caller.namespace, workflowId, fromEventId: 1 };
    const wait = { ...wanted, waitForClose: true, closeEventOnly: true };
    this.#call(
      () => this.plane.workflows.getHistory(this.caller, wait, undefined),
      () => {},
    );
  }

  signal(workflowId: string, runId?: string, repeat = false): void {
    const signalName = `s${(this.#count += 1)}`;
    const { namespace } = this.caller;
    const call = { namespace, workflowId, runId, signalName, requestId: signalName };
    const send = () => this.plane.workflows.signalWorkflow(this.caller, call);
    this.#call(send, () => this.signalled.push({ workflowId, runId, signalName }));
    if (repeat) this.#call(send, () => {});
  }

  terminate(workflowId: string): void {
    const requestId = `t${(this.#count += 1)}`;
    const call = { namespace: this.caller.namespace, workflowId, requestId };
    this.#call(
      () => this.plane.workflows.terminateWorkflow(this.caller, call),
      () => {},
    );
  }

  async do(next: Step): Promise<void> {
    switch (next.kind) {
      case 'start':
        return void this.start(next.steps, next.width);
      case 'startAndEnd': {
        const workflowId = this.start(2, 2);
        this.signal(workflowId);
        return this.terminate(workflowId);
      }
      case 'signal':
      case 'burst':
      case 'again':
      case 'terminate': {
        const run = this.#run(next.which);
        if (run) this.#address(next.kind, run);
        return;
      }
      case 'fault':
        return void this.store.faults.push(next.fault);
      case 'storeAway': {
        const { store } = this;
        store.away = true;
        setTimeout(() => (store.away = false), next.ms);
        return;
      }
      case 'brokerAway':
        this.world.brokers.begin();
        setTimeout(() => this.world.brokers.end(), next.ms);
        return;
      case 'wipe':
        return this.world.brokers.wipe();
      case 'pass':
        return this.pass(next.ms);
      case 'lose':
        return this.#robot(next.which)?.lose();
      case 'reconnect':
        return void this.#robot(next.which)?.connect();
      case 'kill':
        return this.#robot(next.which)?.kill();
      case 'drain':
        return this.#robot(next.which)?.drain();
      case 'addWorker':
        return this.addWorker();
      case 'restart':
      case 'crash':
        return this.replacePlane(next.kind === 'crash');
      default:
        return next satisfies never;
    }
  }

  #address(
    kind: 'signal' | 'burst' | 'again' | 'terminate',
    { workflowId, runId }: { workflowId: string; runId: string },
  ): void {
    if (kind === 'terminate') return this.terminate(workflowId);
    if (kind === 'signal') return this.signal(workflowId);
    if (kind === 'again') {
      this.start(2, 1, workflowId);
      this.signal(workflowId, runId);
      return this.signal(workflowId);
    }
    for (let i = 0; i < 3; i++) this.signal(workflowId, undefined, true);
  }

  addWorker(): void {
    const robot = new Robot(this);
    this.robots.push(robot);
    void robot.connect();
  }

  /** A crash leaves whatever was under way without an answer; nothing of it is written any more. */
  replacePlane(crash: boolean): void {
    const { plane, store } = this;
    if (crash) {
      store.away = true;
      store.beforeCommit = () => new Promise(() => {});
      store.beforeLoad = () => new Promise(() => {});
    }
    void plane.close();
    const connected = this.robots.filter(({ alive, isConnected }) => alive && isConnected);
    if (!crash) for (const robot of connected) robot.lose();
    this.openPlane();
    for (const robot of connected) void robot.connect();
  }

  /** Scheduled events of a run whose outcome was acknowledged. */
  recordedOf(runId: string): number[] {
    const keys = [...this.recorded].map((key) => key.split('.'));
    return keys.filter(([run]) => run === runId).map(([, eventId]) => Number(eventId));
  }

  async pass(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }

  /** The faults stop; a fresh worker or two see to the rest. */
  async finish(): Promise<void> {
    this.calm = true;
    this.store.faults.length = 0;
    await this.pass(5_000);
    for (const robot of this.robots) if (robot.alive && !robot.isConnected) void robot.connect();
    this.addWorker();
    for (let i = 0; i < 300; i++) {
      await this.pass(10_000);
      if (await this.allClosed()) break;
    }
    // A wait for a result at a server that is gone ends with its own deadline.
    await settled(Promise.all(this.#calls));
  }

  async allClosed(): Promise<boolean> {
    const { executions } = await this.world.memory.visibility.list(1, { status: 'RUNNING' }, 1_000);
    return executions.length === 0;
  }

  /** With more work than slots every robot is given exactly what it has slots for. */
  async checkSlots(): Promise<void> {
    this.lazy = true;
    const robots = this.robots.filter(({ isWorking }) => isWorking);
    // oxlint-disable-next-line vitest/no-standalone-expect -- called by the tests below
    for (const robot of robots) expect(robot.workflowTasks.size + robot.activities.size).toBe(0);
    for (let i = 0; i < robots.length * this.slots + 5; i++) this.start(1, 2);
    await this.pass(3_000);
    const held = robots.map(({ workflowTasks }) => workflowTasks.size);
    // oxlint-disable-next-line vitest/no-standalone-expect -- called by the tests below
    expect(held).toEqual(robots.map(() => this.slots));
    this.lazy = false;
    for (const robot of robots) robot.wakeUp();
    for (let i = 0; i < 30 && !(await this.allClosed()); i++) await this.pass(10_000);
  }
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function checkHistories(life: Life): Promise<void> {
  const { executions } = await life.world.memory.visibility.list(1, {}, 10_000);
  const runs = new Map(executions.map(({ runId, workflowId }) => [runId, workflowId]));
  for (const runId of life.started.keys()) expect(runs.has(runId), 'the start is there').toBe(true);
  const signals = new Map<string, string[]>();
  for (const [runId, workflowId] of runs) {
    const history = await settled(historyOf(life.plane, workflowId, { runId }));
    checkHistory(history, life.recordedOf(runId));
    for (const event of history) {
      if (event.eventType !== 'WorkflowExecutionSignaled') continue;
      const { signalName } = event.attributes;
      signals.set(signalName, [...(signals.get(signalName) ?? []), runId]);
    }
  }
  // A repeated signal for "whichever run is current" may reach the next run: ids count per run.
  for (const [name, found] of signals)
    expect(new Set(found).size, `${name} once`).toBe(found.length);
  for (const { signalName, runId, workflowId } of life.signalled) {
    const found = signals.get(signalName) ?? [];
    if (runId !== undefined) expect(found, `${signalName} reached its run`).toEqual([runId]);
    expect(
      found.map((each) => runs.get(each)),
      `${signalName} is there`,
    ).toContain(workflowId);
  }
}

function checkHistory(history: readonly HistoryEvent[], recorded: readonly number[]): void {
  expect(history.map(({ eventId }) => eventId)).toEqual(history.map((_, i) => i + 1));
  expect(isClosed(fold(history)), 'the run is closed').toBe(true);
  const ended = history.flatMap((event) =>
    event.eventType === 'ActivityTaskCompleted' ? [event.attributes.scheduledEventId] : [],
  );
  expect(new Set(ended).size, 'no outcome twice').toBe(ended.length);
  expect(ended).toEqual(expect.arrayContaining([...recorded]));
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

async function live(
  steps: readonly Step[],
  options: { alone: boolean; seed: number },
): Promise<void> {
  const life = new Life(options);
  try {
    life.addWorker();
    life.addWorker();
    for (const each of steps) await life.do(each);
    await life.finish();
    expect(await life.allClosed(), 'every run closes').toBe(true);
    await checkHistories(life);
    await life.checkSlots();
    expect(await life.allClosed(), 'every run closes').toBe(true);
    await checkHistories(life);
    expect(life.complaints).toEqual([]);
    expect(life.world.errors).toEqual([]);
  } finally {
    await settled(life.world.close());
  }
}

test.each([true, false])(
  'any life keeps the promises (alone: %s)',
  { timeout: 600_000 },
  async (alone) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60, size: 'max' }),
        fc.integer({ min: 1, max: 1_000_000 }),
        (steps, seed) => live(steps, { alone, seed }),
      ),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 25) },
    );
  },
);
