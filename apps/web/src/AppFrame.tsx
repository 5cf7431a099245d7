import AppBar from '@mui/material/AppBar';
import Box from '@mui/material/Box';
import Container from '@mui/material/Container';
import Link from '@mui/material/Link';
import Toolbar from '@mui/material/Toolbar';
import Typography from '@mui/material/Typography';
import { Suspense } from 'react';
import { NavLink, Outlet } from 'react-router';
import { AccountMenu } from './identity/AccountMenu.tsx';
import { Navigation } from './Navigation.tsx';
import { startPath } from './paths.ts';
import { Logo } from './ui/Logo.tsx';

/** What stands around every page: skip link, name, the pages that this person may see, and their account. */
export function AppFrame() {
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
            <Navigation />
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
