import AccountCircleIcon from '@mui/icons-material/AccountCircleOutlined';
import Button from '@mui/material/Button';
import Divider from '@mui/material/Divider';
import ListItemText from '@mui/material/ListItemText';
import ListSubheader from '@mui/material/ListSubheader';
import MenuItem from '@mui/material/MenuItem';
import Box from '@mui/material/Box';
import { useColorScheme } from '@mui/material/styles';
import { lazy, Suspense, useId, useState } from 'react';
import { Link } from 'react-router';
import { ApiProblem } from '../api/client.ts';
import { passkeysPath, sessionsPath, signInPath } from '../paths.ts';
import { useSession } from '../permissions/can.ts';
import { modeStorageKey } from '../ui/theme.ts';
import { DropMenu } from '../ui/DropMenu.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { signOut } from './identity.queries.ts';

const ChangePasswordDialog = lazy(async () => ({
  default: (await import('./ChangePasswordDialog.tsx')).ChangePasswordDialog,
}));

const schemes = [
  ['system', 'Like the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

/** Who is signed in, with what one does for oneself: theme, password, passkeys, sessions, signing out. */
export function AccountMenu() {
  const id = useId();
  const { principal } = useSession();
  const { mode = 'system', setMode } = useColorScheme();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [isChangingPassword, setChangingPassword] = useState(false);
  const leave = useSignOutAndLeave();
  const close = () => setAnchor(null);
  return (
    <>
      <Button
        color="inherit"
        startIcon={<AccountCircleIcon />}
        aria-label={`Account of ${principal.name}`}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        aria-controls={anchor === null ? undefined : id}
        onClick={(event) => setAnchor(event.currentTarget)}
        sx={{ minWidth: 44, maxWidth: 220, '& .MuiButton-startIcon': { mr: { xs: 0, sm: 1 } } }}
      >
        <Box
          component="span"
          sx={{
            overflow: 'hidden',
            textOverflow: 'ellipsis',
            // On a phone the pages need the room; the name is in the label of the button.
            display: { xs: 'none', sm: 'inline' },
          }}
        >
          {principal.name}
        </Box>
      </Button>
      <DropMenu
        id={id}
        label="Account"
        anchor={anchor}
        onClose={close}
        anchorOrigin={{ vertical: 'bottom', horizontal: 'right' }}
        transformOrigin={{ vertical: 'top', horizontal: 'right' }}
      >
        <ListSubheader role="presentation" sx={{ lineHeight: '32px', bgcolor: 'transparent' }}>
          Theme
        </ListSubheader>
        {schemes.map(([scheme, label]) => (
          <MenuItem
            key={scheme}
            role="menuitemradio"
            aria-checked={mode === scheme}
            selected={mode === scheme}
            onClick={() => setMode(scheme)}
          >
            <ListItemText>{label}</ListItemText>
          </MenuItem>
        ))}
        <Divider role="separator" />
        <MenuItem
          onClick={() => {
            close();
            setChangingPassword(true);
          }}
        >
          Change password
        </MenuItem>
        <MenuItem component={Link} to={passkeysPath} onClick={close}>
          Passkeys
        </MenuItem>
        <MenuItem component={Link} to={sessionsPath} onClick={close}>
          Sessions
        </MenuItem>
        <MenuItem
          onClick={() => {
            close();
            void leave(mode);
          }}
        >
          Sign out
        </MenuItem>
      </DropMenu>
      <Suspense>
        {isChangingPassword && <ChangePasswordDialog onClose={() => setChangingPassword(false)} />}
      </Suspense>
    </>
  );
}

function useSignOutAndLeave() {
  const toast = useToast();
  return async (mode: string) => {
    try {
      await signOut();
    } catch (error) {
      const title = error instanceof ApiProblem ? `${error.title}. ` : '';
      toast(`${title}You are still signed in.`, 'error');
      return;
    }
    // Signing out clears the storage of this origin (Clear-Site-Data); the theme belongs to the device, not to the person.
    localStorage.setItem(modeStorageKey, mode);
    // Not by the router: with the document goes everything that this page knew, the query cache first of all.
    window.location.replace(signInPath());
  };
}
