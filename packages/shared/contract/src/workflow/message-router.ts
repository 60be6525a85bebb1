/**
 * What is said to running workflows. Part of the `workflow` router as soon as the data plane offers
 * {@link MessageService}.
 */
import { type ContractContext, callerOf, namespaceProcedure, router } from '../procedures.ts';
import type { MessageService } from '../services.ts';
import { queryWorkflowInput } from './queries.ts';
import { signalWithStartInput } from './start.ts';
import { pollUpdateInput, updateWithStartInput, updateWorkflowInput } from './updates.ts';

export const messageRouter = router({
  signalWithStart: namespaceProcedure
    .input(signalWithStartInput)
    .mutation(({ ctx, input }) =>
      messages(ctx).signalWithStart(callerOf(ctx, input.namespace), input),
    ),
  updateWorkflow: namespaceProcedure
    .input(updateWorkflowInput)
    .mutation(({ ctx, input, signal }) =>
      messages(ctx).updateWorkflow(callerOf(ctx, input.namespace), input, signal),
    ),
  pollUpdate: namespaceProcedure
    .input(pollUpdateInput)
    .query(({ ctx, input, signal }) =>
      messages(ctx).pollUpdate(callerOf(ctx, input.namespace), input, signal),
    ),
  updateWithStart: namespaceProcedure
    .input(updateWithStartInput)
    .mutation(({ ctx, input, signal }) =>
      messages(ctx).updateWithStart(callerOf(ctx, input.namespace), input, signal),
    ),
  queryWorkflow: namespaceProcedure
    .input(queryWorkflowInput)
    .query(({ ctx, input, signal }) =>
      messages(ctx).queryWorkflow(callerOf(ctx, input.namespace), input, signal),
    ),
});
export type MessageRouter = typeof messageRouter;

/** Whoever mounts this router has services that offer these too. */
function messages({ services }: ContractContext): MessageService {
  return services.workflows as typeof services.workflows & MessageService;
}
