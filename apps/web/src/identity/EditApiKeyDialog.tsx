import type { ApiKey, UpdateApiKeyInput } from '@dropsafe/contract/api-keys';
import { ApiKeyNameSchema } from '@dropsafe/contract/names';
import { permissionNames, type Permission } from '@dropsafe/contract/permissions';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useId, useRef, useState } from 'react';
import { EditDialog } from '../access/EditDialog.tsx';
import { EditNotice } from '../access/EditNotice.tsx';
import { EffectivePermissions } from '../access/EffectivePermissions.tsx';
import { PermissionsField } from '../access/PermissionsField.tsx';
import type { ChosenTeam } from '../access/TeamsField.tsx';
import { checkField } from '../api/check-field.ts';
import { ApiProblem } from '../api/client.ts';
import { placeProblem, type PlacedProblem } from '../api/field-problems.ts';
import { Choice } from '../ui/Choice.tsx';
import { FieldFrame } from '../ui/FieldFrame.tsx';
import { DialogForm } from '../ui/FormDialog.tsx';
import { exactTime } from '../ui/relative-time.ts';
import { TextInput } from '../ui/TextInput.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { endAfter, lifetimes } from './api-key-lifetimes.ts';
import { apiKeyQuery, useUpdateApiKey, type SeenApiKey } from './api-keys.queries.ts';

/** Edits a key as it is now; its token stays the same. Rendered only while it is open. */
export function EditApiKeyDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const apiKey = useQuery(apiKeyQuery(id));
  return (
    <EditDialog
      title={apiKey.data ? `Edit ${apiKey.data.apiKey.name}` : 'Edit API key'}
      query={apiKey}
      heights={[40, 220, 90]}
      onClose={onClose}
    >
      {(seen) => (
        <ApiKeyForm opened={seen} onClose={onClose} onLoadAgain={() => void apiKey.refetch()} />
      )}
    </EditDialog>
  );
}

interface FormProps {
  opened: SeenApiKey;
  onClose: () => void;
  onLoadAgain: () => void;
}

const nothing: PlacedProblem<'name' | 'permissions' | 'expiresAt'> = {
  atFields: {},
  elsewhere: null,
};
const unchanged = 'unchanged';

function ApiKeyForm({ opened, onClose, onLoadAgain }: FormProps) {
  const id = useId();
  const update = useUpdateApiKey();
  const toast = useToast();
  const before = opened.apiKey;
  const teams = teamsOf(before);
  const [name, setName] = useState(before.name);
  const [permissions, setPermissions] = useState<Permission[]>(before.permissions);
  const [days, setDays] = useState(unchanged);
  const [refusal, setRefusal] = useState(nothing);
  const [isUnchanged, setUnchanged] = useState(false);
  const nameInput = useRef<HTMLInputElement>(null);
  const firstPermission = useRef<HTMLInputElement>(null);
  const isDirty = Object.keys(patchOf(before, { name, permissions, days })).length > 0;
  const isChanged =
    refusal.elsewhere instanceof ApiProblem && refusal.elsewhere.code === 'api-key-changed';

  const save = async (): Promise<void> => {
    setUnchanged(false);
    setRefusal(nothing);
    const patch = patchOf(before, { name, permissions, days });
    // A name of before there was this rule may stay.
    const atName = patch.name === undefined || checkField(ApiKeyNameSchema, patch.name);
    if (atName !== true) {
      setRefusal({ atFields: { name: atName }, elsewhere: null });
      return nameInput.current?.focus();
    }
    if (permissions.length + teams.length === 0) {
      setRefusal({
        atFields: { permissions: 'Choose at least one permission.' },
        elsewhere: null,
      });
      return firstPermission.current?.focus();
    }
    if (!isDirty) return setUnchanged(true);
    try {
      const saved = await update.mutateAsync({ seen: opened, patch });
      toast(`API key ${saved.name} changed`);
      onClose();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const placed = placeProblem(error, ['name', 'permissions', 'expiresAt']);
      setRefusal(placed);
      if (placed.atFields.name !== undefined) nameInput.current?.focus();
    }
  };
  return (
    <DialogForm
      saveLabel="Save changes"
      isDirty={isDirty}
      isSaving={update.isPending}
      problem={isChanged ? null : refusal.elsewhere}
      notice={
        <EditNotice
          what="API key"
          isChanged={isChanged}
          isUnchanged={isUnchanged}
          onLoadAgain={onLoadAgain}
        />
      }
      onSave={() => void save()}
    >
      <TextInput
        ref={nameInput}
        label="Name"
        isRequired
        autoComplete="off"
        spellCheck={false}
        defaultValue={name}
        help="What the program is called. It stands in the audit trail."
        error={refusal.atFields.name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PermissionsField
        ref={firstPermission}
        legend="Permissions of its own"
        permissions={permissions}
        onChange={setPermissions}
        error={refusal.atFields.permissions}
      />
      {before.team !== null && (
        <Typography variant="body2" sx={{ overflowWrap: 'anywhere' }}>
          It belongs to the team <strong>{before.team.name}</strong>, for as long as it works.
        </Typography>
      )}
      <EffectivePermissions permissions={permissions} teams={teams} />
      <FieldFrame
        id={`${id}-expiry`}
        label="Expires after"
        isRequired
        help="Counted from now. The token stays the same."
        error={refusal.atFields.expiresAt}
      >
        <Choice
          id={`${id}-expiry`}
          aria-describedby={`${id}-expiry-help ${id}-expiry-error`}
          sx={{ width: '100%' }}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
        >
          <option value={unchanged}>Unchanged: {endOf(before)}</option>
          {lifetimes.map(([count, title]) => (
            <option key={count} value={count}>
              {title}
            </option>
          ))}
        </Choice>
      </FieldFrame>
    </DialogForm>
  );
}

function endOf({ expiresAt, isExpired }: ApiKey): string {
  if (expiresAt === null) return 'never';
  const moment = exactTime(new Date(expiresAt));
  return isExpired ? `expired on ${moment}` : moment;
}

/** The team of a key, with what it grants to it. */
function teamsOf({ team, effectivePermissions }: ApiKey): ChosenTeam[] {
  if (team === null) return [];
  const granted = effectivePermissions.filter(({ teams }) => teams.length > 0);
  return [{ ...team, permissions: granted.map(({ permission }) => permission) }];
}

/** What changed, and nothing else. */
function patchOf(
  before: ApiKey,
  typed: { name: string; permissions: Permission[]; days: string },
): UpdateApiKeyInput {
  const patch: UpdateApiKeyInput = {};
  if (typed.name.trim() !== before.name) patch.name = typed.name;
  const isHeld = (name: Permission) => before.permissions.includes(name);
  if (permissionNames.some((name) => isHeld(name) !== typed.permissions.includes(name)))
    patch.permissions = typed.permissions;
  const expiresAt = typed.days === unchanged ? before.expiresAt : endAfter(Number(typed.days));
  if (expiresAt !== before.expiresAt) patch.expiresAt = expiresAt;
  return patch;
}
