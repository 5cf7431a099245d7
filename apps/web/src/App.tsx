import createCache from '@emotion/cache';
import { CacheProvider } from '@emotion/react';
import CssBaseline from '@mui/material/CssBaseline';
import { ThemeProvider } from '@mui/material/styles';
import { QueryClientProvider } from '@tanstack/react-query';
import { BrowserRouter } from 'react-router';
import { createQueryClient } from './api/query-client.ts';
import { AppRoutes } from './routes.tsx';
import { ErrorBoundary } from './ui/ErrorBoundary.tsx';
import { nonce } from './ui/nonce.ts';
import { modeStorageKey, theme } from './ui/theme.ts';
import { Toasts } from './ui/Toasts.tsx';

const styles = createCache({ key: 'ds', ...(nonce ? { nonce } : {}) });
const queryClient = createQueryClient();

/** Everything that all pages share. */
export function App() {
  return (
    <CacheProvider value={styles}>
      {/* noSsr: the chosen scheme is read before the first render, or the other one would flash. */}
      <ThemeProvider theme={theme} modeStorageKey={modeStorageKey} noSsr>
        <CssBaseline />
        <ErrorBoundary>
          <QueryClientProvider client={queryClient}>
            <BrowserRouter>
              <Toasts>
                <AppRoutes />
              </Toasts>
            </BrowserRouter>
          </QueryClientProvider>
        </ErrorBoundary>
      </ThemeProvider>
    </CacheProvider>
  );
}
