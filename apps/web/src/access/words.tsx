import type { Permission } from '@dropsafe/contract/permissions';
import { permissionParts } from '@dropsafe/contract/permissions';
import { styled } from '@mui/material/styles';
import { monospace } from '../ui/theme.ts';

/** A name in a table: heads its row. */
export const Name = styled('span')({ fontWeight: 600, overflowWrap: 'anywhere' });

/** Heads a list in a dialog. Can take the focus, when what had it is gone. */
export const ListTitle = styled('h3')(({ theme: { vars } }) => ({
  margin: 0,
  paddingBottom: 4,
  fontSize: '0.875rem',
  fontWeight: 600,
  lineHeight: 1.5,
  borderBottom: `1px solid ${vars.palette.divider}`,
  outline: 'none',
}));

/** What matters less. */
export const Quiet = styled('span')(({ theme }) => ({ color: theme.vars.palette.text.secondary }));

/** Stays on one line. */
export const OneLine = styled('span')({ whiteSpace: 'nowrap' });

const Constant = styled('div')({
  fontFamily: monospace,
  fontSize: '0.8125rem',
  overflowWrap: 'anywhere',
});

/** How many passkeys, in words. */
export const passkeysText = (count: number) => `${count} ${count === 1 ? 'passkey' : 'passkeys'}`;

/** A team in a table: says when it grants nothing. */
export const teamText = ({ name, isDisabled }: { name: string; isDisabled: boolean }) =>
  isDisabled ? `${name} (disabled)` : name;

/** Those of `held` that are not within another one. */
export function withoutParts(held: readonly Permission[]): Permission[] {
  const within = held.flatMap((permission) => permissionParts[permission] ?? []);
  return held.filter((permission) => !within.includes(permission));
}

/** Permissions of a row, each on a line of its own; parts of another one are left out. */
export function PermissionNames({ permissions }: { permissions: readonly Permission[] }) {
  if (permissions.length === 0) return <Quiet>None</Quiet>;
  return withoutParts(permissions).map((permission) => (
    <Constant key={permission}>{permission}</Constant>
  ));
}
