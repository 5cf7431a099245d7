import { exportTypes } from '@dropsafe/contract/audit';
import { operations } from '@dropsafe/contract/operations';
import { readAudit } from '@dropsafe/contract/permissions';
import type { Routes } from '../base/route.http.ts';
import type { Identity } from '../identity/identity.ts';
import type { Permissions } from '../permissions/permissions.ts';
import type { Trail } from './trail.ts';

/**
 * Routes of the trail. The permission is demanded here and not behind the door: `permissions` writes its refusals to the
 * trail, so it stands to the right of this room.
 */
export function mountAudit(
  { mount }: Routes,
  trail: Trail,
  permissions: Permissions,
  identity: Identity,
): void {
  mount(operations.listAuditEvents, async ({ caller, query }) => {
    await permissions.demand(caller, readAudit, 'audit-events');
    return { body: await trail.list(query) };
  });

  mount(operations.readAuditState, async ({ caller }) => {
    await permissions.demand(caller, readAudit, 'audit-events');
    return { body: await trail.state() };
  });

  mount(operations.exportAuditEvents, async ({ caller, query: { format, ...filter } }) => {
    await permissions.demand(caller, readAudit, 'audit-events');
    const demandStill = async () =>
      permissions.demand(await identity.asOfNow(caller), readAudit, 'audit-events');
    const chunks = await trail.exportEvents(caller, format, filter, demandStill);
    return {
      body: { mediaType: exportTypes[format], fileName: `audit-events.${format}`, chunks },
    };
  });
}
