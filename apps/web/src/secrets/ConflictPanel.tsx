import type { SecretMetadata } from '@dropsafe/contract/secrets';
import Box from '@mui/material/Box';
import { ConflictAlert } from '../ui/ConflictAlert.tsx';
import { monospace } from '../ui/theme.ts';
import type { TypedSecret } from './secrets.queries.ts';

interface Props {
  /** The secret as this form saw it. */
  seen: SecretMetadata;
  /** The secret as it is now. */
  fresh: SecretMetadata;
  typed: Pick<TypedSecret, 'description' | 'destinations'>;
  onContinue: () => void;
  onDiscard: () => void;
}

/** Somebody else changed the secret meanwhile: what they changed, beside what stands in the form, and the choice. */
export function ConflictPanel({ seen, fresh, typed, onContinue, onDiscard }: Props) {
  const differences = [
    (fresh.description ?? '') !== (seen.description ?? '') && {
      field: 'Description',
      theirs: fresh.description ?? '(none)',
      yours: typed.description || '(none)',
    },
    fresh.destinations.join('\n') !== seen.destinations.join('\n') && {
      field: 'Destinations',
      theirs: fresh.destinations.join('\n') || '(none)',
      yours: typed.destinations.toSorted().join('\n') || '(none)',
    },
  ].filter((difference) => difference !== false);
  const hasNewValue = fresh.valueUpdatedAt !== seen.valueUpdatedAt;
  return (
    <ConflictAlert what="secret" fresh={fresh} onContinue={onContinue} onDiscard={onDiscard}>
      {hasNewValue && ' They also set a new value.'}
      {differences.map(({ field, theirs, yours }) => (
        <Box key={field} sx={{ mt: 1.5 }}>
          <strong>{field}</strong>
          <Box
            component="dl"
            sx={{
              display: 'grid',
              gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr)',
              gap: 1.5,
              m: 0,
              '& dt': { fontSize: '0.8125rem' },
              '& dd': {
                m: 0,
                whiteSpace: 'pre-wrap',
                overflowWrap: 'anywhere',
                fontFamily: field === 'Destinations' ? monospace : 'inherit',
                fontSize: '0.8125rem',
              },
            }}
          >
            <Box>
              <dt>Now stored</dt>
              <dd>{theirs}</dd>
            </Box>
            <Box>
              <dt>In this form</dt>
              <dd>{yours}</dd>
            </Box>
          </Box>
        </Box>
      ))}
    </ConflictAlert>
  );
}
