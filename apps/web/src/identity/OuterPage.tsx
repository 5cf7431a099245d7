import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { Logo } from '../ui/Logo.tsx';

/** A page for somebody who is not signed in: one card in the middle. */
export function OuterPage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Box
      component="main"
      sx={{
        minHeight: '100dvh',
        display: 'grid',
        placeItems: 'center',
        alignContent: 'center',
        gap: 3,
        p: 2,
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.5 }}>
        <Logo size={40} />
        <Typography
          component="span"
          sx={{ fontSize: '1.5rem', fontWeight: 700, letterSpacing: '-0.02em' }}
        >
          Dropsafe
        </Typography>
      </Box>
      <Paper
        variant="outlined"
        sx={{ width: '100%', maxWidth: 400, p: { xs: 2.5, sm: 4 }, borderRadius: 1.75 }}
      >
        <Typography variant="h1" sx={{ mb: 2.5 }}>
          {title}
        </Typography>
        {children}
      </Paper>
      <Typography variant="caption" sx={{ color: 'text.secondary', textAlign: 'center' }}>
        Credentials go in. Nobody takes them out again.
      </Typography>
    </Box>
  );
}
