import { operations } from '@dropsafe/contract/operations';
import type { Routes } from '../base/route.http.ts';
import type { OidcGroups } from './oidc-groups.ts';

/** Routes of the groups of identity providers. */
export function mountOidcGroups({ mount }: Routes, oidcGroups: OidcGroups): void {
  mount(operations.listOidcGroups, async ({ caller, query }) => ({
    body: await oidcGroups.list(caller, query),
  }));

  mount(operations.createOidcGroup, async ({ caller, body }) => {
    const group = await oidcGroups.create(caller, body);
    return { body: group, location: `/api/v1/oidc-groups/${group.id}` };
  });

  mount(operations.deleteOidcGroup, async ({ caller, params }) => {
    await oidcGroups.delete(caller, params.id);
    return { body: undefined };
  });
}
