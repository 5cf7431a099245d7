import { Navigate } from 'react-router';
import { auditPath, secretsPath, usersPath } from '../paths.ts';
import { EmptyState, Page } from '../ui/Page.tsx';
import { useCanManageAccess, useCanReadAudit, useCanReadSecrets, useSession } from './can.ts';

/** Leads to the first page that this person may see, or explains why there is none. */
export function StartPage() {
  const { principal } = useSession();
  const canReadSecrets = useCanReadSecrets();
  const canManageAccess = useCanManageAccess();
  const canReadAudit = useCanReadAudit();
  if (canReadSecrets) return <Navigate to={secretsPath} replace />;
  if (canManageAccess) return <Navigate to={usersPath} replace />;
  if (canReadAudit) return <Navigate to={auditPath} replace />;
  return (
    <Page title="Welcome">
      <EmptyState title="There is nothing here for you yet">
        You are signed in as {principal.name}, but no permission has been granted to you. Ask an
        administrator for SECRET_MANAGEMENT, or for one of its parts such as SECRET_MANAGEMENT_READ.
        As soon as it is granted, reload this page.
      </EmptyState>
    </Page>
  );
}
