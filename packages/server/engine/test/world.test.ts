/** Work between workflows under a careless data plane: semantics 30-35, 55. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command, EventOf, HistoryEvent } from '@perdure/protocol';
import { type ExecutionState, isClosed } from '../src/index.ts';
import {
  cancelExternal,
  confirmCancel,
  continueAsNew,
  fail,
  signalExternal,
  startChild,
  succeed,
} from './run-driver.ts';
import { type StoredRun, World, childStarts } from './world.ts';

const NAMES = 5;
const MOST_RUNS = 30;

const deed = fc.record({
  what: fc.constantFrom('task', 'task', 'task', 'carry', 'carry', 'carry', 'pass', 'terminate'),
  n: fc.nat(10_000),
  crashes: fc.boolean(),
  commands: fc.array(fc.nat(10_000), { maxLength: 3 }),
});
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

const pick = <T>(items: readonly T[], n: number): T | undefined => items[n % items.length];

function live(world: World, { what, n, crashes, commands }: Deed): void {
  const running = runningOf(world);
  const run = pick(running, n);
  if (what === 'task' && run) world.task(run.runId, commandsFor(world, run, commands));
  if (what === 'terminate' && run && n % 4 === 0) {
    world.apply(run.runId, { kind: 'terminateWorkflow' });
  }
  const owed = pick(world.owed(), n);
  if (what === 'carry' && owed) world.carry(owed, crashes);
  if (what === 'pass') world.pass(n % 1_500);
}

function runningOf(world: World): ExecutionState[] {
  return [...world.runs.values()].map(({ state }) => state).filter((state) => !isClosed(state));
}

function commandsFor(world: World, run: ExecutionState, draws: readonly number[]): Command[] {
  const commands = draws.map((n, i) => sayTo(world, run, n, i));
  const n = draws[0] ?? 0;
  if (run.cancelRequested) return [...commands, confirmCancel];
  if (n % 7 === 0) return [...commands, n % 2 ? succeed : fail()];
  return n % 11 === 0 ? [...commands, continueAsNew()] : commands;
}

/** Something to another workflow; every signal has a name of its own. */
function sayTo(world: World, run: ExecutionState, n: number, i: number): Command {
  const target = `w${n % NAMES}`;
  const children = [...run.children.values()];
  const child = pick(children, n)?.workflowId;
  if (n % 3 === 0 && world.runs.size < MOST_RUNS) {
    const parentClosePolicy = pick(['TERMINATE', 'REQUEST_CANCEL', 'ABANDON'] as const, n);
    return startChild(target, { parentClosePolicy });
  }
  if (n % 3 === 1) return cancelExternal(child ?? target, child !== undefined);
  return signalExternal(
    child ?? target,
    `${run.runId}/${run.nextEventId}/${i}`,
    child !== undefined,
  );
}

/** The data plane catches up, while nobody works. */
function catchUp(world: World): void {
  for (let round = 0; round < 100; round++) {
    const owed = world.owed();
    if (owed.length === 0) return;
    for (const each of owed) if (stillOwed(world, each)) world.carry(each, false);
  }
  throw new Error('there is always more to carry out');
}

/** Everybody does what is left to do, and nothing new. */
function settle(world: World): void {
  for (let round = 0; round < 500; round++) {
    const owed = world.owed();
    const running = runningOf(world);
    if (owed.length === 0 && running.length === 0) return;
    for (const each of owed) if (stillOwed(world, each)) world.carry(each, false);
    for (const { runId } of running) {
      const { state } = world.runs.get(runId)!;
      const end = state.cancelRequested ? confirmCancel : succeed;
      if (!isClosed(state) && state.children.size === 0) world.task(runId, [end]);
      else if (!isClosed(state)) world.task(runId, []);
    }
    world.pass(500);
  }
  throw new Error(
    `never settles: ${runningOf(world)
      .map((state) => state.runId)
      .join(', ')}`,
  );
}

function stillOwed(world: World, wanted: ReturnType<World['owed']>[number]): boolean {
  return world.owed().some((each) => JSON.stringify(each) === JSON.stringify(wanted));
}

type ChildEvent = Extract<HistoryEvent, { eventType: `ChildWorkflowExecution${string}` }>;

const isChildEnd = (event: HistoryEvent): event is ChildEvent =>
  /^ChildWorkflowExecution(?!Started)/.test(event.eventType);

const endOf: Readonly<Record<string, string>> = {
  COMPLETED: 'ChildWorkflowExecutionCompleted',
  FAILED: 'ChildWorkflowExecutionFailed',
  CANCELLED: 'ChildWorkflowExecutionCanceled',
  TERMINATED: 'ChildWorkflowExecutionTerminated',
};

