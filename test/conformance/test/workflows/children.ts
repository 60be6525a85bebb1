import {
  ApplicationFailure,
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
} from '@perdure/workflow';

const told = defineSignal<[string]>('told');

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
