/** What the types of the API let users write, and what they do not. Checked by the compiler. */
import { expect, it } from 'vitest';
import {
  type ChildWorkflowHandle,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  startChild,
} from '../src/index.ts';

async function greet(name: string, times?: number): Promise<string> {
  return name.repeat(times ?? 1);
}
async function plain(): Promise<number> {
  return 1;
}
interface Activities {
  work(n: number): Promise<string>;
  sync(): boolean;
}

/** Never called: what is in it has only to compile. */
export async function compiles(): Promise<void> {
  const result: string = await executeChild(greet, { args: ['you', 2] });
  const handle: ChildWorkflowHandle<typeof plain> = await startChild(plain);
  const one: number = await handle.result();
  await executeChild(plain, {});
  await executeChild<typeof greet>('greet', { args: ['you'], workflowId: result });
  // @ts-expect-error -- a workflow with parameters needs arguments
  await executeChild(greet, {});
  // @ts-expect-error -- of the right types
  await executeChild(greet, { args: [1] });

  const { work, sync } = proxyActivities<Activities>({ startToCloseTimeout: one });
  const text: string = await work(1);
  const yes: boolean = await sync();
  await work.executeWithOptions({ taskQueue: text }, [1]);
  // @ts-expect-error -- activities keep their parameters
  await work('1');
  const near = proxyLocalActivities<Activities>({ startToCloseTimeout: 1 });
  await near.work.executeWithOptions({ localRetryThreshold: '1s' }, [yes ? 1 : 2]);
  // @ts-expect-error -- local activities have no task queue
  await near.work.executeWithOptions({ taskQueue: 'q' }, [1]);

  setHandler(defineQuery<unknown, [string?]>('q'), (what) => what?.length, { description: 'd' });
  setHandler(defineQuery<number>('q'), () => 1);
  setHandler(defineUpdate<number, [string]>('u'), async (what) => what.length, {
    validator: (what) => void what.length,
  });
  setHandler(defineSignal<[number]>('s'), (n) => void n.toFixed());
  // @ts-expect-error -- queries answer at once
  setHandler(defineQuery<number>('q'), async () => 1);
  // @ts-expect-error -- with the type that they are defined with
  setHandler(defineUpdate<number, [string]>('u'), () => 'text');
  // @ts-expect-error -- signals have no validators
  setHandler(defineSignal<[number]>('s'), () => {}, { validator: () => {} });
  await handle.signal(defineSignal<[number]>('s'), 1);
  // @ts-expect-error -- with the arguments that they are defined with
  await handle.signal(defineSignal<[number]>('s'), 'one');
}

it('definitions are plain data', () => {
  expect(defineQuery<string>('q')).toEqual({ type: 'query', name: 'q' });
  expect(defineUpdate<string>('u')).toEqual({ type: 'update', name: 'u' });
});
