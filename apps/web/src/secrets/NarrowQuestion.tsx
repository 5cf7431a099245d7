import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { InUsePanel, typingReason, type InUse } from './InUsePanel.tsx';

interface Props {
  name: string;
  inUse: InUse;
  isBusy: boolean;
  onConfirm: () => void;
  /** Back to the form, with everything that stands in it. */
  onCancel: () => void;
}

/** The question before a value may not be sent any more where integrations send it. */
export function NarrowQuestion({ name, inUse, isBusy, onConfirm, onCancel }: Props) {
  const [typed, setTyped] = useState('');
  const reason = typingReason(name, typed);
  return (
    <ConfirmDialog
      title={`Narrow the destinations of ${name}?`}
      confirmLabel="Save"
      cancelLabel="Keep editing"
      isBusy={isBusy}
      confirmReason={reason}
      onConfirm={onConfirm}
      onCancel={onCancel}
    >
      <Typography variant="body1">
        Integrations send its value to destinations that you removed. Nothing has been saved yet.
      </Typography>
      <InUsePanel
        name={name}
        inUse={inUse}
        act="save it"
        onTyped={setTyped}
        onSubmit={() => reason === undefined && !isBusy && onConfirm()}
      />
    </ConfirmDialog>
  );
}
