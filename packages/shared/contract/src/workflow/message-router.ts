/** What is said to running workflows. Part of the `workflow` router. */
import { callerOf, namespaceProcedure, router } from '../procedures.ts';
import { queryWorkflowInput } from './queries.ts';
import { signalWithStartInput } from './start.ts';
import { pollUpdateInput, updateWithStartInput, updateWorkflowInput } from './updates.ts';

export const messageRouter = router({
  signalWithStart: namespaceProcedure
    .input(signalWithStartInput)
    .mutation(({ ctx, input }) =>
      ctx.services.workflows.signalWithStart(callerOf(ctx, input.namespace), input),
    ),
  updateWorkflow: namespaceProcedure
    .input(updateWorkflowInput)
    .mutation(({ ctx, input, signal }) =>
      ctx.services.workflows.updateWorkflow(callerOf(ctx, input.namespace), input, signal),
    ),
  pollUpdate: namespaceProcedure
    .input(pollUpdateInput)
    .query(({ ctx, input, signal }) =>
      ctx.services.workflows.pollUpdate(callerOf(ctx, input.namespace), input, signal),
    ),
  updateWithStart: namespaceProcedure
    .input(updateWithStartInput)
    .mutation(({ ctx, input, signal }) =>
      ctx.services.workflows.updateWithStart(callerOf(ctx, input.namespace), input, signal),
    ),
  queryWorkflow: namespaceProcedure
    .input(queryWorkflowInput)
    .query(({ ctx, input, signal }) =>
      ctx.services.workflows.queryWorkflow(callerOf(ctx, input.namespace), input, signal),
    ),
});
