/**
 * Workflow code as programs for Temporal have it, but for the names of the packages: what stands here
 * has only ever to be added to.
 */
import * as wf from '@perdure/workflow';
import {
  ApplicationFailure,
  CancellationScope,
  type ChildWorkflowHandle,
  type Next,
  type WorkflowExecuteInput,
  type WorkflowInboundCallsInterceptor,
  type WorkflowInterceptorsFactory,
  type WorkflowOutboundCallsInterceptor,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  log,
  patched,
  proxyActivities,
  proxyLocalActivities,
  proxySinks,
  setHandler,
  sleep,
  workflowInfo,
} from '@perdure/workflow';
import type { createActivities } from './ported-activities.ts';

type Activities = ReturnType<typeof createActivities>;

export interface Order {
  readonly customer: string;
  readonly items: readonly string[];
}
export interface AuditSinks extends wf.Sinks {
  audit: { note(what: string): void };
}

const { charge, refund, quote } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '1s', maximumAttempts: 3, nonRetryableErrorTypes: ['CardRefused'] },
  cancellationType: wf.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});
const { format } = proxyLocalActivities<Activities>({ startToCloseTimeout: '5s' });
const { audit } = proxySinks<AuditSinks>();

export const approve = defineSignal<[by: string]>('approve');
export const status = defineQuery<'open' | 'approved', []>('status');
export const addItem = defineUpdate<number, [item: string]>('addItem');

/** Approved and paid, or cancelled and paid back. */
export async function placeOrder(order: Order): Promise<string> {
  const items = [...order.items];
  let approvedBy: string | undefined;
  setHandler(approve, (by) => {
    approvedBy = by;
  });
  setHandler(status, () => (approvedBy ? 'approved' : 'open'));
  setHandler(addItem, (item) => items.push(item), {
    validator(item) {
      if (item.trim() === '') throw new Error('an item needs a name');
    },
  });
  if (!(await condition(() => approvedBy !== undefined, '2 days'))) {
    throw ApplicationFailure.create({ message: 'nobody approved', type: 'NotApproved' });
  }
  log.info('approved', { by: approvedBy });
  audit.note(`approved by ${approvedBy}`);
  const price = patched('quotes') ? await quote(items) : items.length;
  try {
    const receipt = await charge(order.customer, price);
    const child: ChildWorkflowHandle<typeof ship> = await wf.startChild(ship, {
      args: [items],
      workflowId: `${workflowInfo().workflowId}/shipping`,
      parentClosePolicy: wf.ParentClosePolicy.REQUEST_CANCEL,
    });
    return `${await format(receipt)}, ${await child.result()}`;
  } catch (error) {
    if (wf.isCancellation(error)) await CancellationScope.nonCancellable(() => refund(price));
    throw error;
  }
}

export async function ship(items: readonly string[]): Promise<string> {
  const { memo, unsafe } = workflowInfo();
  wf.upsertMemo({ ...memo, parcels: items.length });
  await sleep('1 day');
  return unsafe.isReplaying === undefined ? 'lost' : `${items.length} shipped`;
}

class Tracing implements WorkflowInboundCallsInterceptor, WorkflowOutboundCallsInterceptor {
  async execute(
    input: WorkflowExecuteInput,
    next: Next<WorkflowInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    const result = await next(input);
    return typeof result === 'string' ? `[${result}]` : result;
  }

  async scheduleActivity(
    input: wf.ActivityInput,
    next: Next<WorkflowOutboundCallsInterceptor, 'scheduleActivity'>,
  ): Promise<unknown> {
    const trace = wf.defaultPayloadConverter.toPayload(`of ${input.activityType}`);
    return next({ ...input, headers: { ...input.headers, trace } });
  }
}

export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [new Tracing()],
  outbound: [new Tracing()],
});
