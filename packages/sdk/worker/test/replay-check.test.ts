/** Histories against code: of the same version, and of another. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type LoadedDataConverter, loadDataConverter } from '@perdure/data-converter';
import type { Sandbox } from '../src/sandbox/interface.ts';
import { NondeterminismError } from '../src/workflow/replay-check.ts';
import { HistoryServer } from './history-server.ts';
import { PlayedRun, type RunLocally } from './played-run.ts';
import { payloads, sandboxOf, workflowsPath } from './sandbox-driver.ts';

let sandbox: Sandbox;
let converter: LoadedDataConverter;
beforeAll(async () => {
  [sandbox, converter] = await Promise.all([sandboxOf('changed'), loadDataConverter()]);
});

const place = { namespace: 'default', workflowId: 'workflow' };
const runLocally: RunLocally = ([first]) => ({
  seq: first!.seq,
  activityType: first!.activityType,
  attempt: first!.attempt,
  completeTimeMs: 1_700_000_000_000,
  outcome: { kind: 'completed', result: payloads(`near ${first!.seq}`) },
});

/** A run that lives until nothing happens any more that needs no help. */
class Life {
  readonly server: HistoryServer;
  readonly run: PlayedRun;

  constructor(workflowType: string) {
    this.server = new HistoryServer(workflowType);
    this.run = new PlayedRun(sandbox, converter, this.server);
  }

  async task(): Promise<this> {
    this.server.startTask();
    const commands = await this.run.task(runLocally);
    this.server.completeTask(await this.run.wire(commands));
    return this;
  }

  async toTheEnd(): Promise<this> {
    await this.task();
    while (!this.server.closed) {
      await this.#help();
      await this.task();
    }
    return this;
  }

  async #help(): Promise<void> {
    const { server } = this;
    const activity = server.activities.shift();
    if (activity) {
      const ids = { scheduledEventId: activity.eventId };
      const startedEventId = server.add('ActivityTaskStarted', { ...ids, attempt: 1 });
      server.add('ActivityTaskCompleted', { ...ids, startedEventId });
      return;
    }
    const timer = server.timers.shift();
    if (timer) {
      server.add('TimerFired', { timerId: timer.id, startedEventId: timer.eventId });
      return;
    }
    const child = server.children[0];
    if (!child) throw new Error('nothing can happen');
    const workflowExecution = { workflowId: child.id, runId: server.runId };
    const about = {
      workflowExecution,
      workflowType: child.type,
      initiatedEventId: child.eventId,
    };
    if (!child.started) {
      child.started = true;
      server.add('ChildWorkflowExecutionStarted', about);
      return;
    }
    server.children.shift();
    const context = { ...place, workflowId: child.id, purpose: 'workflow-result' } as const;
    const result = await converter.toBlob(context, payloads('from the child'));
    const closed = { ...about, startedEventId: child.eventId + 1 };
    server.add('ChildWorkflowExecutionCompleted', { ...closed, result });
  }

  /** Replays with the code of another workflow function, as if this one's had become that. */
  async replayAs(workflowType: string, tracing = false): Promise<void> {
    const other = new HistoryServer(workflowType);
    other.events.push(...this.server.events.slice(1));
    await new PlayedRun(sandbox, converter, other).replayAll(tracing);
  }

  get types(): string[] {
    return this.server.events.map(({ eventType }) => eventType);
  }
}

const live = (workflowType: string): Promise<Life> => new Life(workflowType).toTheEnd();

const task = ['WorkflowTaskScheduled', 'WorkflowTaskStarted', 'WorkflowTaskCompleted'];

