/** Everything one does to workflows from outside. */
import { callerOf, namespaceProcedure, router } from '../procedures.ts';
import {
  completeActivityInput,
  failActivityInput,
  heartbeatActivityInput,
  reportActivityCancellationInput,
} from './activities.ts';
import { describeWorkflowInput } from './describe.ts';
import {
  cancelWorkflowInput,
  getHistoryInput,
  listWorkflowsInput,
  signalWorkflowInput,
  terminateWorkflowInput,
} from './executions.ts';
import { startWorkflowInput } from './start.ts';

export const workflowRouter = router({
  startWorkflow: namespaceProcedure
    .input(startWorkflowInput)
    .mutation(({ ctx, input }) =>
      ctx.services.workflows.startWorkflow(callerOf(ctx, input.namespace), input),
    ),
  signalWorkflow: namespaceProcedure
    .input(signalWorkflowInput)
    .mutation(({ ctx, input }) =>
      ctx.services.workflows.signalWorkflow(callerOf(ctx, input.namespace), input),
    ),
  requestCancelWorkflow: namespaceProcedure
    .input(cancelWorkflowInput)
    .mutation(({ ctx, input }) =>
      ctx.services.workflows.requestCancelWorkflow(callerOf(ctx, input.namespace), input),
    ),
  terminateWorkflow: namespaceProcedure
    .input(terminateWorkflowInput)
    .mutation(({ ctx, input }) =>
      ctx.services.workflows.terminateWorkflow(callerOf(ctx, input.namespace), input),
    ),
  describeWorkflow: namespaceProcedure
    .input(describeWorkflowInput)
    .query(({ ctx, input }) =>
      ctx.services.workflows.describeWorkflow(callerOf(ctx, input.namespace), input),
    ),
  getHistory: namespaceProcedure
    .input(getHistoryInput)
    .query(({ ctx, input, signal }) =>
      ctx.services.workflows.getHistory(callerOf(ctx, input.namespace), input, signal),
    ),
  listWorkflows: namespaceProcedure
    .input(listWorkflowsInput)
    .query(({ ctx, input }) =>
      ctx.services.workflows.listWorkflows(callerOf(ctx, input.namespace), input),
    ),
  completeActivity: namespaceProcedure
    .input(completeActivityInput)
    .mutation(({ ctx, input }) =>
      ctx.services.workflows.completeActivity(callerOf(ctx, input.namespace), input),
    ),
  failActivity: namespaceProcedure
    .input(failActivityInput)
    .mutation(({ ctx, input }) =>
      ctx.services.workflows.failActivity(callerOf(ctx, input.namespace), input),
    ),
  reportActivityCancellation: namespaceProcedure
    .input(reportActivityCancellationInput)
    .mutation(({ ctx, input }) =>
      ctx.services.workflows.reportActivityCancellation(callerOf(ctx, input.namespace), input),
    ),
  heartbeatActivity: namespaceProcedure
    .input(heartbeatActivityInput)
    .mutation(({ ctx, input }) =>
      ctx.services.workflows.heartbeatActivity(callerOf(ctx, input.namespace), input),
    ),
});
