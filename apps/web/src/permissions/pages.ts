import {
  apiKeysPath,
  auditPath,
  integrationsPath,
  secretsPath,
  systemPath,
  teamsPath,
  usersPath,
} from '../paths.ts';
import {
  useCanListIntegrations,
  useCanManageAccess,
  useCanReadAudit,
  useCanReadSecrets,
} from './can.ts';

/** A page of the navigation. */
export interface NavigationPage {
  title: string;
  path: string;
}

/** The pages that the person may see, in the order of the navigation; the first is where they start. */
export function usePages(): NavigationPage[] {
  const canReadSecrets = useCanReadSecrets();
  const canListIntegrations = useCanListIntegrations();
  const canManageAccess = useCanManageAccess();
  const canReadAudit = useCanReadAudit();
  return [
    ...(canReadSecrets ? [{ title: 'Secrets', path: secretsPath }] : []),
    ...(canListIntegrations ? [{ title: 'Integrations', path: integrationsPath }] : []),
    ...(canManageAccess
      ? [
          { title: 'Users', path: usersPath },
          { title: 'Teams', path: teamsPath },
          { title: 'API keys', path: apiKeysPath },
        ]
      : []),
    ...(canReadAudit ? [{ title: 'Audit', path: auditPath }] : []),
    ...(canReadSecrets ? [{ title: 'System', path: systemPath }] : []),
  ];
}
