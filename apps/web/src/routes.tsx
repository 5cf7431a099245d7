import { lazy, Suspense } from 'react';
import { Route, Routes } from 'react-router';
import { AppFrame } from './AppFrame.tsx';
import { LoginPage } from './identity/LoginPage.tsx';
import { SessionGate } from './identity/SessionGate.tsx';
import { NotFoundPage } from './NotFoundPage.tsx';
import {
  allSessionsPath,
  apiKeysPath,
  auditPath,
  integrationsPath,
  invitationPath,
  providerReturnPath,
  passkeysPath,
  secretsPath,
  sessionsPath,
  startPath,
  systemPath,
  teamsPath,
  usersPath,
} from './paths.ts';
import { StartPage } from './permissions/StartPage.tsx';
import { SecretsPage } from './secrets/SecretsPage.tsx';

// Pages of administrators, and those that are seen now and then: not a part of what everybody loads first.
const IntegrationsPage = lazy(async () => ({
  default: (await import('./integrations/IntegrationsPage.tsx')).IntegrationsPage,
}));
const UsersPage = lazy(async () => ({
  default: (await import('./access/UsersPage.tsx')).UsersPage,
}));
const TeamsPage = lazy(async () => ({
  default: (await import('./access/TeamsPage.tsx')).TeamsPage,
}));
const ApiKeysPage = lazy(async () => ({
  default: (await import('./identity/ApiKeysPage.tsx')).ApiKeysPage,
}));
const PasskeysPage = lazy(async () => ({
  default: (await import('./identity/PasskeysPage.tsx')).PasskeysPage,
}));
const SessionsPage = lazy(async () => ({
  default: (await import('./identity/SessionsPage.tsx')).SessionsPage,
}));
const AllSessionsPage = lazy(async () => ({
  default: (await import('./identity/SessionsPage.tsx')).AllSessionsPage,
}));
const AuditPage = lazy(async () => ({
  default: (await import('./audit/AuditPage.tsx')).AuditPage,
}));
const SystemPage = lazy(async () => ({
  default: (await import('./providers/SystemPage.tsx')).SystemPage,
}));
const SecretPage = lazy(async () => ({
  default: (await import('./secrets/SecretPage.tsx')).SecretPage,
}));
const InvitationPage = lazy(async () => ({
  default: (await import('./identity/InvitationPage.tsx')).InvitationPage,
}));
const ProviderReturnPage = lazy(async () => ({
  default: (await import('./identity/ProviderReturnPage.tsx')).ProviderReturnPage,
}));

/** Every route. All but signing in and accepting an invitation stand behind the gate and inside the frame. */
export function AppRoutes() {
  return (
    <Routes>
      <Route path="/sign-in" element={<LoginPage />} />
      <Route
        path={invitationPath}
        element={
          <Suspense>
            <InvitationPage />
          </Suspense>
        }
      />
      <Route
        path={providerReturnPath}
        element={
          <Suspense>
            <ProviderReturnPage />
          </Suspense>
        }
      />
      <Route element={<SessionGate />}>
        <Route element={<AppFrame />}>
          <Route path={startPath} element={<StartPage />} />
          <Route path={secretsPath} element={<SecretsPage />} />
          <Route path={integrationsPath} element={<IntegrationsPage />} />
          <Route path={`${secretsPath}/:name`} element={<SecretPage />} />
          <Route path={usersPath} element={<UsersPage />} />
          <Route path={teamsPath} element={<TeamsPage />} />
          <Route path={apiKeysPath} element={<ApiKeysPage />} />
          <Route path={auditPath} element={<AuditPage />} />
          <Route path={systemPath} element={<SystemPage />} />
          <Route path={passkeysPath} element={<PasskeysPage />} />
          <Route path={sessionsPath} element={<SessionsPage />} />
          <Route path={allSessionsPath} element={<AllSessionsPage />} />
          <Route path="*" element={<NotFoundPage />} />
        </Route>
      </Route>
    </Routes>
  );
}
