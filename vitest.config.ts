import { defineConfig } from 'vitest/config';

// Two kinds of tests, told by their suffix: `*.test.ts` needs nothing, `*.pg.test.ts` needs PostgreSQL.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{apps,packages}/*/**/*.test.{ts,tsx}'],
          exclude: ['**/node_modules/**', '**/*.pg.test.ts'],
          // The contract's tests know no environment.
          provide: { expressionRuns: Number(process.env['DROPSAFE_EXPRESSION_RUNS'] ?? 20_000) },
        },
      },
      {
        test: {
          name: 'pg',
          include: ['apps/bff/**/*.pg.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: ['apps/bff/testkit/global-setup.ts'],
          pool: 'forks',
          // More than cores: much of what they do is waiting for something to end.
          maxWorkers: 3,
          // Real servers start and stop in there.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
