/**
 * Random workflow programs against a random server, as workers and histories see them: whatever
 * happens in whatever order, a run that is thrown away between tasks and made again from its history
 * asks for the same as one that never was.
 */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { DecodedFailure } from '@perdure/common';
import {
  type LoadedDataConverter,
  createKeyRing,
  loadDataConverter,
} from '@perdure/data-converter';
import type { Sandbox } from '../src/sandbox/interface.ts';
import type { LocalActivityResolution } from '../src/workflow/markers.ts';
import { HistoryServer, takeOut } from './history-server.ts';
import { PlayedRun, type RunLocally } from './played-run.ts';
import { payloads, sandboxOf } from './sandbox-driver.ts';
import type { Program, Statement } from './sandbox-workflows/programs.ts';

let sandbox: Sandbox;
let converter: LoadedDataConverter;
beforeAll(async () => {
  sandbox = await sandboxOf('programs');
  const keyRing = createKeyRing('k1', [{ id: 'k1', key: new Uint8Array(32).fill(7) }]);
  converter = await loadDataConverter({ keyRing, plaintext: 'refuse' });
});

const cancellations = [
  'ABANDON',
  'TRY_CANCEL',
  'WAIT_CANCELLATION_REQUESTED',
  'WAIT_CANCELLATION_COMPLETED',
] as const;

const { program } = fc.letrec<{ program: Program; statement: Statement }>((tie) => {
  const body = tie('program');
  const branches = fc.array(body, { minLength: 1, maxLength: 3 });
  const timeoutMs = fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined });
  const value = fc.nat(9);
  const one = <T extends Statement>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
    fc.record(shape) as unknown as fc.Arbitrary<Statement>;
  return {
    program: fc.array(tie('statement'), { maxLength: 4, depthIdentifier: 'program' }),
    statement: fc.oneof(
      { depthSize: 'small', depthIdentifier: 'program' },
      one({ do: fc.constant('activity' as const), value }),
      one({ do: fc.constant('local' as const), value }),
      one({
        do: fc.constant('child' as const),
        value,
        cancellation: fc.constantFrom(...cancellations),
      }),
      one({ do: fc.constant('tellOther' as const), value }),
      one({ do: fc.constant('cancelOther' as const) }),
      one({
        do: fc.constant('patch' as const),
        id: fc.constantFrom('one', 'two'),
        deprecated: fc.boolean(),
      }),
      one({ do: fc.constant('note' as const), value }),
      one({ do: fc.constant('sleep' as const), ms: fc.integer({ min: -1, max: 100 }) }),
      one({ do: fc.constant('random' as const) }),
      one({ do: fc.constant('awaitSignals' as const), count: fc.nat(3), timeoutMs }),
      one({ do: fc.constant('parallel' as const), branches }),
      one({ do: fc.constant('race' as const), branches }),
      one({ do: fc.constant('scope' as const), body, timeoutMs }),
      one({ do: fc.constant('shield' as const), body }),
      one({ do: fc.constant('cancelAfter' as const), body, hops: fc.nat(5) }),
    ),
  };
});

const choices = fc.array(fc.nat(), { minLength: 8, maxLength: 40 });

const failureOf = (message: string): DecodedFailure => ({
  message,
  info: { kind: 'application', type: 'No', nonRetryable: true },
});

/** What the server lets happen, by numbers. */
class Chance {
  readonly #server: HistoryServer;
  #updates = 0;

  constructor(server: HistoryServer) {
    this.#server = server;
  }

  async happen(choice: number): Promise<void> {
    const pick = Math.floor(choice / 12);
    const all = [
      () => this.#timer(pick),
      () => this.#activity(pick),
      () => this.#child(pick),
      () => this.#reply(pick),
      () => this.#signal(pick),
      () => this.#update(pick),
      () => this.#cancel(pick),
    ];
    // What is possible comes soon: the first of them, from the drawn one on.
    for (let i = 0; i < all.length; i++) {
      if (await all[(choice + i) % all.length]!()) return;
    }
  }

