import { problems } from '@dropsafe/contract/problems';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { styled } from '@mui/material/styles';
import type { ReactNode } from 'react';
import { monospace } from '../ui/theme.ts';
import type { CopyPlan, NotCopied } from './copy-plan.ts';

interface Props {
  plan: CopyPlan;
  target: { name: string; origin: string | null };
}

/** What will happen when all secrets of a provider are copied: how many, and which ones. */
export function CopyPreview({ plan: { toCopy, already, unusable, unbound }, target }: Props) {
  return (
    <>
      <Group count={toCopy.length} words={`to copy to ${target.name}`} entries={toCopy} />
      <Group
        count={already.length}
        words={`in ${target.name} already`}
        meaning="They stay as they are: a copy never overwrites."
        entries={already}
      />
      <Group
        count={unusable.length}
        words="cannot be used, so there is nothing to copy"
        entries={unusable}
      />
      {unbound.length > 0 && (
        <Group
          count={unbound.length}
          words={`not bound to ${target.origin ?? target.name}`}
          meaning={problems['destination-not-bound'].detail}
          entries={unbound}
        />
      )}
    </>
  );
}

interface GroupProps {
  count: number;
  words: string;
  meaning?: ReactNode;
  entries: readonly (string | NotCopied)[];
  /** The names show from the beginning. */
  isOpen?: boolean;
}

/** A number, and the names behind it for who wants to see them. Nothing when there are none. */
export function Group({ count, words, meaning, entries, isOpen }: GroupProps) {
  if (count === 0) return null;
  const more = entries.length - shownNames;
  return (
    <Details open={isOpen === true}>
      <summary>
        <strong>{count.toLocaleString('en')}</strong> {words}
      </summary>
      <Box sx={{ pl: 2.25, pb: 1 }}>
        {meaning !== undefined && (
          <Typography variant="caption" component="p" sx={{ color: 'text.secondary' }}>
            {meaning}
          </Typography>
        )}
        <Box
          component="ul"
          sx={{ display: 'grid', rowGap: 0.5, listStyle: 'none', m: 0, mt: 0.5, p: 0 }}
        >
          {entries.slice(0, shownNames).map((entry) => (
            <li key={typeof entry === 'string' ? entry : entry.name}>
              <Name>{typeof entry === 'string' ? entry : entry.name}</Name>
              {typeof entry !== 'string' && (
                <Typography component="span" variant="caption" sx={{ color: 'text.secondary' }}>
                  {' '}
                  {entry.why}
                </Typography>
              )}
            </li>
          ))}
        </Box>
        {more > 0 && (
          <Typography variant="caption" sx={{ color: 'text.secondary' }}>
            and {more.toLocaleString('en')} more
          </Typography>
        )}
      </Box>
    </Details>
  );
}

/** Of thousands nobody reads more. */
const shownNames = 200;

const Details = styled('details')(({ theme: { vars, shape, typography } }) => ({
  ...typography.body2,
  borderBottom: `1px solid ${vars.palette.divider}`,
  '& summary': { padding: '8px 4px', cursor: 'pointer', overflowWrap: 'anywhere' },
  '& summary:focus-visible': {
    outline: `2px solid ${vars.palette.primary.main}`,
    borderRadius: shape.borderRadius,
  },
}));

const Name = styled('span')({
  fontFamily: monospace,
  fontSize: '0.8125rem',
  overflowWrap: 'anywhere',
});
