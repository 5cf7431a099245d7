import ArrowDropDownIcon from '@mui/icons-material/ArrowDropDown';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import { useId, useState } from 'react';
import { NavLink, useLocation } from 'react-router';
import { usePages, type NavigationPage } from './permissions/pages.ts';
import { DropMenu } from './ui/DropMenu.tsx';

/** Links of so many letters stand beside each other on a phone of 360 px; all of them do from 900 px on. */
const lettersOnPhone = 20;

/** The pages that the person may see: links in a row, or a menu where they have no room. */
export function Navigation() {
  const pages = usePages();
  const letters = pages.map(({ title }) => title).join('');
  const isMenuOnPhone = letters.length > lettersOnPhone;
  return (
    <Box
      component="nav"
      aria-label="Main"
      sx={{ flex: 1, minWidth: 0, display: 'flex', gap: 0.5, p: 0.5 }}
    >
      <Box sx={{ display: { xs: isMenuOnPhone ? 'none' : 'flex', md: 'flex' }, gap: 0.5 }}>
        {pages.map(({ path, title }) => (
          <Button
            key={path}
            component={NavLink}
            to={path}
            color="inherit"
            // NavLink sets aria-current, for screen readers and for this.
            sx={{
              color: 'text.secondary',
              flex: 'none',
              minWidth: 0,
              '&[aria-current="page"]': { color: 'primary.main', bgcolor: 'action.hover' },
            }}
          >
            {title}
          </Button>
        ))}
      </Box>
      {isMenuOnPhone && (
        <Box sx={{ display: { xs: 'flex', md: 'none' }, minWidth: 0 }}>
          <PagesMenu pages={pages} />
        </Box>
      )}
    </Box>
  );
}

function PagesMenu({ pages }: { pages: NavigationPage[] }) {
  const id = useId();
  const { pathname } = useLocation();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const close = () => setAnchor(null);
  const isHere = (path: string) => pathname === path || pathname.startsWith(`${path}/`);
  const here = pages.find(({ path }) => isHere(path))?.title ?? 'Pages';
  return (
    <>
      <Button
        color="inherit"
        endIcon={<ArrowDropDownIcon />}
        aria-label={`${here}, choose a page`}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        aria-controls={anchor === null ? undefined : id}
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        {here}
      </Button>
      <DropMenu id={id} label="Pages" anchor={anchor} onClose={close}>
        {pages.map(({ path, title }) => (
          <MenuItem
            key={path}
            component={NavLink}
            to={path}
            selected={isHere(path)}
            onClick={close}
          >
            {title}
          </MenuItem>
        ))}
      </DropMenu>
    </>
  );
}