  #timer(pick: number): boolean {
    const { timers } = this.#server;
    if (timers.length === 0) return false;
    const { id, eventId } = takeOut(timers, timers[pick % timers.length]!);
    this.#server.add('TimerFired', { timerId: id, startedEventId: eventId });
    return true;
  }

  async #activity(pick: number): Promise<boolean> {
    const { activities } = this.#server;
    if (activities.length === 0) return false;
    const { eventId } = takeOut(activities, activities[pick % activities.length]!);
    const startedEventId = this.#server.add('ActivityTaskStarted', {
      scheduledEventId: eventId,
      attempt: 1,
    });
    const ids = { scheduledEventId: eventId, startedEventId };
    if (pick % 5 === 0) {
      const failure = await converter.sealFailure(place, failureOf('activity'));
      const retryState = 'NON_RETRYABLE_FAILURE';
      this.#server.add('ActivityTaskFailed', { ...ids, failure, retryState });
    } else {
      const result = await blob('activity-result', pick);
      this.#server.add('ActivityTaskCompleted', { ...ids, result });
    }
    return true;
  }

  async #child(pick: number): Promise<boolean> {
    const { children } = this.#server;
    if (children.length === 0) return false;
    const child = children[pick % children.length]!;
    const { eventId: initiatedEventId, id: workflowId, type: workflowType } = child;
    if (!child.started && pick % 4 === 0) {
      takeOut(children, child);
      this.#server.add('StartChildWorkflowExecutionFailed', {
        workflowId,
        workflowType,
        cause: 'WORKFLOW_ALREADY_EXISTS',
        initiatedEventId,
        workflowTaskCompletedEventId: initiatedEventId - 1,
      });
      return true;
    }
    const workflowExecution = { workflowId, runId: this.#server.runId };
    const about = { workflowExecution, workflowType, initiatedEventId };
    if (!child.started) {
      child.started = true;
      this.#server.add('ChildWorkflowExecutionStarted', about);
      return true;
    }
    takeOut(children, child);
    const closed = { ...about, startedEventId: initiatedEventId + 1 };
    if (pick % 3 === 0) this.#server.add('ChildWorkflowExecutionCanceled', closed);
    else if (pick % 3 === 1) {
      const context = { namespace: 'default', workflowId, purpose: 'workflow-result' } as const;
      const result = await converter.toBlob(context, payloads(pick));
      this.#server.add('ChildWorkflowExecutionCompleted', { ...closed, result });
    } else {
      const failure = await converter.sealFailure(place, failureOf('child'));
      const retryState = 'RETRY_POLICY_NOT_SET';
      this.#server.add('ChildWorkflowExecutionFailed', { ...closed, failure, retryState });
    }
    return true;
  }

  #reply(pick: number): boolean {
    const { signals, cancels } = this.#server;
    const list = signals.length > 0 && (pick % 2 || cancels.length === 0) ? signals : cancels;
    if (list.length === 0) return false;
    const { eventId, id } = takeOut(list, list[pick % list.length]!);
    const about = { initiatedEventId: eventId, workflowExecution: { workflowId: id } };
    const failed = {
      ...about,
      cause: 'EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND',
      workflowTaskCompletedEventId: eventId - 1,
    } as const;
    if (list === signals) {
      if (pick % 3) this.#server.add('ExternalWorkflowExecutionSignaled', about);
      else this.#server.add('SignalExternalWorkflowExecutionFailed', failed);
    } else if (pick % 3) this.#server.add('ExternalWorkflowExecutionCancelRequested', about);
    else this.#server.add('RequestCancelExternalWorkflowExecutionFailed', failed);
    return true;
  }

  async #signal(pick: number): Promise<boolean> {
    const input = await blob('signal', pick % 10);
    this.#server.add('WorkflowExecutionSignaled', { signalName: 'tell', input });
    return true;
  }

  async #update(pick: number): Promise<boolean> {
    this.#server.updates.push({
      updateId: `u${++this.#updates}`,
      updateName: pick % 11 ? 'change' : 'unknown',
      input: await blob('update-input', pick % 10),
    });
    return true;
  }

  #cancel(pick: number): boolean {
    if (pick % 3) return false;
    this.#server.add('WorkflowExecutionCancelRequested', {});
    return true;
  }
}

const place = { namespace: 'default', workflowId: 'workflow' };
const blob = async (purpose: 'activity-result' | 'signal' | 'update-input', value: unknown) =>
  converter.toBlob({ ...place, purpose }, payloads(value));

/** A worker that runs local activities as numbers say. */
function localWorker(numbers: readonly number[]): RunLocally {
  return (scheduled, cancelled) => {
    const { seq, activityType, attempt } = scheduled[numbers[0]! % scheduled.length]!;
    const number = numbers[seq % numbers.length]!;
    const about = { seq, activityType, attempt, completeTimeMs: 1_700_000_000_000 + number };
    const outcome = (): LocalActivityResolution['outcome'] => {
      if (cancelled.has(seq)) return { kind: 'canceled', failure: failureOf('cancelled') };
      if (number % 4 === 0) return { kind: 'failed', failure: failureOf('local') };
      if (number % 4 === 1 && attempt < 3) {
        const next = { attempt: attempt + 1, backoffMs: 90_000 };
        return { kind: 'backoff', ...next, originalScheduleTimeMs: 1_700_000_000_000 };
      }
      return { kind: 'completed', result: payloads(number) };
    };
    return { ...about, outcome: outcome() };
  };
}

it('a run asks for the same, whether it is kept or made again from its history', async () => {
  await fc.assert(
    fc.asyncProperty(program, choices, async (source, numbers) => {
      const context = { ...place, purpose: 'workflow-input' } as const;
      const input = await converter.toBlob(context, payloads(source));
      const server = new HistoryServer('run', input);
      const [kept, made] = [0, 1].map(() => new PlayedRun(sandbox, converter, server));
      const chance = new Chance(server);
      const runLocally = localWorker(numbers);
      for (let at = 0; at < numbers.length && !server.closed;) {
        server.startTask();
        const number = numbers[at]!;
        if (number % 2) made!.evict();
        const commands = await kept!.task(runLocally);
        expect(await made!.task(runLocally)).toEqual(commands);
        server.completeTask(await kept!.wire(commands));
        for (let many = 1 + (number % 3); many > 0; many--, at++) {
          if (!server.closed) await chance.happen(numbers[at % numbers.length]!);
        }
      }
      await made!.replayAll();
    }),
    { numRuns: 250 },
  );
});
