import Box from '@mui/material/Box';
import Button, { type ButtonProps } from '@mui/material/Button';
import type { ReactNode } from 'react';

interface Props extends Omit<ButtonProps, 'children' | 'color' | 'sx' | 'startIcon'> {
  label: string;
  icon: ReactNode;
}

/** A quiet button; on narrow screens the icon alone. */
export function ToolbarButton({ label, icon, ...button }: Props) {
  return (
    <Button
      {...button}
      aria-label={label}
      color="inherit"
      sx={{ color: 'text.secondary', minWidth: 40, gap: 1, px: { xs: 1, md: 1.75 } }}
    >
      {icon}
      <Box component="span" sx={{ display: { xs: 'none', md: 'inline' } }}>
        {label}
      </Box>
    </Button>
  );
}
