import Alert from '@mui/material/Alert';
import Snackbar from '@mui/material/Snackbar';
import { createContext, use, useState, type ReactNode } from 'react';

interface Toast {
  id: number;
  message: string;
  severity: 'success' | 'info' | 'error';
}

type ShowToast = (message: string, severity?: Toast['severity']) => void;

const ToastContext = createContext<ShowToast>(() => undefined);

/** Shows a short message about something that was done. Failures of an open form belong into the form instead. */
export const useToast = (): ShowToast => use(ToastContext);

/** Shows the toasts of everything below, one at a time, the latest one wins. */
export function Toasts({ children }: { children: ReactNode }) {
  const [toast, setToast] = useState<Toast | null>(null);
  const [showToast] = useState<ShowToast>(
    () =>
      (message: string, severity: Toast['severity'] = 'success') =>
        setToast((last) => ({ id: (last?.id ?? 0) + 1, message, severity })),
  );
  const close = () => setToast(null);
  return (
    <ToastContext value={showToast}>
      {children}
      {/* Always there: a live region that arrives together with its first message is not read out everywhere. */}
      <div role="status" aria-live="polite">
        {toast !== null && (
          <Snackbar
            key={toast.id}
            open
            // An error stays until it is dismissed.
            autoHideDuration={toast.severity === 'error' ? null : 6000}
            onClose={(_, reason) => reason !== 'clickaway' && close()}
          >
            <Alert
              // The region around it is the live one.
              role="presentation"
              severity={toast.severity}
              variant="filled"
              onClose={close}
              slotProps={{ closeButton: { 'aria-label': 'Dismiss' } }}
              sx={[
                { maxWidth: 480 },
                // In dark, MUI's own pair has a contrast below 4.5:1.
                (theme) =>
                  theme.applyStyles('dark', {
                    backgroundColor: theme.vars.palette[toast.severity].main,
                    color: theme.vars.palette[toast.severity].contrastText,
                  }),
              ]}
            >
              {toast.message}
            </Alert>
          </Snackbar>
        )}
      </div>
    </ToastContext>
  );
}
