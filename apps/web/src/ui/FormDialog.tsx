import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import {
  createContext,
  use,
  useEffect,
  useLayoutEffect,
  useState,
  type ReactNode,
  type SubmitEvent,
} from 'react';
import { isSignedOut } from '../api/client.ts';
import { SignedOutAlert } from '../identity/SignedOutAlert.tsx';
import { ConfirmDialog } from './ConfirmDialog.tsx';
import { DialogFrame } from './DialogFrame.tsx';
import { DisabledReason } from './DisabledReason.tsx';
import { useOpenWork } from './open-work.ts';
import { ProblemAlert } from './ProblemAlert.tsx';

/**
 * @file The dialog around every form. It asks once before anything typed is discarded (Esc, backdrop, buttons, closing
 * the tab), and it is unmounted the moment it closes, without an exit animation, so that what was typed is gone at once.
 */

interface FrameContext {
  requestClose: () => void;
  setState: (state: { isDirty: boolean; isSaving: boolean }) => void;
}

const FrameContext = createContext<FrameContext | null>(null);

interface FormDialogProps {
  title: ReactNode;
  onClose: () => void;
  size?: 'usual' | 'wide';
  /** A `DialogForm`, or what stands there until the form can be shown. */
  children: ReactNode;
}

/** The frame: title, guard and focus. Rendered only while it is open. */
export function FormDialog({ title, onClose, size = 'usual', children }: FormDialogProps) {
  const [{ isDirty, isSaving }, setState] = useState({ isDirty: false, isSaving: false });
  const [isAsking, setAsking] = useState(false);
  useOpenWork();
  useEffect(() => {
    if (!isDirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isDirty]);

  const requestClose = () => {
    // A request under way cannot be taken back; its answer decides.
    if (isSaving) return;
    if (isDirty) setAsking(true);
    else onClose();
  };
  return (
    <DialogFrame title={title} onClose={requestClose} size={size}>
      <FrameContext value={{ requestClose, setState }}>{children}</FrameContext>
      {isAsking && (
        <ConfirmDialog
          title="Discard what you typed?"
          confirmLabel="Discard"
          cancelLabel="Keep editing"
          onConfirm={onClose}
          onCancel={() => setAsking(false)}
        >
          It has not been saved.
        </ConfirmDialog>
      )}
    </DialogFrame>
  );
}

interface DialogFormProps {
  saveLabel: string;
  /** Why it cannot be saved now. */
  saveReason?: string | undefined;
  isDirty: boolean;
  isSaving: boolean;
  /** What the last attempt ended with, unless it already stands at a field. */
  problem: Error | null;
  onSave: () => void;
  /** What else the last attempt led to. */
  notice?: ReactNode;
  children: ReactNode;
}

/** The form in a `FormDialog`: fields, the panel for a failure, and the buttons. */
export function DialogForm(props: DialogFormProps) {
  const { saveLabel, saveReason, isDirty, isSaving, problem, notice, onSave, children } = props;
  const frame = use(FrameContext);
  if (frame === null) throw new Error('DialogForm belongs into a FormDialog.');
  const { requestClose, setState } = frame;
  // Before anything else can happen: an Esc right behind a key would find a frame that does not know of it, and discard it unasked.
  useLayoutEffect(() => setState({ isDirty, isSaving }), [isDirty, isSaving, setState]);

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    // A form in another dialog is a child of this one for React, though not for the browser.
    event.stopPropagation();
    if (!isSaving && saveReason === undefined) onSave();
  };
  return (
    <Box
      component="form"
      noValidate
      autoComplete="off"
      onSubmit={submit}
      sx={{ display: 'flex', flexDirection: 'column', minHeight: 0, flex: 1 }}
    >
      <DialogContent
        sx={{ display: 'grid', gap: 2.5, alignContent: 'start', pt: '8px !important' }}
      >
        {children}
      </DialogContent>
      {/* Outside of what scrolls: it is seen wherever the form was scrolled to. */}
      <Box role="status" sx={{ px: 3, '&:not(:empty)': { pt: 1.5 } }}>
        {notice}
      </Box>
      {problem !== null && (
        <Box sx={{ px: 3, pt: 1.5 }}>
          {isSignedOut(problem) ? <SignedOutAlert /> : <ProblemAlert problem={problem} />}
        </Box>
      )}
      <DialogActions sx={{ px: 3, py: 2 }}>
        <Button onClick={requestClose}>Cancel</Button>
        <DisabledReason reason={saveReason}>
          <Button type="submit" variant="contained" loading={isSaving}>
            {saveLabel}
          </Button>
        </DisabledReason>
      </DialogActions>
    </Box>
  );
}
