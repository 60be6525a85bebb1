/** What the compiler knows: arguments and results come from the workflow function. */
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@perdure/common';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type {
  WithStartWorkflowOperation,
  WorkflowClient,
  WorkflowHandle,
  WorkflowHandleWithSignaledRunId,
  WorkflowHandleWithStartDetails,
  WorkflowOptions,
  WorkflowUpdateHandle,
} from '../src/index.ts';

type Order = (id: string, amount?: number) => Promise<{ total: number }>;
type Bare = () => Promise<void>;
declare const client: WorkflowClient;
declare const order: Order;
declare const bare: Bare;
declare const handle: WorkflowHandle<Order>;
declare const approve: SignalDefinition<[string]>;
declare const ping: SignalDefinition;
declare const status: QueryDefinition<'open' | 'closed', [verbose: boolean]>;
declare const add: UpdateDefinition<number, [string, number]>;
declare const flush: UpdateDefinition<void>;
declare const operation: WithStartWorkflowOperation<Order>;
declare const options: WorkflowOptions;

/** Takes what is not to be called: only compiled. */
function never(called: () => void): void {
  expect(called).toBeTypeOf('function');
}

describe('the types', () => {
  it('of starts', () => {
    never(() => {
      expectTypeOf(client.start(order, { ...options, args: ['o-1'] })).resolves.toEqualTypeOf<
        WorkflowHandleWithStartDetails<Order>
      >();
      expectTypeOf(client.execute(order, { ...options, args: ['o-1', 2] })).resolves.toEqualTypeOf<{
        total: number;
      }>();
      expectTypeOf(client.execute(bare, options)).resolves.toEqualTypeOf<void>();
      expectTypeOf(
        client.execute<Order>('order', { ...options, args: ['o-1'] }),
      ).resolves.toEqualTypeOf<{
        total: number;
      }>();
      // @ts-expect-error -- the arguments are missing
      void client.start(order, options);
      // @ts-expect-error -- the first argument is a text
      void client.start(order, { ...options, args: [1] });
      // @ts-expect-error -- there are none
      void client.start(bare, { ...options, args: [1] });
      // @ts-expect-error -- the id is missing
      void client.start(bare, { taskQueue: 'q' });
    });
  });

  it('of handles', () => {
    never(() => {
      expectTypeOf(handle.result()).resolves.toEqualTypeOf<{ total: number }>();
      expectTypeOf(client.getHandle<Order>('o-1')).toEqualTypeOf<WorkflowHandle<Order>>();
      expectTypeOf(client.result<Order>('o-1')).resolves.toEqualTypeOf<{ total: number }>();
      expectTypeOf(client.getHandle('o-1').result()).resolves.toEqualTypeOf<unknown>();
    });
  });

  it('of signals', () => {
    never(() => {
      void handle.signal(approve, 'ann');
      void handle.signal(ping);
      void handle.signal<[string]>('approve', 'ann');
      // @ts-expect-error -- the argument is missing
      void handle.signal(approve);
      // @ts-expect-error -- it is a text
      void handle.signal(approve, 1);
      // @ts-expect-error -- a query is no signal
      void handle.signal(status, true);
      const start = { ...options, args: ['o-1'] as [string] };
      expectTypeOf(
        client.signalWithStart(order, { ...start, signal: approve, signalArgs: ['ann'] }),
      ).resolves.toEqualTypeOf<WorkflowHandleWithSignaledRunId<Order>>();
      void client.signalWithStart(order, { ...start, signal: ping });
      // @ts-expect-error -- the arguments of the signal are missing
      void client.signalWithStart(order, { ...start, signal: approve });
    });
  });

  it('of queries', () => {
    never(() => {
      expectTypeOf(handle.query(status, true)).resolves.toEqualTypeOf<'open' | 'closed'>();
      expectTypeOf(handle.query<number>('count')).resolves.toEqualTypeOf<number>();
      // @ts-expect-error -- the argument is missing
      void handle.query(status);
    });
  });

  it('of updates', () => {
    never(() => {
      expectTypeOf(
        handle.executeUpdate(add, { args: ['apple', 2] }),
      ).resolves.toEqualTypeOf<number>();
      expectTypeOf(handle.executeUpdate(flush)).resolves.toEqualTypeOf<void>();
      expectTypeOf(
        handle.startUpdate(add, { args: ['apple', 2], waitForStage: 'ACCEPTED' }),
      ).resolves.toEqualTypeOf<WorkflowUpdateHandle<number>>();
      void handle.startUpdate(flush, { waitForStage: 'ACCEPTED' });
      expectTypeOf(
        handle.executeUpdate<number, [string]>('add', { args: ['apple'] }),
      ).resolves.toEqualTypeOf<number>();
      expectTypeOf(handle.getUpdateHandle<number>('u')).toEqualTypeOf<
        WorkflowUpdateHandle<number>
      >();
      // @ts-expect-error -- the arguments are missing
      void handle.executeUpdate(add);
      // @ts-expect-error -- the second argument is a number
      void handle.executeUpdate(add, { args: ['apple', 'two'] });
      // @ts-expect-error -- how long to wait must be said
      void handle.startUpdate(flush, {});
    });
  });

  it('of updates with start', () => {
    never(() => {
      const call = { startWorkflowOperation: operation };
      expectTypeOf(
        client.executeUpdateWithStart(add, { ...call, args: ['apple', 2] }),
      ).resolves.toEqualTypeOf<number>();
      expectTypeOf(
        client.startUpdateWithStart(flush, { ...call, waitForStage: 'ACCEPTED' }),
      ).resolves.toEqualTypeOf<WorkflowUpdateHandle<void>>();
      expectTypeOf(operation.workflowHandle()).resolves.toEqualTypeOf<WorkflowHandle<Order>>();
      // @ts-expect-error -- the arguments of the update are missing
      void client.executeUpdateWithStart(add, call);
    });
  });
});
