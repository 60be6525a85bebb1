/** `Worker.runReplayHistory` and `runReplayHistories`, as users call them. */
import { DeterminismViolationError } from '@perdure/workflow';
import { type LoadedDataConverter, loadDataConverter } from '@perdure/data-converter';
import { type HistoryEvent, toTemporalJson } from '@perdure/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { type HistoryJson, type ReplayResult, ReplayError, Worker } from '../src/index.ts';
import type { Sandbox } from '../src/sandbox/interface.ts';
import { HistoryServer } from './history-server.ts';
import { PlayedRun } from './played-run.ts';
import { sandboxOf, workflowsPath } from './sandbox-driver.ts';

let sandbox: Sandbox;
let converter: LoadedDataConverter;
beforeAll(async () => {
  [sandbox, converter] = await Promise.all([sandboxOf('changed'), loadDataConverter()]);
});

const options = {
  workflowsPath: workflowsPath('changed'),
  namespace: 'default',
  keyRing: null,
  replayName: 'ignored',
};

/** The first task of a workflow, recorded as if another had done it. */
async function historyOf(workflowType: string, nowOf = workflowType): Promise<HistoryEvent[]> {
  const server = new HistoryServer(workflowType);
  server.startTask();
  const run = new PlayedRun(sandbox, converter, server);
  server.completeTask(await run.wire(await run.task(() => expect.unreachable())));
  const now = new HistoryServer(nowOf);
  return [...now.events, ...server.events.slice(1)];
}

describe('one history', () => {
  it('that the code still leads to', async () => {
    const events = await historyOf('original');
    await expect(Worker.runReplayHistory(options, { events })).resolves.toBeUndefined();
  });

  it('that the code leads away from', async () => {
    const events = await historyOf('original', 'otherActivity');
    const replaying = Worker.runReplayHistory(options, { events }, 'workflow');
    await expect(replaying).rejects.toThrow(DeterminismViolationError);
    await expect(replaying).rejects.toThrow(/activity 1 \(bar\) at \S*changed\.ts:\d+/);
  });

  it('that the code fails on', async () => {
    const events = await historyOf('original', 'unheardOf');
    const replaying = Worker.runReplayHistory(options, { events });
    await expect(replaying).rejects.toThrow(ReplayError);
    await expect(replaying).rejects.toThrow(
      "cannot be replayed: Failed to initialize workflow of type 'unheardOf'",
    );
  });

  it('that stands in Temporal’s JSON', async () => {
    const jsonOf = async (...of: Parameters<typeof historyOf>): Promise<HistoryJson> =>
      JSON.parse(JSON.stringify(toTemporalJson({ events: await historyOf(...of) })));
    await expect(
      Worker.runReplayHistory(options, await jsonOf('original')),
    ).resolves.toBeUndefined();
    const replaying = Worker.runReplayHistory(options, await jsonOf('original', 'otherActivity'));
    await expect(replaying).rejects.toThrow(DeterminismViolationError);
    const odd = { events: [{ eventId: '1', eventTime: '2026-01-31T12:00:00Z', eventType: 'X' }] };
    await expect(Worker.runReplayHistory(options, odd)).rejects.toThrow('no event type X');
  });

  it('that is none', async () => {
    await expect(Worker.runReplayHistory(options, { events: [] })).rejects.toThrow(
      'a history must begin with WorkflowExecutionStarted; got no events',
    );
  });
});

it('many histories, each with what came of it', async () => {
  async function* histories() {
    yield { workflowId: 'one', history: { events: await historyOf('original') } };
    yield { workflowId: 'two', history: { events: await historyOf('original', 'timerFirst') } };
    yield { history: { events: await historyOf('withPatch') } };
  }
  const results: ReplayResult[] = [];
  for await (const each of Worker.runReplayHistories(options, histories())) results.push(each);
  expect(results.map(({ workflowId, error }) => [workflowId, error?.name])).toEqual([
    ['one', undefined],
    ['two', 'DeterminismViolationError'],
    ['workflow', undefined],
  ]);
});
