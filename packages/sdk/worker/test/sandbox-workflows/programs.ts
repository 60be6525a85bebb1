/**
 * Interprets small random programs, so that a property test can write workflows. What a program
 * returns is a trace of everything it saw, in the order it saw it.
 */
import {
  CancellationScope,
  type ChildWorkflowCancellationType,
  type Workflow,
  condition,
  currentUpdateInfo,
  defineSignal,
  defineUpdate,
  deprecatePatch,
  executeChild,
  getExternalWorkflowHandle,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  upsertMemo,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@perdure/workflow';

/** One statement of a program. */
export type Statement =
  | { readonly do: 'activity'; readonly value: number }
  | { readonly do: 'sleep'; readonly ms: number }
  | { readonly do: 'random' }
  | { readonly do: 'local'; readonly value: number }
  | { readonly do: 'child'; readonly value: number; readonly cancellation: CancellationName }
  | { readonly do: 'tellOther'; readonly value: number }
  | { readonly do: 'cancelOther' }
  | { readonly do: 'patch'; readonly id: string; readonly deprecated: boolean }
  | { readonly do: 'note'; readonly value: number }
  | { readonly do: 'awaitSignals'; readonly count: number; readonly timeoutMs?: number }
  | { readonly do: 'parallel'; readonly branches: readonly Program[] }
  | { readonly do: 'race'; readonly branches: readonly Program[] }
  | { readonly do: 'scope'; readonly body: Program; readonly timeoutMs?: number }
  | { readonly do: 'shield'; readonly body: Program }
  | { readonly do: 'cancelAfter'; readonly body: Program; readonly hops: number };

export type Program = readonly Statement[];

type CancellationName = keyof typeof ChildWorkflowCancellationType;

const { work } = proxyActivities<{ work(value: number): Promise<number> }>({
  startToCloseTimeout: '1 minute',
});
const tell = defineSignal<[number]>('tell');

const { near } = proxyLocalActivities<{ near(value: number): Promise<number> }>({
  startToCloseTimeout: '1 minute',
});
const change = defineUpdate<string, [number]>('change');

/** Runs a program and returns its trace. */
export async function run(program: Program): Promise<string[]> {
  const trace: string[] = [];
  let signals = 0;
  setHandler(tell, async (value) => {
    signals++;
    trace.push(`signal ${value}`);
    if (value % 3 === 0) await sleep(value + 1);
    trace.push(`signal ${value} handled`);
  });

  setHandler(
    change,
    async (value) => {
      trace.push(`update ${value} ${currentUpdateInfo()?.id}`);
      if (value % 3 === 0) await sleep(value + 1);
      if (value % 5 === 0) await work(value);
      return `changed ${value} ${currentUpdateInfo()?.id}`;
    },
    {
      validator: (value) => {
        if (value % 4 === 3) throw new RangeError('refused');
      },
    },
  );

  async function attempt(what: () => Promise<unknown>): Promise<void> {
    try {
      trace.push(String(await what()));
    } catch (error) {
      trace.push(`${(error as Error).name}: ${(error as Error).message}`);
    }
  }

  function all(branches: readonly Program[]): Promise<void>[] {
    return branches.map((branch) => play(branch));
  }

  async function play(statements: Program): Promise<void> {
    for (const statement of statements) await attempt(() => step(statement));
  }

  async function step(statement: Statement): Promise<unknown> {
    switch (statement.do) {
      case 'activity':
        return work(statement.value + Math.random());
      case 'sleep':
        return sleep(statement.ms);
      case 'random':
        return `${uuid4()} ${Math.random()} ${Date.now()}`;
      case 'local':
        return near(statement.value);
      case 'child':
        return executeChild<Workflow>('kid', {
          args: [statement.value],
          cancellationType: statement.cancellation,
        });
      case 'tellOther':
        return getExternalWorkflowHandle('other').signal('tell', statement.value as never);
      case 'cancelOther':
        return getExternalWorkflowHandle('other').cancel();
      case 'patch':
        if (statement.deprecated) return deprecatePatch(statement.id);
        return patched(statement.id) ? sleep(1) : work(0);
      case 'note':
        upsertMemo({ note: statement.value });
        upsertSearchAttributes({ Note: [statement.value] });
        return JSON.stringify(workflowInfo().memo);
      case 'awaitSignals':
        return statement.timeoutMs === undefined
          ? condition(() => signals >= statement.count)
          : condition(() => signals >= statement.count, statement.timeoutMs);
      case 'parallel':
        return Promise.all(all(statement.branches));
      case 'race':
        return Promise.race(all(statement.branches));
      case 'scope':
        return statement.timeoutMs === undefined
          ? CancellationScope.cancellable(() => play(statement.body))
          : CancellationScope.withTimeout(statement.timeoutMs, () => play(statement.body));
      case 'shield':
        return CancellationScope.nonCancellable(() => play(statement.body));
      case 'cancelAfter':
        return cancelAfter(statement.body, statement.hops);
    }
  }

  async function cancelAfter(body: Program, hops: number): Promise<void> {
    const scope = new CancellationScope();
    const playing = scope.run(() => play(body));
    for (let hop = 0; hop < hops; hop++) await Promise.resolve();
    if (hops % 2) await sleep(hops);
    scope.cancel();
    await playing;
  }

  await play(program);
  return trace;
}
