/** The operations as the contract sees them. */
import type { MessageService, WorkflowService } from '@perdure/contract';
import { StoreUnavailableError } from '@perdure/ports';
import { storeAway } from '../commit/refusals.ts';
import { completeActivity } from './complete-activity/complete-activity.ts';
import { describeWorkflow } from './describe-workflow/describe-workflow.ts';
import { failActivity } from './fail-activity/fail-activity.ts';
import { getHistory } from './get-history/get-history.ts';
import { heartbeatActivity } from './heartbeat-activity/heartbeat-activity.ts';
import { listWorkflows } from './list-workflows/list-workflows.ts';
import type { OperationParts } from './parts.ts';
import { pollUpdate } from './poll-update/poll-update.ts';
import { queryWorkflow } from './query-workflow/query-workflow.ts';
import { reportActivityCancellation } from './report-activity-cancellation/report-activity-cancellation.ts';
import { requestCancelWorkflow } from './request-cancel-workflow/request-cancel-workflow.ts';
import { signalWithStart } from './signal-with-start/signal-with-start.ts';
import { signalWorkflow } from './signal-workflow/signal-workflow.ts';
import { startWorkflow } from './start-workflow/start-workflow.ts';
import { terminateWorkflow } from './terminate-workflow/terminate-workflow.ts';
import { updateWithStart } from './update-with-start/update-with-start.ts';
import { updateWorkflow } from './update-workflow/update-workflow.ts';

/** Each operation under its name, in the folder of that name. */
const operations = {
  startWorkflow,
  signalWorkflow,
  signalWithStart,
  updateWorkflow,
  updateWithStart,
  pollUpdate,
  queryWorkflow,
  requestCancelWorkflow,
  terminateWorkflow,
  describeWorkflow,
  getHistory,
  listWorkflows,
  completeActivity,
  failActivity,
  reportActivityCancellation,
  heartbeatActivity,
};

type Service = WorkflowService & MessageService;
type Operation = (parts: OperationParts, ...args: never[]) => Promise<unknown>;

export function workflowService(parts: OperationParts): Service {
  const offered = Object.entries(operations).map(([name, operation]) => [
    name,
    (...args: never[]) => answered((operation as Operation)(parts, ...args)),
  ]);
  return Object.fromEntries(offered) as Service;
}

/** A store that is away is no bug of ours: the caller is told to come again. */
export async function answered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof StoreUnavailableError ? storeAway() : error;
  }
}

/** Every operation of the service is here, and takes what the service promises. */
void (operations satisfies {
  readonly [K in keyof Service]: (
    parts: OperationParts,
    ...args: Parameters<Service[K]>
  ) => ReturnType<Service[K]>;
});
