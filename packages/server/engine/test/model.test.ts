/** Random lives of runs: what must hold in every reachable state, and after every transition. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HistoryEvent } from '@perdure/protocol';
import {
  type EngineCommand,
  type ExecutionState,
  type FollowUp,
  type Transfer,
  type Transition,
  followUpsOf,
  isClosed,
  openTransition,
  transfersOf,
} from '../src/index.ts';
import { checkDecision, deepFreeze, expectUntouched, plain, snapshot } from './invariants.ts';
import { type Step, commandFor, cronSchedule, startOptions, step } from './random-commands.ts';
import { START_TIME } from './run-driver.ts';

/** One random life. */
class Life {
  state: ExecutionState | undefined;
  now = START_TIME;
  readonly history: HistoryEvent[] = [];

  /** Runs one transition with `decide` applying commands to it, and checks everything. */
  transition(decide: (transition: Transition) => FollowUp[] | void): void {
    const before = this.state && deepFreeze(this.state);
    const newRunId = (): string => `run-${this.now}-${this.history.length}`;
    const transition = openTransition(before, { now: this.now, newRunId });
    const taken = decide(transition) ?? [];
    const left = transition.takeFollowUps();
    const decision = transition.close();
    this.history.push(...decision.events);
    this.state = decision.state;
    checkDecision(before, decision, this.history, this.now);
    checkFollowUps(before, decision.state, taken, left);
  }

  /** One drawn step. */
  live({ advance, intents, eager }: Step): void {
    const wakeAt = this.state!.wakeAt;
    if (advance !== 'wake') this.now += advance;
    else if (wakeAt > 0) this.now = Math.max(this.now, wakeAt);
    this.transition((transition) =>
      intents.flatMap((intended) => {
        apply(transition, commandFor(intended, transition.state!, this.now));
        return eager ? takeAll(transition) : [];
      }),
    );
  }
}

/** Applies a command; if it is rejected, nothing may have changed. */
function apply(transition: Transition, command: EngineCommand): void {
  const before = transition.state && snapshot(transition.state);
  const outcome = transition.apply(command);
  if (before && outcome.kind === 'rejected') expectUntouched(transition.state!, before);
}

const keyOf = (followUp: FollowUp): string =>
  `${followUp.kind} ${followUp.scheduledEventId} ${followUp.attempt}`;

const withoutEvent = (followUp: FollowUp): unknown => plain({ ...followUp, scheduled: undefined });

/** Starts what is offered; every offer must be what the state asks for. Gives the offers. */
function takeAll(transition: Transition): FollowUp[] {
  const wanted = new Map(followUpsOf(transition.state!).map((each) => [keyOf(each), each]));
  const offers = transition.takeFollowUps();
  for (const offer of offers) {
    expect(withoutEvent(offer)).toEqual(withoutEvent(wanted.get(keyOf(offer))!));
    const session = 'eager';
    const { scheduledEventId, attempt } = offer;
    const task = { scheduledEventId, attempt, fence: 1, session, identity: 'eager worker' };
    if (offer.kind === 'dispatchActivity') apply(transition, { kind: 'startActivity', ...task });
    if (offer.kind === 'dispatchWorkflowTask') {
      apply(transition, { kind: 'startWorkflowTask', ...task });
    }
  }
  return offers;
}

/** What the state asks for is what was asked before or offered now; offers are not made up. */
function checkFollowUps(
  before: ExecutionState | undefined,
  after: ExecutionState,
  taken: readonly FollowUp[],
  left: readonly FollowUp[],
): void {
  const wanted = followUpsOf(after).map(keyOf);
  const known = new Set([...(before ? followUpsOf(before) : []), ...taken, ...left].map(keyOf));
  expect(wanted.filter((key) => !known.has(key))).toEqual([]);
  expect(left.map(keyOf).filter((key) => !wanted.includes(key))).toEqual([]);
}

/** A good worker and a patient clock: the run must close. */
function finish(life: Life): void {
  for (let i = 0; i < 200 && !isClosed(life.state!); i++) {
    const { workflowTask: task, wakeAt } = life.state!;
    const [owed] = transfersOf(life.state!);
    if (owed) {
      life.transition((transition) => apply(transition, reportFor(owed)));
    } else if (task && task.startedEventId === 0 && task.notBefore === 0) {
      life.transition((transition) => completeAll(transition));
    } else if (wakeAt > 0) {
      life.now = Math.max(life.now, wakeAt);
      life.transition((transition) => apply(transition, { kind: 'wakeUp' }));
    } else {
      expect(followUpsOf(life.state!).every((each) => each.kind === 'dispatchActivity')).toBe(true);
      life.transition((t) => apply(t, { kind: 'signalWorkflow', signalName: 'finish' }));
    }
  }
  expect(isClosed(life.state!)).toBe(true);
}

/** All goes well with work between workflows. */
function reportFor({ kind, initiatedEventId }: Transfer): EngineCommand {
  if (kind === 'startChild') {
    return { kind: 'recordChildStarted', initiatedEventId, childRunId: 'child run' };
  }
  if (kind === 'reportStart') return { kind: 'beginChild' };
  if (kind === 'signalExternal' || kind === 'cancelExternal') {
    return { kind: 'recordExternalOutcome', initiatedEventId };
  }
  return { kind: 'acknowledgeTransfer', transfer: kind };
}

/** A closed run pays its debts, and then owes nothing and never wakes again. */
function settleDebts(life: Life): void {
  for (const owed of transfersOf(life.state!)) {
    life.transition((transition) => apply(transition, reportFor(owed)));
  }
  expect(transfersOf(life.state!)).toEqual([]);
  expect(life.state!.wakeAt).toBe(0);
}

function completeAll(transition: Transition): void {
  const { scheduledEventId, attempt } = transition.state!.workflowTask!;
  const worker = { attempt, fence: 2, session: 'last', identity: 'last worker' };
  apply(transition, { kind: 'startWorkflowTask', scheduledEventId, ...worker });
  apply(transition, {
    kind: 'completeWorkflowTask',
    startedEventId: transition.state!.workflowTask!.startedEventId,
    commands: [{ commandType: 'CompleteWorkflowExecution' }],
    ...worker,
  });
}

test(
  'invariants hold along any life of a run, and every life can be finished',
  { timeout: 60_000 },
  () => {
    fc.assert(
      fc.property(
        startOptions,
        cronSchedule,
        fc.array(step, { maxLength: 40, size: 'max' }),
        ({ startDelayMs, ...options }, cron, steps) => {
          const life = new Life();
          const begins = cron ? { cronSchedule: cron } : { startDelayMs };
          life.transition((transition) => {
            apply(transition, { ...startCommand, ...options, ...begins });
          });
          for (const each of steps) life.live(each);
          finish(life);
          settleDebts(life);
        },
      ),
      { numRuns: 300 },
    );
  },
);

test('no command but a start does anything without a run', () => {
  const life = new Life();
  life.transition((t) => apply(t, startCommand));
  const { state } = life;
  fc.assert(
    fc.property(step, ({ intents }) => {
      const transition = openTransition(undefined, { now: START_TIME });
      for (const intended of intents) {
        const command = commandFor(intended, state!, START_TIME);
        if (command.kind === 'startWorkflow') continue;
        expect(transition.apply(command)).toMatchObject({ kind: 'rejected', reason: 'notFound' });
        expect(transition.state).toBeUndefined();
      }
    }),
  );
});

const startCommand: EngineCommand = {
  kind: 'startWorkflow',
  workflowId: 'workflow',
  runId: 'run',
  workflowType: 'type',
  taskQueue: 'queue',
  requestId: 'request',
};
