/** What `npx drizzle-kit generate` reads: it writes the next migration from a change of the schema. */
import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/schema.ts',
  out: './migrations',
  entities: { roles: false },
});
