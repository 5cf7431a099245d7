import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import { Link as RouterLink } from 'react-router';
import { systemPath } from '../paths.ts';
import type { SeenProvider } from './providers.queries.ts';

/** Which providers are down, and why. What is in the others can be used all the same. */
export function ProvidersDown({ providers }: { providers: readonly SeenProvider[] }) {
  const down = providers.filter(({ trouble }) => trouble !== undefined);
  return (
    // Always there: a live region that arrives together with its first message is not read out everywhere.
    <Box role="status" sx={{ '&:not(:empty)': { mb: 2 } }}>
      {down.length > 0 && (
        <Alert severity="warning" role="presentation">
          {down.map(({ name, trouble }) => (
            <div key={name}>
              <strong>{name} is down.</strong> {trouble}
            </div>
          ))}
          {down.length < providers.length
            ? 'What is in the others can be used all the same. '
            : 'Until it is up again, no secret can be used. '}
          <Link component={RouterLink} to={systemPath} color="inherit">
            Look at the providers
          </Link>
        </Alert>
      )}
    </Box>
  );
}
