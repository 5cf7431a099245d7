/** @file Every kind of provider, held to the same promises (provider.suite.ts). */
import { describeProvider } from './provider.suite.ts';

describeProvider('database', {
  capabilities: { create: true, update: true, delete: true },
  isSeededByDropsafe: true,
  start: async () => ({ entry: { type: 'database' } }),
});

describeProvider('env', {
  capabilities: { create: false, update: false, delete: false },
  start: async (initial) => ({
    entry: { type: 'env' },
    env: Object.fromEntries(
      [...initial].map(([name, value]) => [`DROPSAFE_SECRET_${name}`, value]),
    ),
  }),
});
