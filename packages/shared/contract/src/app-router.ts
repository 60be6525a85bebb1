import { controlRouter } from './control-router.ts';
import { router } from './procedures.ts';
import { workflowRouter } from './workflow/workflow-router.ts';

/** Everything a person, CLI, console or client can ask of Perdure. */
export const appRouter = router({ workflow: workflowRouter, control: controlRouter });

export type AppRouter = typeof appRouter;
