/** The package outside a sandbox, as a client imports it for a shared signal definition. */
import { expect, it } from 'vitest';
import * as workflow from '../src/index.ts';

it('can be loaded anywhere, and defines signals there', () => {
  expect(workflow.defineSignal<[number]>('add')).toEqual({ type: 'signal', name: 'add' });
  expect(workflow.inWorkflowContext()).toBe(false);
});

it('says where its calls belong when they are made elsewhere', () => {
  const wrong = /may only be called by workflow code while a workflow runs/;
  const { foo } = workflow.proxyActivities<{ foo(): Promise<void> }>({ startToCloseTimeout: 1 });
  expect(() => foo()).toThrow(wrong);
  expect(() => workflow.sleep(1)).toThrow(wrong);
  expect(() => workflow.uuid4()).toThrow(wrong);
  expect(() => workflow.workflowInfo()).toThrow(wrong);
  expect(() => new workflow.CancellationScope()).toThrow(workflow.IllegalStateError);
});

it('checks activity options when the proxy is made', () => {
  expect(() => workflow.proxyActivities({})).toThrow(TypeError);
  expect(() => workflow.proxyActivities({ startToCloseTimeout: -1 })).toThrow(
    'ActivityOptions.startToCloseTimeout must not be negative; got -1 ms',
  );
  expect(() =>
    workflow.proxyActivities({ startToCloseTimeout: 1, retry: { backoffCoefficient: 0.5 } }),
  ).toThrow(workflow.ValueError);
});
