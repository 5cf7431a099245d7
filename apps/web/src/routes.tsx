import { lazy, Suspense } from 'react';
import { Route, Routes } from 'react-router';
import { AppFrame } from './AppFrame.tsx';
import { ApiKeysPage } from './identity/ApiKeysPage.tsx';
import { LoginPage } from './identity/LoginPage.tsx';
import { SessionGate } from './identity/SessionGate.tsx';
import { AllSessionsPage, SessionsPage } from './identity/SessionsPage.tsx';
import { NotFoundPage } from './NotFoundPage.tsx';
import {
  allSessionsPath,
  apiKeysPath,
  auditPath,
  invitationPath,
  secretsPath,
  sessionsPath,
  startPath,
  teamsPath,
  usersPath,
} from './paths.ts';
import { StartPage } from './permissions/StartPage.tsx';
import { SecretsPage } from './secrets/SecretsPage.tsx';

// Few people have these, and those look at the secrets first; one is seen once.
const AuditPage = lazy(async () => ({
  default: (await import('./audit/AuditPage.tsx')).AuditPage,
}));
const UsersPage = lazy(async () => ({
  default: (await import('./access/UsersPage.tsx')).UsersPage,
}));
const TeamsPage = lazy(async () => ({
  default: (await import('./access/TeamsPage.tsx')).TeamsPage,
}));
const InvitationPage = lazy(async () => ({
  default: (await import('./identity/InvitationPage.tsx')).InvitationPage,
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
      <Route element={<SessionGate />}>
        <Route element={<AppFrame />}>
          <Route path={startPath} element={<StartPage />} />
          <Route path={secretsPath} element={<SecretsPage />} />
          <Route
            path={usersPath}
            element={
              <Suspense>
                <UsersPage />
              </Suspense>
            }
          />
          <Route
            path={teamsPath}
            element={
              <Suspense>
                <TeamsPage />
              </Suspense>
            }
          />
          <Route
            path={auditPath}
            element={
              <Suspense>
                <AuditPage />
              </Suspense>
            }
          />
          <Route path={apiKeysPath} element={<ApiKeysPage />} />
          <Route path={sessionsPath} element={<SessionsPage />} />
          <Route path={allSessionsPath} element={<AllSessionsPage />} />
          <Route path="*" element={<NotFoundPage />} />
        </Route>
      </Route>
    </Routes>
  );
}
