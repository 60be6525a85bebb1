import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  type ChildWorkflowOptions,
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@perdure/workflow';
import { chainOf } from '../chain.ts';

const told = defineSignal<[string]>('told');
const go = defineSignal('go');

/** Returns what it is given. */
export async function echo(value: unknown): Promise<unknown> {
  return value;
}

/** Fails as planned. */
export async function fails(): Promise<never> {
  throw ApplicationFailure.create({ message: 'as planned', type: 'Planned', nonRetryable: true });
}

/** Waits until told. */
export async function listens(): Promise<string> {
  let heard: string | undefined;
  setHandler(told, (text) => void (heard = text));
  await condition(() => heard !== undefined);
  return heard!;
}

/** Sleeps for a day. */
export async function sleeps(): Promise<void> {
  await sleep('1 day');
}

/** Goes on in new runs until nothing is left. */
export async function countsDown(left: number): Promise<string> {
  if (left > 0) await continueAsNew<typeof countsDown>(left - 1);
  return 'done';
}

/** 30, 31, 34: a child, and what comes of it. */
export async function parent(
  type: string,
  args: unknown[] = [],
  options: ChildWorkflowOptions = {},
): Promise<unknown> {
  return executeChild(type, { args, ...options });
}

/** 33: closes while a child is open. */
export async function leaves(type: string, options: ChildWorkflowOptions): Promise<string> {
  const child = await startChild(type, { args: [], ...options });
  return child.workflowId;
}

/** 35: signals a child by its handle, and then when it has closed. */
export async function signalsChild(): Promise<unknown> {
  const child = await startChild('listens', { args: [] });
  await child.signal(told, 'hello');
  return [await child.result(), await child.signal(told, 'again').catch(chainOf)];
}

/** 35: signals another workflow. */
export async function signalsOther(workflowId: string): Promise<string> {
  await getExternalWorkflowHandle(workflowId).signal(told, 'hello');
  return 'told';
}

/** 35: cancels another workflow. */
export async function cancelsOther(workflowId: string): Promise<string> {
  await getExternalWorkflowHandle(workflowId).cancel();
  return 'cancelled';
}

/** Tells whether it was cancelled. */
export async function tellsCancellation(): Promise<string> {
  try {
    await sleep('1 day');
    return 'slept';
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return 'was cancelled';
  }
}

/** Fails until its last attempt. */
export async function failsTwice(): Promise<string> {
  const { attempt } = workflowInfo();
  if (attempt < 3) throw ApplicationFailure.create({ message: `at ${attempt}`, type: 'Planned' });
  return `done at ${attempt}`;
}

/** Takes an hour to stop, and then does as it is told. */
export async function cancelsInAnHour(how: 'returns' | 'rethrows'): Promise<string> {
  try {
    await sleep('30 days');
    return 'slept';
  } catch (error) {
    await CancellationScope.nonCancellable(() => sleep('1 hour'));
    if (how === 'rethrows') throw error;
    return 'stopped by itself';
  }
}

/** 29: asks a child to stop when a signal comes. */
export async function cancelsChild(how: string, options: ChildWorkflowOptions): Promise<unknown> {
  let asked = false;
  setHandler(go, () => void (asked = true));
  const scope = new CancellationScope();
  const outcome = scope
    .run(() => executeChild('cancelsInAnHour', { args: [how], ...options }))
    .catch(chainOf);
  await condition(() => asked);
  scope.cancel();
  return outcome;
}

/** 29: the child is cancelled in the task that makes it. */
export async function cancelsAtOnce(): Promise<unknown> {
  const scope = new CancellationScope();
  const failure = scope
    .run(() => executeChild('echo', { workflowId: 'never' }))
    .catch((error: unknown) => error);
  scope.cancel();
  const error = await failure;
  if (!(error instanceof ChildWorkflowFailure)) throw error;
  return [chainOf(error), error.execution];
}

/** 32: what a workflow gets for a child that cannot be started. */
export async function catches(type: string, options: ChildWorkflowOptions): Promise<unknown> {
  return executeChild(type, { args: [], ...options }).catch(chainOf);
}

/** 33: closes before the start of its child is recorded. */
export async function leavesInHaste(options: ChildWorkflowOptions): Promise<void> {
  void startChild('sleeps', { args: [], ...options });
}

/** 33: goes on in another run while a child is open. */
export async function goesOn(workflowId: string, first: boolean): Promise<void> {
  if (!first) return sleep('2 days');
  await startChild('sleeps', { args: [], workflowId });
  await continueAsNew<typeof goesOn>(workflowId, false);
}
