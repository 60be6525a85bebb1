/** Namespaces and API keys. */
import { z } from 'zod';
import { operatorProcedure, router } from './procedures.ts';

/** Lower-case words joined by `-`, `_` or `.`: safe in file names, host names and logs. */
const namespaceName = z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/, {
  error:
    'a namespace name has 1 to 63 characters a-z, 0-9, ".", "_" or "-", and begins and ends with a letter or digit',
});

export const controlRouter = router({
  createNamespace: operatorProcedure
    .input(z.object({ name: namespaceName, sealed: z.boolean().default(true) }))
    .mutation(({ ctx, input }) => ctx.services.control.createNamespace(input)),
  listNamespaces: operatorProcedure.query(({ ctx }) => ctx.services.control.listNamespaces()),
  createApiKey: operatorProcedure
    .input(z.object({ namespace: namespaceName, label: z.string().min(1).max(200) }))
    .mutation(({ ctx, input }) => ctx.services.control.createApiKey(input)),
  listApiKeys: operatorProcedure
    .input(z.object({ namespace: namespaceName }))
    .query(({ ctx, input }) => ctx.services.control.listApiKeys(input)),
  revokeApiKey: operatorProcedure
    .input(z.object({ namespace: namespaceName, id: z.string().min(1).max(100) }))
    .mutation(({ ctx, input }) => ctx.services.control.revokeApiKey(input)),
});
