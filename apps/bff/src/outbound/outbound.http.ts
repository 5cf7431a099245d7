import { operations } from '@dropsafe/contract/operations';
import type { Routes } from '../base/route.http.ts';
import type { Outbound } from './outbound.ts';

/** Routes of tests. */
export function mountOutbound({ mount }: Routes, outbound: Outbound): void {
  mount(operations.testDraft, async ({ caller, body }) => ({
    body: { checks: await outbound.testDraft(caller, body) },
  }));

  mount(operations.testIntegration, async ({ caller, params }) => ({
    body: { checks: await outbound.test(caller, params.id) },
  }));
}
