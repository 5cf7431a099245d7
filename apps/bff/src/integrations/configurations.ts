/**
 * @file Configurations, as they are saved and as they would be: the one check that both saving and testing begin with. Who names a
 * secret needs a permission for secrets as soon as anything that decides about it changes.
 */
import {
  checkConfiguration,
  readConfiguration,
  type ConfigurationReference,
  type ReadConfiguration,
} from '@dropsafe/contract/integration-check';
import type { IntegrationType } from '@dropsafe/contract/integration-types';
import type { Fields, Integration } from '@dropsafe/contract/integrations';
import type { TestDraft } from '@dropsafe/contract/outbound';
import { readSecrets } from '@dropsafe/contract/permissions';
import type { Audit } from '../audit/audit.ts';
import type { Caller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { fieldProblem, Problem } from '../base/problem.ts';
import { holds } from '../permissions/permissions.ts';
import type { References, SeenSecrets } from '../secrets/secrets.ts';
import { isIntegrationId, settingsOf, subjectOf } from './integration.ts';
import { findIntegration } from './integrations.store.ts';

/** A configuration that may be saved, with the secrets as they were seen. */
export interface CheckedConfiguration {
  read: ReadConfiguration;
  seen: SeenSecrets;
}

/** Configurations, for whoever has demanded what there is to demand. */
export interface Configurations {
  /** The integration as it is saved at this moment. Throws `not-found`. */
  find(id: string): Promise<Integration>;
  /**
   * Checks a configuration for whoever saves it. `before` are the settings that are there already. Throws `validation-failed` with every
   * problem; a mention that is refused for want of a permission is recorded.
   */
  check(
    caller: Caller,
    subject: string,
    type: IntegrationType,
    fields: Fields,
    before: ReadonlySet<string>,
  ): Promise<CheckedConfiguration>;
  /** Checks a configuration as saving it would, as a new one or as that of the integration that it names. Throws `not-found`, `validation-failed`. */
  checkDraft(caller: Caller, draft: TestDraft): Promise<ReadConfiguration>;
}

/** Configurations in this database. */
export function createConfigurations(
  { queries }: Database,
  audit: Audit,
  references: References,
): Configurations {
  const find: Configurations['find'] = async (id) => {
    const found = isIntegrationId(id) ? await findIntegration(queries, id) : undefined;
    if (found === undefined) throw new Problem('not-found');
    return found;
  };

  const check: Configurations['check'] = async (caller, subject, type, fields, before) => {
    const read = readConfiguration(type, fields);
    // Who may not list secrets learns nothing about them, not even by the time it takes, but of what is there already.
    const isPermitted = ({ setting }: ConfigurationReference) =>
      before.has(setting) || holds(caller, readSecrets);
    const permitted = read.references.filter(isPermitted);
    const seen = await references.see(permitted.map(({ secret }) => secret));
    const isDenied = permitted.length < read.references.length;
    const errors = checkConfiguration(read, (reference) =>
      isPermitted(reference) ? seen.judge(reference.secret, read.target) : 'not-permitted',
    );
    if (isDenied)
      await audit.recordSeldom(caller, {
        action: 'permission.denied',
        subject,
        permissions: readSecrets,
      });
    if (errors.length > 0) throw new Problem('validation-failed', { errors });
    return { read, seen };
  };

  return {
    find,
    check,
    async checkDraft(caller, { id, type, fields }) {
      const stored = id === undefined ? undefined : await find(id);
      if (stored !== undefined && stored.type !== type)
        throw fieldProblem('type', 'The type of an integration stays as it is.');
      const before = stored === undefined ? new Set<string>() : settingsOf(stored);
      return (await check(caller, subjectOf(id), type, fields, before)).read;
    },
  };
}
