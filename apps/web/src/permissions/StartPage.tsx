import { Navigate } from 'react-router';
import { EmptyState, Page } from '../ui/Page.tsx';
import { useSession } from './can.ts';
import { usePages } from './pages.ts';

/** Leads to the first page that this person may see, or explains why there is none. */
export function StartPage() {
  const { principal } = useSession();
  const [first] = usePages();
  if (first !== undefined) return <Navigate to={first.path} replace />;
  return (
    <Page title="Welcome">
      <EmptyState title="There is nothing here for you yet">
        You are signed in as {principal.name}, but no permission has been granted to you. Ask an
        administrator for SECRET_MANAGEMENT or INTEGRATION_MANAGEMENT, or for a part such as
        SECRET_MANAGEMENT_READ. As soon as it is granted, reload this page.
      </EmptyState>
    </Page>
  );
}
