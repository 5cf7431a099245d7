import { declarationOf } from '@dropsafe/contract/integration-types';
import type { Integration } from '@dropsafe/contract/integrations';
import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { isSame, type FormContent } from './form-content.ts';

interface Props {
  /** The integration as this form saw it. */
  seen: Integration;
  /** The integration as it is now. */
  fresh: Integration;
  typed: FormContent;
  onContinue: () => void;
  onDiscard: () => void;
}

/** Somebody else changed the integration meanwhile: what they changed, and the choice. Nothing is overwritten unasked. */
export function IntegrationConflict({ seen, fresh, typed, onContinue, onDiscard }: Props) {
  const changes = changesBetween(seen, fresh, typed);
  return (
    <Alert
      severity="warning"
      // It stands above the fields, and one saves from wherever one is.
      ref={(alert) => alert?.scrollIntoView({ block: 'nearest' })}
    >
      <AlertTitle>This integration was changed meanwhile</AlertTitle>
      {fresh.updatedBy ?? 'Somebody'} changed it{' '}
      {fresh.updatedAt !== null && <RelativeTime time={fresh.updatedAt} />} while this form was
      open. Nothing of yours has been saved yet. What they changed:
      <Box component="ul" sx={{ my: 0.5, pl: 2.5 }}>
        {changes.map(({ title, isOursToo }) => (
          <li key={title}>
            {title}
            {isOursToo && ', which you changed as well: yours stays in the form'}
          </li>
        ))}
      </Box>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, mt: 1.5 }}>
        <Button variant="contained" color="inherit" size="small" onClick={onContinue}>
          Continue on the new version
        </Button>
        <Button color="inherit" size="small" onClick={onDiscard}>
          Discard my changes
        </Button>
      </Box>
    </Alert>
  );
}

function changesBetween(seen: Integration, fresh: Integration, typed: FormContent) {
  const fields = Object.entries(declarationOf(seen.type).fields).map(([key, { title }]) => ({
    title,
    before: seen.fields[key],
    after: fresh.fields[key],
    ours: typed.fields[key],
  }));
  return [
    { title: 'Name', before: seen.name, after: fresh.name, ours: typed.name },
    {
      title: 'Description',
      before: seen.description ?? '',
      after: fresh.description ?? '',
      ours: typed.description,
    },
    {
      title: 'Enabled',
      before: seen.isDisabled,
      after: fresh.isDisabled,
      ours: typed.isDisabled,
    },
    ...fields,
  ]
    .filter(({ before, after }) => !isSame(before, after))
    .map(({ title, before, ours }) => ({ title, isOursToo: !isSame(before, ours) }));
}
