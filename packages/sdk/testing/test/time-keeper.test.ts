import { type EngineCommand, type ExecutionState, decide, encodeState } from '@perdure/engine';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TimeKeeper } from '../src/time-skipping/time-keeper.ts';
import { VirtualClock } from '../src/time-skipping/virtual-clock.ts';

const DAY = 86_400_000;
const runId = '0190163d-8694-739b-aea5-966c26f8ad91';
const rootRunId = '0190163d-8694-739b-aea5-966c26f8ad92';
const worker = { session: 'a', identity: 'a' };

let clock: VirtualClock;
let keeper: TimeKeeper;
/** The time when the test began. */
let from: number;

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance', 'Date'],
  });
  clock = new VirtualClock();
  keeper = new TimeKeeper(clock);
  from = clock.now();
});
afterEach(() => {
  keeper.close();
  clock.close();
  vi.useRealTimers();
});

/** A run of a workflow named `w` with a run timeout of a day, child of `root`. */
function newRun(): (command: EngineCommand) => ExecutionState {
  let state: ExecutionState | undefined;
  const apply = (command: EngineCommand): ExecutionState => {
    const { outcome, decision } = decide(state, command, { now: clock.now() });
    if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
    state = decision!.state;
    keeper.written({
      namespaceId: 1,
      workflowId: 'w',
      runId,
      version: 1,
      state: encodeState(state),
    });
    return state;
  };
  apply({
    kind: 'startWorkflow',
    workflowId: 'w',
    runId,
    workflowType: 'W',
    taskQueue: 'q',
    requestId: 'r',
    workflowRunTimeoutMs: DAY,
    parent: { workflowId: 'root', runId: rootRunId, initiatedEventId: 5 },
    root: { workflowId: 'root', runId: rootRunId },
  });
  return apply;
}

/** Its workflow task fails that often; the next attempt is held back. */
function failTask(apply: (command: EngineCommand) => ExecutionState, times: number): void {
  for (let failures = 0; failures < times; failures++) {
    const { scheduledEventId, attempt } = apply({ kind: 'wakeUp' }).workflowTask!;
    const task = apply({
      kind: 'startWorkflowTask',
      scheduledEventId,
      attempt,
      fence: 1,
      ...worker,
    }).workflowTask!;
    const { startedEventId, fence } = task;
    const cause = 'WORKFLOW_WORKER_UNHANDLED_FAILURE';
    const started = { startedEventId, attempt, fence };
    apply({ kind: 'failWorkflowTask', ...started, identity: 'a', cause });
  }
}

const never = new Promise<never>(() => {});

describe('a workflow task that failed and is held back', () => {
  test.each(['w', 'root'])('stops time as long as the result of %s is waited for', async (id) => {
    const apply = newRun();
    void keeper.whileAwaited(id, never);
    failTask(apply, 2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(clock.now() - from).toBe(60_000);
  });

  test('holds up others for a few attempts, and no longer', async () => {
    const apply = newRun();
    void keeper.whileAwaited('another', never);
    failTask(apply, 2);
    await vi.advanceTimersByTimeAsync(3_900);
    expect(clock.now() - from).toBe(3_900);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(clock.now() - from).toBeGreaterThanOrEqual(DAY);
  });

  test('delays a sleep that has ended until then', async () => {
    const apply = newRun();
    const slept = vi.fn<() => void>();
    failTask(apply, 2);
    void keeper.sleep(100, undefined).then(slept);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(slept).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(slept).toHaveBeenCalledOnce();
    expect(clock.now() - from).toBe(5_000);
  });

  test('that succeeds lets time go on at once', async () => {
    const apply = newRun();
    void keeper.whileAwaited('w', never);
    failTask(apply, 2);
    await vi.advanceTimersByTimeAsync(1_000);
    const { scheduledEventId, attempt } = apply({ kind: 'wakeUp' }).workflowTask!;
    const held = { scheduledEventId, attempt, fence: 1, ...worker };
    const { startedEventId, fence } = apply({ kind: 'startWorkflowTask', ...held }).workflowTask!;
    const started = { startedEventId, attempt, fence };
    apply({ kind: 'completeWorkflowTask', ...started, ...worker, commands: [] });
    await vi.advanceTimersByTimeAsync(10);
    expect(clock.now() - from).toBeGreaterThanOrEqual(DAY);
  });
});
