import {
  permissionNames,
  permissionParts,
  permissions as sentences,
  type Permission,
} from '@dropsafe/contract/permissions';
import Box from '@mui/material/Box';
import Checkbox from '@mui/material/Checkbox';
import Typography from '@mui/material/Typography';
import { useId, type Ref } from 'react';
import { monospace } from '../ui/theme.ts';
import { Fieldset } from './Fieldset.tsx';

interface Props {
  legend: string;
  permissions: readonly Permission[];
  onChange: (permissions: Permission[]) => void;
  error?: string | undefined;
  /** Of the first one, for the focus. */
  ref?: Ref<HTMLInputElement>;
}

/** Every permission with its sentence, to be ticked. What is held within another one that is ticked is shown so. */
export function PermissionsField({ legend, permissions, onChange, error, ref }: Props) {
  return (
    <Fieldset legend={legend} error={error}>
      {permissionNames.map((permission, index) => (
        <Line
          key={permission}
          {...(index === 0 && ref !== undefined && { ref })}
          permission={permission}
          whole={permissions.find((held) => permissionParts[held]?.includes(permission))}
          isGranted={permissions.includes(permission)}
          onGrant={(isGranted) =>
            onChange(
              permissionNames.filter((name) =>
                name === permission ? isGranted : permissions.includes(name),
              ),
            )
          }
        />
      ))}
    </Fieldset>
  );
}

interface LineProps {
  permission: Permission;
  /** The permission that holds this one within it, when that is granted. */
  whole: Permission | undefined;
  isGranted: boolean;
  onGrant: (isGranted: boolean) => void;
  ref?: Ref<HTMLInputElement>;
}

function Line({ permission, whole, isGranted, onGrant, ref }: LineProps) {
  const id = useId();
  const isPart = permissionNames.some((name) => permissionParts[name]?.includes(permission));
  return (
    <Box sx={{ display: 'flex', alignItems: 'flex-start', pl: isPart ? 3 : 0 }}>
      <Checkbox
        size="small"
        id={id}
        checked={isGranted || whole !== undefined}
        disabled={whole !== undefined}
        onChange={(event) => onGrant(event.target.checked)}
        slotProps={{
          input: { 'aria-describedby': `${id}-text`, ...(ref !== undefined && { ref }) },
        }}
        sx={{ ml: -1, my: -0.25 }}
      />
      <Box sx={{ py: 0.75, minWidth: 0 }}>
        <Box
          component="label"
          htmlFor={id}
          sx={{
            display: 'block',
            fontFamily: monospace,
            fontSize: '0.8125rem',
            fontWeight: 600,
            lineHeight: 1.5,
            overflowWrap: 'anywhere',
          }}
        >
          {permission}
        </Box>
        <Typography id={`${id}-text`} variant="caption" sx={{ color: 'text.secondary' }}>
          {whole === undefined ? sentences[permission] : `Included in ${whole}.`}
        </Typography>
      </Box>
    </Box>
  );
}
