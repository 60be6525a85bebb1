/**
 * Random workflow programs against a random server: whatever happens in whatever order, the recorded
 * activations give the same commands again in a fresh instance, and the commands make sense.
 */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { ApplicationFailure, CancelledFailure } from '@perdure/common';
import type { ActivationJob } from '@perdure/workflow/runtime';
import {
  DrivenRun,
  type SeenCommand,
  commandsOf,
  job,
  replay,
  sandboxOf,
} from './sandbox-driver.ts';
import type { Program, Statement } from './sandbox-workflows/programs.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxOf('programs');
});

const { program } = fc.letrec<{ program: Program; statement: Statement }>((tie) => {
  const body = tie('program');
  const branches = fc.array(body, { minLength: 1, maxLength: 3 });
  const timeoutMs = fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined });
  return {
    program: fc.array(tie('statement'), { maxLength: 4, depthIdentifier: 'program' }),
    statement: fc.oneof(
      { depthSize: 'small', depthIdentifier: 'program' },
      fc.record({ do: fc.constant('activity' as const), value: fc.nat(9) }),
      fc.record({ do: fc.constant('sleep' as const), ms: fc.integer({ min: -1, max: 100 }) }),
      fc.record({ do: fc.constant('random' as const) }),
      fc.record({ do: fc.constant('awaitSignals' as const), count: fc.nat(3), timeoutMs }),
      fc.record({ do: fc.constant('parallel' as const), branches }),
      fc.record({ do: fc.constant('race' as const), branches }),
      fc.record({ do: fc.constant('scope' as const), body, timeoutMs }),
      fc.record({ do: fc.constant('shield' as const), body }),
      fc.record({ do: fc.constant('cancelAfter' as const), body, hops: fc.nat(5) }),
    ),
  };
});

/** Each number decides what one step of the server does. */
const choices = fc.array(fc.nat(), { minLength: 5, maxLength: 40 });

/** What the server would know: which timers and activities are open. */
class OpenWork {
  readonly timers: string[] = [];
  readonly activities: string[] = [];
  closed = false;

  /** Follows commands, refusing those that no server would take. */
  take(commands: readonly SeenCommand[]): void {
    for (const [index, command] of commands.entries()) {
      const id = (command['timerId'] ?? command['activityId']) as string;
      switch (command.kind) {
        case 'startTimer':
          demand(Number(command['startToFireTimeoutMs']) > 0, 'a timer of no time', command);
          this.timers.push(id);
          break;
        case 'cancelTimer':
          demand(this.timers.includes(id), 'no such timer', command);
          this.timers.splice(this.timers.indexOf(id), 1);
          break;
        case 'scheduleActivity':
          this.activities.push(id);
          break;
        case 'requestCancelActivity':
          demand(this.activities.includes(id), 'no such activity', command);
          break;
        default:
          demand(index === commands.length - 1, 'not the last', command);
          this.closed = true;
      }
    }
  }

  /** Something that may happen now. */
  next(choice: number): ActivationJob {
    const kind = choice % 10;
    const pick = Math.floor(choice / 10);
    if (kind < 4 && this.timers.length > 0) return job.timer(takeOne(this.timers, pick));
    if (kind < 8 && this.activities.length > 0) {
      const id = takeOne(this.activities, pick);
      if (pick % 5 === 0) return job.failed(id, ApplicationFailure.nonRetryable('no', 'No'));
      if (pick % 7 === 0) return job.cancelled(id, new CancelledFailure(''));
      return job.done(id, pick);
    }
    return kind === 9 && pick % 4 === 0 ? job.cancel() : job.signal('tell', pick % 10);
  }
}

function demand(holds: boolean, problem: string, command: SeenCommand): void {
  if (!holds) throw new Error(`${problem}: ${JSON.stringify(command)}`);
}

function takeOne(list: string[], pick: number): string {
  return list.splice(pick % list.length, 1)[0] as string;
}

async function play(source: Program, steps: readonly number[]): Promise<DrivenRun> {
  const driven = new DrivenRun(sandbox, 'run', [source]);
  const open = new OpenWork();
  open.take(await driven.start(...(steps[0]! % 3 ? [] : [job.signal('tell', 1)])));
  for (let at = 1; at < steps.length && !open.closed;) {
    const together = 1 + (steps[at]! % 3);
    const jobs = steps.slice(at, at + together).map((choice) => open.next(choice));
    at += together;
    open.take(await driven.apply(...signalsFirst(jobs)));
  }
  return driven;
}

/** As the worker orders the jobs of one task (semantics §2). */
function signalsFirst(jobs: readonly ActivationJob[]): ActivationJob[] {
  const isSignal = ({ kind }: ActivationJob): boolean => kind === 'signalWorkflow';
  return [...jobs.filter(isSignal), ...jobs.filter((each) => !isSignal(each))];
}

it('a recorded run comes out the same in a fresh instance', async () => {
  await fc.assert(
    fc.asyncProperty(program, choices, async (source, steps) => {
      const driven = await play(source, steps);
      const again = await replay(sandbox, driven);
      expect(again.map(commandsOf)).toEqual(driven.answers.map(commandsOf));
      driven.dispose();
    }),
    { numRuns: 300 },
  );
});

it('a recorded run comes out the same while other runs are at work between its tasks', async () => {
  await fc.assert(
    fc.asyncProperty(program, program, choices, async (source, other, steps) => {
      const driven = await play(source, steps);
      const busy = new DrivenRun(sandbox, 'run', [other], { runId: 'busy' });
      await busy.start();
      const run = sandbox.createRun(driven.runId);
      for (const [index, activation] of driven.activations.entries()) {
        const answer = await run.activate(activation);
        expect(commandsOf(answer)).toEqual(commandsOf(driven.answers[index]!));
        await busy.answer(job.signal('tell', index));
      }
    }),
    { numRuns: 60 },
  );
});
