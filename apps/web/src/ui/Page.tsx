import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { useTitle } from './use-title.ts';

interface PageProps {
  title: string;
  /** The way to the page that this one belongs to. */
  above?: ReactNode;
  /** One sentence below the title. */
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** The id of the heading of a page: takes the focus when what had it is gone. */
export const pageTitleId = 'page-title';

/** A page: heading, what it is for, what can be done, content. */
export function Page({ title, above, lead, actions, children }: PageProps) {
  useTitle(title);
  return (
    <>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, mb: 3, alignItems: 'flex-start' }}>
        <Box sx={{ flex: '1 1 280px', minWidth: 0, overflowWrap: 'anywhere' }}>
          {above}
          <Typography id={pageTitleId} variant="h1" tabIndex={-1} sx={{ outline: 'none' }}>
            {title}
          </Typography>
          {lead !== undefined && (
            <Typography variant="body2" sx={{ color: 'text.secondary', mt: 0.5 }}>
              {lead}
            </Typography>
          )}
        </Box>
        {actions}
      </Box>
      {children}
    </>
  );
}

interface EmptyStateProps {
  title: string;
  children: ReactNode;
  action?: ReactNode;
  picture?: ReactNode;
}

/** In place of content that is not there: says why, and what to do next. */
export function EmptyState({ title, children, action, picture }: EmptyStateProps) {
  return (
    <Paper
      variant="outlined"
      sx={{
        display: 'grid',
        gridTemplateColumns: 'minmax(0, 1fr)',
        overflowWrap: 'anywhere',
        justifyItems: 'center',
        textAlign: 'center',
        gap: 1,
        px: 3,
        py: { xs: 5, sm: 8 },
        borderRadius: 1.5,
        borderStyle: 'dashed',
      }}
    >
      {picture !== undefined && <Box sx={{ mb: 1 }}>{picture}</Box>}
      <Typography variant="h2">{title}</Typography>
      <Typography variant="body2" sx={{ color: 'text.secondary', maxWidth: 460 }}>
        {children}
      </Typography>
      {action !== undefined && <Box sx={{ mt: 1.5 }}>{action}</Box>}
    </Paper>
  );
}
