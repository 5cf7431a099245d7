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
  secretsPath,
  sessionsPath,
  startPath,
} from './paths.ts';
import { StartPage } from './permissions/StartPage.tsx';
import { SecretsPage } from './secrets/SecretsPage.tsx';

// Few people have it, and those look at the secrets first.
const AuditPage = lazy(async () => ({
  default: (await import('./audit/AuditPage.tsx')).AuditPage,
}));

/** Every route. All but signing in stand behind the gate and inside the frame. */
export function AppRoutes() {
  return (
    <Routes>
      <Route path="/sign-in" element={<LoginPage />} />
      <Route element={<SessionGate />}>
        <Route element={<AppFrame />}>
          <Route path={startPath} element={<StartPage />} />
          <Route path={secretsPath} element={<SecretsPage />} />
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
