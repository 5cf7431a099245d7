import AppBar from '@mui/material/AppBar';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Container from '@mui/material/Container';
import Link from '@mui/material/Link';
import Toolbar from '@mui/material/Toolbar';
import Typography from '@mui/material/Typography';
import { Suspense } from 'react';
import { NavLink, Outlet } from 'react-router';
import { AccountMenu } from './identity/AccountMenu.tsx';
import { apiKeysPath, auditPath, secretsPath, startPath, teamsPath, usersPath } from './paths.ts';
import { useCanManageAccess, useCanReadAudit, useCanReadSecrets } from './permissions/can.ts';
import { Logo } from './ui/Logo.tsx';

/** What stands around every page: skip link, name, the pages that this person may see, and their account. */
export function AppFrame() {
  const canReadSecrets = useCanReadSecrets();
  const canReadAudit = useCanReadAudit();
  const canManageAccess = useCanManageAccess();
  return (
    <Box sx={{ minHeight: '100dvh', display: 'flex', flexDirection: 'column' }}>
      <SkipLink />
      <AppBar
        position="sticky"
        elevation={0}
        color="inherit"
        sx={{ bgcolor: 'background.paper', borderBottom: 1, borderColor: 'divider' }}
      >
        <Container maxWidth="xl">
          <Toolbar disableGutters sx={{ gap: { xs: 1, sm: 3 }, minHeight: { xs: 56, sm: 60 } }}>
            <Link
              component={NavLink}
              to={startPath}
              underline="none"
              aria-label="Dropsafe, start page"
              sx={{ display: 'flex', alignItems: 'center', gap: 1.25, color: 'text.primary' }}
            >
              <Logo />
              <Typography
                component="span"
                sx={{
                  fontSize: '1.0625rem',
                  fontWeight: 700,
                  letterSpacing: '-0.015em',
                  display: { xs: 'none', sm: 'inline' },
                }}
              >
                Dropsafe
              </Typography>
            </Link>
            {/* On a phone the links scroll, not the page. */}
            <Box
              component="nav"
              aria-label="Main"
              sx={{ flex: 1, minWidth: 0, display: 'flex', gap: 0.5, overflowX: 'auto', p: 0.5 }}
            >
              {canReadSecrets && <NavigationLink to={secretsPath}>Secrets</NavigationLink>}
              {canManageAccess && <NavigationLink to={usersPath}>Users</NavigationLink>}
              {canManageAccess && <NavigationLink to={teamsPath}>Teams</NavigationLink>}
              {canManageAccess && <NavigationLink to={apiKeysPath}>API keys</NavigationLink>}
              {canReadAudit && <NavigationLink to={auditPath}>Audit</NavigationLink>}
            </Box>
            <AccountMenu />
          </Toolbar>
        </Container>
      </AppBar>
      <Container
        component="main"
        id="main"
        tabIndex={-1}
        maxWidth="xl"
        sx={{ flex: 1, py: { xs: 2.5, sm: 4 }, outline: 'none' }}
      >
        {/* While the page itself is on its way. */}
        <Suspense>
          <Outlet />
        </Suspense>
      </Container>
    </Box>
  );
}

function NavigationLink({ to, children }: { to: string; children: string }) {
  return (
    <Button
      component={NavLink}
      to={to}
      color="inherit"
      // NavLink sets aria-current, for screen readers and for this.
      sx={{
        color: 'text.secondary',
        flex: 'none',
        minWidth: 0,
        '&[aria-current="page"]': { color: 'primary.main', bgcolor: 'action.hover' },
      }}
    >
      {children}
    </Button>
  );
}

function SkipLink() {
  return (
    <Link
      href="#main"
      sx={{
        position: 'absolute',
        zIndex: 'tooltip',
        top: 8,
        left: 8,
        px: 2,
        py: 1,
        bgcolor: 'background.paper',
        borderRadius: 1,
        // Visible as soon as it has the focus.
        '&:not(:focus)': { clipPath: 'inset(50%)', width: '1px', height: '1px', p: 0 },
      }}
    >
      Skip to content
    </Link>
  );
}
