/**
 * @file The front door to requests that carry values. So far they are tests of connections, under exactly the rules of real use: what is
 * saved is read anew for each, what is not saved is checked as if it was; the trail is told before anything is sent; the verdict on the
 * destination comes before any value ([Note: Destination before secret]). Nothing of an answer leaves it but its status.
 */
import { randomUUID } from 'node:crypto';
import type { IntegrationType } from '@dropsafe/contract/integration-types';
import type { Fields } from '@dropsafe/contract/integrations';
import type { Check, TestDraft } from '@dropsafe/contract/outbound';
import {
  createIntegrations,
  readIntegrations,
  readSecrets,
  testDrafts,
  testIntegrations,
  updateIntegrations,
} from '@dropsafe/contract/permissions';
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/event.ts';
import type { Caller } from '../base/caller.ts';
import { subjectOf } from '../integrations/integration.ts';
import type { Configurations } from '../integrations/integrations.ts';
import { holds, type Permissions } from '../permissions/permissions.ts';
import type { SecretUses, UsableSecret } from '../secrets/secrets.ts';
import { createCalls, WithoutValues, type CallOptions, type Tested } from './calls.ts';
import { describeChecks } from './checks.ts';
import { readConfigured, type Configured } from './configured.ts';
import { shownOrigin } from './destination.ts';
import { findSecrets, Overtaken, type FoundSecrets } from './resolve.ts';
import { createTestLimit } from './test-limit.ts';

/** Tests of connections. Each counts for a limit before anything is done: throws `too-many-attempts`. */
export interface Outbound {
  /** Tests an integration as it is saved; one that is disabled, too. Throws `not-found`. */
  test(caller: Caller, id: string): Promise<Check[]>;
  /** Tests a configuration that is not saved. Throws what saving it would: `not-found`, `validation-failed`. */
  testDraft(caller: Caller, draft: TestDraft): Promise<Check[]>;
  /** Breaks every connection. */
  close(): void;
}

/** How requests are made. */
export interface OutboundOptions extends CallOptions {
  /** What a test may take. Default: 12 s, as a route is answered after 15 s at the latest (base/route.http.ts). */
  longestTestMs?: number;
}
/** Each time somebody has changed a secret between the verdict and its opening. */
const mostAttempts = 3;

const moving = new WithoutValues('A secret in it is changed in this very moment. Try again.');

/** It was saved past Dropsafe, or by a version that let it through. */
const unsound = describeChecks(
  { isLiteral: false, isTls: true, hasCredentials: true },
  {
    kind: 'not-allowed',
    explanation:
      'The configuration is none that can be saved. Open it, and save it again: what is wrong is told there.',
  },
);

/** A configuration that is to be tested. */
interface Wanted {
  /** Undefined for one that is not saved. */
  id: string | undefined;
  type: IntegrationType;
  fields: Fields;
}

/** Requests for these configurations. */
export function createOutbound(
  audit: Audit,
  permissions: Permissions,
  configurations: Configurations,
  uses: Pick<SecretUses, 'find' | 'count'>,
  { longestTestMs = 12_000, ...options }: OutboundOptions,
): Outbound {
  const calls = createCalls(options);
  const countTest = createTestLimit();

  /** Tells the trail, and then tests. `begin` is what the trail is told for an address. */
  async function run(
    caller: Caller,
    { id, type, fields }: Wanted,
    end: AbortSignal,
    begin: (origin: string) => AuditEvent,
  ): Promise<Check[]> {
    const stamp = { id: randomUUID(), at: new Date().toISOString() };
    const configured = readConfigured(type, fields, stamp);
    const origin = shownOrigin(configured?.target ?? '');
    await audit.recordAlone(caller, begin(origin));
    if (configured === undefined) return unsound;
    const { checks, refusals } = await sendCounted(caller, id, configured, end);
    for (const { name } of refusals)
      await audit.recordAlone(caller, {
        action: 'secret.use-refused',
        subject: `${name}/${origin}`,
      });
    return checks;
  }

  /** Counts one use of every secret that was found, whatever became of the request. */
  async function sendCounted(
    caller: Caller,
    id: string | undefined,
    configured: Configured,
    end: AbortSignal,
  ): Promise<Tested> {
    let secrets: readonly UsableSecret[] = [];
    let hasSucceeded = false;
    // To use an integration is not to know how it is made.
    const mayKnowNames = holds(caller, [...readIntegrations, ...readSecrets]);
    const shownName = mayKnowNames ? (name: string) => name : () => 'A secret in it';
    try {
      for (let attempts = 1; ; attempts += 1) {
        const found = await findSecrets(uses, caller, configured.names, end, shownName);
        ({ secrets } = found);
        try {
          const tested = await send(configured, found, end, shownName);
          ({ hasSucceeded } = tested);
          return tested;
        } catch (error) {
          if (!(error instanceof Overtaken)) throw error;
          if (attempts === mostAttempts)
            return await send(
              configured,
              { secrets, open: () => Promise.reject(moving) },
              end,
              shownName,
            );
        }
      }
    } finally {
      if (secrets.length > 0) uses.count(secrets, id ?? null, hasSucceeded);
    }
  }

  function send(
    configured: Configured,
    found: FoundSecrets,
    end: AbortSignal,
    shownName: (name: string) => string,
  ): Promise<Tested> {
    const { target, names } = configured;
    const { secrets } = found;
    const call = { target, secrets, shownName, hasCredentials: names.length > 0 };
    return configured.kind === 'http'
      ? calls.check({ ...call, open: async () => configured.place(await found.open()) }, end)
      : calls.checkMail({ ...call, open: async () => configured.place(await found.open()) }, end);
  }

  return {
    async test(caller, id) {
      await permissions.demand(caller, testIntegrations, subjectOf(id));
      countTest(caller);
      const end = AbortSignal.timeout(longestTestMs);
      const { name, ...found } = await configurations.find(id);
      return run(caller, found, end, () => ({
        action: 'integration.tested',
        subject: name,
      }));
    },

    async testDraft(caller, draft) {
      await permissions.demand(caller, testDrafts, subjectOf(draft.id));
      const needed = draft.id === undefined ? createIntegrations : updateIntegrations;
      await permissions.demand(caller, needed, subjectOf(draft.id));
      countTest(caller);
      const end = AbortSignal.timeout(longestTestMs);
      const { fields } = await configurations.checkDraft(caller, draft);
      return run(caller, { id: undefined, type: draft.type, fields }, end, (origin) => ({
        action: 'integration.draft-tested',
        subject: origin,
      }));
    },

    close: () => calls.close(),
  };
}
