import Tooltip from '@mui/material/Tooltip';
import { cloneElement, type MouseEvent, type ReactElement } from 'react';

interface Pressable {
  onClick?: ((event: MouseEvent<HTMLElement>) => void) | undefined;
  'aria-disabled'?: boolean | undefined;
}

interface Props {
  /** Why it cannot be pressed; without a reason the button is as it is. */
  reason: string | undefined;
  children: ReactElement<Pressable>;
}

// Beside the button in the document, too: at the end of the body it would stand outside of every landmark and, in a
// dialog, be hidden from screen readers. Fixed, so that a scrolling table does not cut it off.
const beside = { disablePortal: true, popperOptions: { strategy: 'fixed' } } as const;

/**
 * A button that stays where it is when it may not be pressed, and says why. It keeps its place in the tab order
 * (`aria-disabled` instead of `disabled`), so the reason can be reached by keyboard and by a screen reader.
 */
export function DisabledReason({ reason, children }: Props) {
  if (reason === undefined) return children;
  return (
    <Tooltip title={reason} describeChild slotProps={{ popper: beside }}>
      {cloneElement(children, {
        'aria-disabled': true,
        onClick: (event: MouseEvent<HTMLElement>) => event.preventDefault(),
      })}
    </Tooltip>
  );
}
