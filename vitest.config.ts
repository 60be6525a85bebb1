/**
 * One configuration for every test of the repository.
 *
 * Workspace packages resolve to their sources through the `@perdure/source` export condition, so a
 * test never sees a stale build. Programs that a test starts as processes of their own do run from
 * `dist`; `npm test` builds first.
 *
 * Two projects: `unit` (everything beside its package) runs on two workers; `system` (whole
 * platforms that are killed and restarted) runs one file at a time, after the others.
 */
import { defineConfig } from 'vitest/config';

const conditions = ['@perdure/source', 'module', 'node', 'development|production'];
const systemTests = [
  'test/{e2e,chaos,bench}/test/**/*.test.ts',
  '{apps,test}/*/test/*.system.test.ts',
];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages/*,apps,test}/*/test/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', ...systemTests],
          testTimeout: 20_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: systemTests,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
