import Menu, { type MenuProps } from '@mui/material/Menu';
import type { ReactNode } from 'react';

interface Props extends Pick<MenuProps, 'id' | 'anchorOrigin' | 'transformOrigin'> {
  label: string;
  /** The button that it belongs to; null while it is closed. */
  anchor: HTMLElement | null;
  onClose: () => void;
  children: ReactNode;
}

/** A menu below its button. */
export function DropMenu({ label, anchor, onClose, children, ...menu }: Props) {
  return (
    <Menu
      {...menu}
      anchorEl={anchor}
      open={anchor !== null}
      onClose={onClose}
      // Inside of the landmark of its button, where screen readers look for it, instead of at the end of the body.
      container={() => anchor?.closest<HTMLElement>('header, main') ?? document.body}
      disableScrollLock
      transitionDuration={0}
      slotProps={{ list: { 'aria-label': label }, paper: { sx: { minWidth: 200 } } }}
    >
      {children}
    </Menu>
  );
}