/** No child has a task of which its parent does not know, and none was started twice. */
function checkBeginnings(world: World): void {
  const firstRuns = new Set<string>();
  for (const { state, history } of world.runs.values()) {
    const { parent, firstExecutionRunId, runId, workflowId } = state;
    if (!parent) continue;
    const known = childStarts(world.runs.get(parent.runId)!).some(
      ({ attributes }) => attributes.workflowExecution.runId === firstExecutionRunId,
    );
    const waits = world.runs.get(parent.runId)!.state.children.get(parent.initiatedEventId);
    const begun = history.some(({ eventType }) => eventType === 'WorkflowTaskScheduled');
    const mayBegin = known || waits?.runId === firstExecutionRunId;
    expect({ workflowId, begun: begun && !mayBegin }).toEqual({ workflowId, begun: false });
    if (runId !== firstExecutionRunId) continue;
    const origin = `${parent.runId}/${parent.initiatedEventId}`;
    expect(firstRuns.has(origin)).toBe(false);
    firstRuns.add(origin);
  }
}

/** Each child a parent knows of started once, ended once, and as the parent was told. */
function checkChildren(world: World, { history }: StoredRun): void {
  const starts = history.filter((event) => event.eventType === 'ChildWorkflowExecutionStarted');
  const ends = history.filter(isChildEnd);
  const ids = (events: readonly HistoryEvent[]): number[] =>
    events.map((event) => (event.attributes as { initiatedEventId: number }).initiatedEventId);
  expect(new Set(ids(starts)).size).toBe(starts.length);
  expect(new Set(ids(ends)).size).toBe(ends.length);
  for (const { eventType, attributes } of ends) {
    const chain = [...world.runs.values()].filter(
      (run) => run.state.firstExecutionRunId === attributes.workflowExecution.runId,
    );
    expect(eventType).toBe(endOf[chain.at(-1)!.state.status]);
  }
}

/** Once all is carried out, children of closed parents are as their close policies say. */
function checkOrphans(world: World): void {
  for (const { state, history } of world.runs.values()) {
    if (!isClosed(state) || state.status === 'CONTINUED_AS_NEW') continue;
    for (const event of history) {
      if (event.eventType === 'ChildWorkflowExecutionStarted') checkOrphan(world, history, event);
    }
  }
}

function checkOrphan(
  world: World,
  history: readonly HistoryEvent[],
  { attributes }: EventOf<'ChildWorkflowExecutionStarted'>,
): void {
  const { initiatedEventId, workflowExecution } = attributes;
  const initiated = history[
    initiatedEventId - 1
  ] as EventOf<'StartChildWorkflowExecutionInitiated'>;
  const chain = [...world.runs.values()].filter(
    (run) => run.state.firstExecutionRunId === workflowExecution.runId,
  );
  const last = chain.at(-1)!.state;
  const { parentClosePolicy } = initiated.attributes;
  if (isClosed(last) || parentClosePolicy === 'ABANDON') return;
  expect([parentClosePolicy, last.cancelRequested]).toEqual(['REQUEST_CANCEL', true]);
}

/** A signal said to be delivered was, and no run has it twice. */
function checkSignals(world: World): void {
  const runs = [...world.runs.values()];
  const heard = (run: StoredRun): string[] =>
    run.history.flatMap((event) =>
      event.eventType === 'WorkflowExecutionSignaled' ? [event.attributes.signalName] : [],
    );
  for (const run of runs) expect(new Set(heard(run)).size).toBe(heard(run).length);
  const everywhere = new Set(runs.flatMap(heard));
  for (const { history } of runs) {
    for (const event of history) {
      if (event.eventType !== 'ExternalWorkflowExecutionSignaled') continue;
      const sent = history[event.attributes.initiatedEventId - 1]!;
      if (sent.eventType !== 'SignalExternalWorkflowExecutionInitiated') throw new Error('?');
      expect(everywhere.has(sent.attributes.signalName)).toBe(true);
    }
  }
}

test(
  'whatever is repeated, reordered or cut off, workflows agree about each other in the end',
  { timeout: 60_000 },
  () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 60, size: 'max' }), (deeds) => {
        const world = new World();
        for (const workflowId of ['w0', 'w1']) {
          world.start({
            kind: 'startWorkflow',
            workflowId,
            runId: world.newRunId(),
            workflowType: 'type',
            taskQueue: 'queue',
            requestId: workflowId,
          });
        }
        for (const each of deeds) {
          live(world, each);
          checkBeginnings(world);
        }
        catchUp(world);
        checkOrphans(world);
        settle(world);
        checkBeginnings(world);
        for (const run of world.runs.values()) checkChildren(world, run);
        checkSignals(world);
      }),
      { numRuns: 100 },
    );
  },
);
