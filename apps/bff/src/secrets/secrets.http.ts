import { operations } from '@dropsafe/contract/operations';
import { Redacted } from '../base/redacted.ts';
import type { Routes } from '../base/route.http.ts';
import type { Providers } from './providers.ts';
import type { Secrets } from './secrets.ts';

/** Routes of secrets and of the providers that hold them. A value is wrapped here, and from here on cannot be printed. */
export function mountSecrets({ mount }: Routes, secrets: Secrets, providers: Providers): void {
  const wrap = (value: string) => new Redacted<Uint8Array>(Buffer.from(value, 'utf8'));

  mount(operations.listProviders, async () => ({ body: { items: await providers.describe() } }));

  mount(operations.listSecrets, async ({ caller, query }) => ({
    body: await secrets.list(caller, query),
  }));

  mount(operations.describeSecret, async ({ caller, params }) => {
    const { metadata, etag } = await secrets.describe(caller, params.name);
    return { body: metadata, etag };
  });

  mount(operations.createSecret, async ({ caller, body }) => {
    const value = wrap(body.value);
    try {
      const { metadata, etag } = await secrets.create(caller, { ...body, value });
      return { body: metadata, etag, location: `/api/v1/secrets/${metadata.name}` };
    } finally {
      value.wipe();
    }
  });

  mount(
    operations.updateSecret,
    async ({ caller, params, query, body: { value: text, ...patch }, ifMatch }) => {
      const value = text === undefined ? undefined : wrap(text);
      try {
        const { metadata, etag } = await secrets.update(
          caller,
          params.name,
          ifMatch,
          { ...patch, ...(value && { value }) },
          query.force,
        );
        return { body: metadata, etag };
      } finally {
        value?.wipe();
      }
    },
  );

  mount(operations.deleteSecret, async ({ caller, params, query, ifMatch }) => {
    await secrets.delete(caller, params.name, ifMatch, query.provider, query.force);
    return { body: undefined };
  });

  mount(operations.listReferences, async ({ caller, params, query }) => ({
    body: await secrets.listReferences(caller, params.name, query),
  }));

  mount(operations.describeUses, async ({ caller, params }) => ({
    body: await secrets.describeUses(caller, params.name),
  }));

  mount(operations.copySecret, async ({ caller, params, body }) => {
    const { metadata, etag } = await secrets.copy(caller, params.name, body);
    return { body: metadata, etag, location: `/api/v1/secrets/${metadata.name}` };
  });
}
