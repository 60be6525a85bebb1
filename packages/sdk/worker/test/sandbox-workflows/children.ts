/** Children, other workflows, and going on in a new run. */
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  type ChildWorkflowOptions,
  ContinueAsNew,
  TypedSearchAttributes,
  continueAsNew,
  defineSearchAttributeKey,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  makeContinueAsNewFunc,
  setHandler,
  sleep,
  startChild,
  upsertMemo,
  upsertSearchAttributes,
} from '@perdure/workflow';

export async function child(input: string): Promise<number> {
  return input.length;
}

/** Name, message and so on of an error and its causes. */
function chain(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let each = error as Error | undefined; each; each = each.cause as Error | undefined) {
    const { retryState, execution, workflowType, type } = each as Error & Record<string, unknown>;
    found.push({
      name: each.name,
      message: each.message,
      retryState,
      execution,
      workflowType,
      type,
    });
  }
  return JSON.parse(JSON.stringify(found)) as unknown[];
}

async function outcome(what: Promise<unknown>): Promise<unknown> {
  try {
    return { value: (await what) ?? null };
  } catch (error) {
    return { chain: chain(error), cancelled: isCancellation(error) };
  }
}

export async function executes(): Promise<unknown> {
  return outcome(executeChild(child, { workflowId: 'kid', args: ['four'] }));
}

export async function starts(): Promise<unknown> {
  const handle = await startChild(child, { workflowId: 'kid', args: ['four'] });
  const { workflowId, firstExecutionRunId } = handle;
  return { workflowId, firstExecutionRunId, result: await outcome(handle.result()) };
}

export async function startFails(): Promise<unknown> {
  return outcome(startChild('other', { workflowId: 'kid' }));
}

export async function withEveryOption(): Promise<void> {
  await startChild('other', {
    workflowId: 'kid',
    args: [1, { two: 2 }],
    taskQueue: 'elsewhere',
    parentClosePolicy: 'ABANDON',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowExecutionTimeout: '1 hour',
    workflowRunTimeout: '10 minutes',
    workflowTaskTimeout: '5s',
    retry: { maximumAttempts: 2 },
    cronSchedule: '0 * * * *',
    memo: { note: 'hello' },
    searchAttributes: { Old: ['text'] },
    typedSearchAttributes: new TypedSearchAttributes([
      { key: defineSearchAttributeKey('Count', 'INT'), value: 3 },
    ]),
    staticSummary: 'a child',
    priority: { priorityKey: 1 },
  });
}

export async function defaultIds(): Promise<string[]> {
  const one = await startChild('other', {});
  const two = await startChild('other', {});
  return [one.workflowId, two.workflowId];
}

/** Cancels a child's scope at once, after its start was asked for, or when it is told to. */
export async function cancels(
  cancellationType: ChildWorkflowOptions['cancellationType'],
  when: 'at once' | 'next task' | 'when started',
): Promise<unknown> {
  const scope = new CancellationScope();
  const seen: unknown[] = [];
  const calling = scope.run(async () => {
    const handle = startChild('other', { workflowId: 'kid', cancellationType });
    seen.push(await outcome(handle.then(() => 'started')));
    const result = await outcome(handle.then((started) => started.result()));
    seen.push(result);
  });
  if (when === 'next task') await sleep(1);
  if (when === 'when started') await sleep(2);
  scope.cancel();
  await calling;
  return seen;
}

export async function signalsChild(): Promise<unknown> {
  const handle = await startChild('other', { workflowId: 'kid' });
  return outcome(handle.signal(defineSignal<[string]>('tell'), 'hello'));
}

export async function external(runId?: string): Promise<unknown[]> {
  const handle = getExternalWorkflowHandle('stranger', runId);
  return Promise.all([outcome(handle.signal('tell', 1 as never)), outcome(handle.cancel())]);
}

export async function signalCancelledBeforeSent(): Promise<unknown> {
  const scope = new CancellationScope();
  const signalling = scope.run(() => getExternalWorkflowHandle('stranger').signal('tell'));
  scope.cancel();
  return outcome(signalling);
}

export async function again(n: number): Promise<void> {
  await continueAsNew<typeof again>(n + 1);
}

export async function againWithOptions(): Promise<void> {
  const next = makeContinueAsNewFunc<typeof again>({
    workflowType: 'again',
    taskQueue: 'elsewhere',
    memo: { note: 'new' },
    searchAttributes: { Old: ['text'] },
    workflowRunTimeout: '1 minute',
    workflowTaskTimeout: '5s',
    retry: { maximumAttempts: 3 },
    backoffStartInterval: '10s',
  });
  await next(7);
}

export async function againAfterUpserts(): Promise<void> {
  upsertMemo({ note: 'changed', gone: null });
  upsertSearchAttributes({ Place: ['here'] });
  await continueAsNew();
}

export async function againFromSignal(): Promise<void> {
  setHandler(defineSignal('again'), async () => {
    await continueAsNew<typeof again>(1);
  });
  await sleep('1 day');
}

export async function isContinueAsNew(): Promise<boolean> {
  try {
    await continueAsNew();
    return false;
  } catch (error) {
    return error instanceof ContinueAsNew && ChildWorkflowCancellationType.ABANDON === 'ABANDON';
  }
}
