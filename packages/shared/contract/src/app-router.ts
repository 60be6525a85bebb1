import { controlRouter } from './control-router.ts';
import { mergeRouters, router } from './procedures.ts';
import { messageRouter } from './workflow/message-router.ts';
import { workflowRouter } from './workflow/workflow-router.ts';

/** Everything a person, CLI, console or client can ask of Perdure. */
export const appRouter = router({
  workflow: mergeRouters(workflowRouter, messageRouter),
  control: controlRouter,
});

export type AppRouter = typeof appRouter;
