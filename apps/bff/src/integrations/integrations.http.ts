import { operations } from '@dropsafe/contract/operations';
import type { Routes } from '../base/route.http.ts';
import type { Integrations, VersionedIntegration } from './integrations.ts';

/** Routes of integrations. */
export function mountIntegrations({ mount }: Routes, integrations: Integrations): void {
  const created = ({ integration, etag }: VersionedIntegration) => ({
    body: integration,
    etag,
    location: `/api/v1/integrations/${integration.id}`,
  });

  mount(operations.listIntegrations, async ({ caller, query }) => ({
    body: await integrations.list(caller, query),
  }));

  mount(operations.createIntegration, async ({ caller, body }) =>
    created(await integrations.create(caller, body)),
  );

  mount(operations.describeIntegration, async ({ caller, params }) => {
    const { integration, etag } = await integrations.describe(caller, params.id);
    return { body: integration, etag };
  });

  mount(operations.updateIntegration, async ({ caller, params, body, ifMatch }) => {
    const { integration, etag } = await integrations.update(caller, params.id, ifMatch, body);
    return { body: integration, etag };
  });

  mount(operations.deleteIntegration, async ({ caller, params, ifMatch }) => {
    await integrations.delete(caller, params.id, ifMatch);
    return { body: undefined };
  });

  mount(operations.copyIntegration, async ({ caller, params, body }) =>
    created(await integrations.copy(caller, params.id, body)),
  );
}
