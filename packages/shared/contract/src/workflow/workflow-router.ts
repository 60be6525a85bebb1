/** Everything one does to workflows from outside. */
import { namespaceProcedure, router } from '../procedures.ts';
import {
  cancelWorkflowInput,
  describeWorkflowInput,
  getHistoryInput,
  listWorkflowsInput,
  signalWorkflowInput,
  startWorkflowInput,
  terminateWorkflowInput,
} from './schemas.ts';

export const workflowRouter = router({
  startWorkflow: namespaceProcedure
    .input(startWorkflowInput)
    .mutation(({ ctx, input }) => ctx.services.workflows.startWorkflow(ctx.caller, input)),
  signalWorkflow: namespaceProcedure
    .input(signalWorkflowInput)
    .mutation(({ ctx, input }) => ctx.services.workflows.signalWorkflow(ctx.caller, input)),
  requestCancelWorkflow: namespaceProcedure
    .input(cancelWorkflowInput)
    .mutation(({ ctx, input }) => ctx.services.workflows.requestCancelWorkflow(ctx.caller, input)),
  terminateWorkflow: namespaceProcedure
    .input(terminateWorkflowInput)
    .mutation(({ ctx, input }) => ctx.services.workflows.terminateWorkflow(ctx.caller, input)),
  describeWorkflow: namespaceProcedure
    .input(describeWorkflowInput)
    .query(({ ctx, input }) => ctx.services.workflows.describeWorkflow(ctx.caller, input)),
  getHistory: namespaceProcedure
    .input(getHistoryInput)
    .query(({ ctx, input, signal }) => ctx.services.workflows.getHistory(ctx.caller, input, signal)),
  listWorkflows: namespaceProcedure
    .input(listWorkflowsInput)
    .query(({ ctx, input }) => ctx.services.workflows.listWorkflows(ctx.caller, input)),
});
