import { defineConfig } from 'drizzle-kit';

// Run "npx pnpm --filter @dropsafe/bff migration" after a change of a table, review the SQL, never edit it later.
export default defineConfig({
  dialect: 'postgresql',
  schema: './src/**/*.store.ts',
  out: './migrations',
  casing: 'snake_case',
});
