import { declarationOf } from '@dropsafe/contract/integration-types';
import { isSameField, type Integration } from '@dropsafe/contract/integrations';
import Box from '@mui/material/Box';
import { ConflictAlert } from '../ui/ConflictAlert.tsx';
import type { FormContent } from './form-content.ts';

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
    <ConflictAlert
      what="integration"
      fresh={fresh}
      onContinue={onContinue}
      onDiscard={onDiscard}
      // It stands above the fields, and one saves from wherever one is.
      ref={(alert) => alert?.scrollIntoView({ block: 'nearest' })}
    >
      {' What they changed:'}
      <Box component="ul" sx={{ my: 0.5, pl: 2.5 }}>
        {changes.map(({ title, isOursToo }) => (
          <li key={title}>
            {title}
            {isOursToo && ', which you changed as well: yours stays in the form'}
          </li>
        ))}
      </Box>
    </ConflictAlert>
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
    .filter(({ before, after }) => !isSameField(before, after))
    .map(({ title, before, ours }) => ({ title, isOursToo: !isSameField(before, ours) }));
}
