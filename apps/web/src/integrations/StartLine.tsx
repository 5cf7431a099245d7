import { integrationPresets } from '@dropsafe/contract/integration-presets';
import { declarationOf } from '@dropsafe/contract/integration-types';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Link from '@mui/material/Link';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import type { Start } from './StartChoice.tsx';

interface Props {
  start: Start;
  /** Something was typed that would be lost. */
  isDirty: boolean;
  /** Back to the choice of a system. */
  onChooseAnother: (() => void) | undefined;
}

/** What the form is about: where the makers of the system tell what it wants, and the way back to the choice. */
export function StartLine({ start: { type, preset: key }, isDirty, onChooseAnother }: Props) {
  const [isAsking, setAsking] = useState(false);
  const preset = key === undefined ? undefined : integrationPresets[key];
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', columnGap: 2 }}>
      <Typography variant="body2" sx={{ color: 'text.secondary', flex: '1 1 260px' }}>
        {preset === undefined ? (
          declarationOf(type).help
        ) : (
          <>
            How {preset.title} wants to be asked is told in{' '}
            <Link href={preset.documentation} target="_blank" rel="noreferrer">
              its documentation
            </Link>
            .
          </>
        )}
      </Typography>
      {onChooseAnother && (
        <Button
          size="small"
          sx={{ ml: { xs: -1.25, sm: 0 } }}
          onClick={() => (isDirty ? setAsking(true) : onChooseAnother())}
        >
          Choose another system
        </Button>
      )}
      {isAsking && (
        <ConfirmDialog
          title="Discard what you typed?"
          confirmLabel="Discard"
          cancelLabel="Keep editing"
          onConfirm={() => onChooseAnother?.()}
          onCancel={() => setAsking(false)}
        >
          It has not been saved.
        </ConfirmDialog>
      )}
    </Box>
  );
}