describe('a history', () => {
  it('of a child (30)', async () => {
    const { types, server } = await live('children');
    expect(types).toEqual([
      'WorkflowExecutionStarted',
      ...task,
      'StartChildWorkflowExecutionInitiated',
      'ChildWorkflowExecutionStarted',
      ...task,
      'ChildWorkflowExecutionCompleted',
      ...task,
      'WorkflowExecutionCompleted',
    ]);
    expect(await resultOf(server)).toBe('from the child');
  });

  it('of local activities (60)', async () => {
    const { types, server } = await live('nearby');
    expect(types).toEqual([
      'WorkflowExecutionStarted',
      ...task,
      'MarkerRecorded',
      'TimerStarted',
      'TimerFired',
      ...task,
      'MarkerRecorded',
      'WorkflowExecutionCompleted',
    ]);
    expect(await resultOf(server)).toBe('near 1 near 2');
  });

  it('of a patch (64)', async () => {
    const { types } = await live('withPatch');
    expect(types.slice(4, 7)).toEqual([
      'MarkerRecorded',
      'UpsertWorkflowSearchAttributes',
      'ActivityTaskScheduled',
    ]);
  });

  it('of updates, refused ones leaving nothing (41, 42)', async () => {
    const life = await new Life('updated').task();
    const input = (n: number) =>
      converter.toBlob({ ...place, purpose: 'update-input' }, payloads(n));
    for (const [updateId, n] of [
      ['u1', 1],
      ['u2', -1],
      ['u3', 2],
    ] as const) {
      life.server.updates.push({ updateId, updateName: 'add', input: await input(n) });
    }
    await life.task();
    expect(life.types.slice(4)).toEqual([
      ...task,
      'WorkflowExecutionUpdateAccepted',
      'WorkflowExecutionUpdateAccepted',
      'WorkflowExecutionUpdateCompleted',
      'WorkflowExecutionUpdateCompleted',
      'WorkflowExecutionCompleted',
    ]);
    await life.run.replayAll();
  });

  it.each(['original', 'children', 'nearby', 'withPatch', 'withDeprecatedPatch'])(
    'of %s is replayed by the same code',
    async (workflowType) => {
      const life = await live(workflowType);
      await expect(life.replayAs(workflowType)).resolves.toBeUndefined();
    },
  );

  async function resultOf({ events }: HistoryServer): Promise<unknown> {
    const last = events.at(-1)!;
    if (last.eventType !== 'WorkflowExecutionCompleted') throw new Error(last.eventType);
    return converter.decodeValue({ ...place, purpose: 'workflow-result' }, last.attributes.result);
  }
});

describe('changed code (51)', () => {
  it.each([
    [
      'otherActivity',
      'event 5 (ActivityTaskScheduled) records activity 1 (foo), but the code asked for activity 1 (bar)',
    ],
    [
      'timerFirst',
      'event 5 (ActivityTaskScheduled) records activity 1 (foo), but the code asked for timer 1',
    ],
    [
      'oneMore',
      'the history records nothing more for this task, but the code asked for activity 2 (foo)',
    ],
    [
      'oneLess',
      'event 11 (TimerStarted) records timer 1, but the code asked for completion of the workflow',
    ],
  ])('is found out: %s', async (changed, what) => {
    const life = await live('original');
    const replaying = life.replayAs(changed);
    await expect(replaying).rejects.toThrow(NondeterminismError);
    await expect(replaying).rejects.toThrow(`[TMPRL1100] Nondeterminism error: ${what}. The`);
  });

  it('is found out by line, when the replay traces calls', async () => {
    const life = await live('original');
    const source = readFileSync(workflowsPath('changed'), 'utf8').split('\n');
    const line = 1 + source.findIndex((text) => text.includes('await bar()'));
    await expect(life.replayAs('otherActivity', true)).rejects.toThrow(
      `sandbox-workflows/changed.ts:${line}:9. The workflow code has changed`,
    );
  });

  it('of a child’s type is found out', async () => {
    const life = await live('children');
    await expect(life.replayAs('otherChild')).rejects.toThrow(
      'records child workflow kid (kid), but the code asked for child workflow kid (other)',
    );
  });

  it('without a local activity is found out', async () => {
    const life = await live('nearby');
    await expect(life.replayAs('nearbyGone')).rejects.toThrow(
      'the history records local activity 1 (near), but the code asked for no such local activity',
    );
  });

  it('that fails is no such thing', async () => {
    const life = await live('original');
    await expect(life.replayAs('failsInstead')).rejects.toThrow('broken');
    await expect(life.replayAs('failsInstead')).rejects.not.toThrow(NondeterminismError);
  });
});

describe('a patch lives through (64)', () => {
  it.each([
    ['withoutPatch', 'withPatch'],
    ['withPatch', 'withPatch'],
    ['withPatch', 'withDeprecatedPatch'],
    ['withDeprecatedPatch', 'withPatch'],
    ['withDeprecatedPatch', 'afterPatch'],
    ['afterPatch', 'withDeprecatedPatch'],
  ])('a history of %s with the code of %s', async (before, after) => {
    const life = await live(before);
    await expect(life.replayAs(after)).resolves.toBeUndefined();
  });

  it('but not its removal while it is not deprecated', async () => {
    const life = await live('withPatch');
    await expect(life.replayAs('afterPatch')).rejects.toThrow(
      'event 5 (MarkerRecorded) records patch "mine", but the code asked for activity 1 (foo)',
    );
  });
});

it('an update that a reset carried over is asked anew, once (57)', async () => {
  const life = await new Life('updated').task();
  const input = await converter.toBlob({ ...place, purpose: 'update-input' }, payloads(7));
  const request = { updateId: 'u1', updateName: 'add', input };
  life.server.add('WorkflowExecutionUpdateAdmitted', { request, origin: 'REAPPLY' });
  life.server.admit(request);
  await life.task();
  expect(life.types.slice(-3)).toEqual([
    'WorkflowExecutionUpdateAccepted',
    'WorkflowExecutionUpdateCompleted',
    'WorkflowExecutionCompleted',
  ]);
  await life.run.replayAll();
});
