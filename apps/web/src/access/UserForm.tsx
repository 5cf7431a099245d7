import { UserNameSchema } from '@dropsafe/contract/names';
import type { Permission } from '@dropsafe/contract/permissions';
import type { CreatedUser, UpdateUserInput, User } from '@dropsafe/contract/users';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { checkField } from '../api/check-field.ts';
import { ApiProblem } from '../api/client.ts';
import { placeProblem, type PlacedProblem } from '../api/field-problems.ts';
import { DialogForm, FormDialog } from '../ui/FormDialog.tsx';
import { TextInput } from '../ui/TextInput.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { useCreateUser, useUpdateUser, userQuery, type SeenUser } from './access.queries.ts';
import { PasskeysOfUser } from './PasskeysOfUser.tsx';
import { EffectivePermissions } from './EffectivePermissions.tsx';
import { MeansField } from './MeansField.tsx';
import { EditDialog } from './EditDialog.tsx';
import { EditNotice } from './EditNotice.tsx';
import { PermissionsField } from './PermissionsField.tsx';
import { TeamsField, type ChosenTeam } from './TeamsField.tsx';

interface CreateProps {
  onClose: () => void;
  onCreated: (created: CreatedUser) => void;
}

/** Creates a user. Rendered only while it is open. */
export function CreateUserDialog({ onClose, onCreated }: CreateProps) {
  return (
    <FormDialog title="Invite a user" onClose={onClose}>
      <UserForm opened={null} onClose={onClose} onCreated={onCreated} onLoadAgain={onClose} />
    </FormDialog>
  );
}

/** Edits a user as they are now. Rendered only while it is open. */
export function EditUserDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const user = useQuery(userQuery(id));
  return (
    <EditDialog
      title={user.data ? `Edit ${user.data.user.name}` : 'Edit user'}
      query={user}
      heights={[40, 220, 90]}
      onClose={onClose}
    >
      {(seen) => (
        <UserForm opened={seen} onClose={onClose} onLoadAgain={() => void user.refetch()} />
      )}
    </EditDialog>
  );
}

interface FormProps {
  /** The user to edit, or null to create one. */
  opened: SeenUser | null;
  onClose: () => void;
  onCreated?: (created: CreatedUser) => void;
  onLoadAgain: () => void;
}

const nothing: PlacedProblem<'name' | 'provider' | 'permissions' | 'teams'> = {
  atFields: {},
  elsewhere: null,
};

function UserForm({ opened, onClose, onCreated, onLoadAgain }: FormProps) {
  const create = useCreateUser();
  const update = useUpdateUser();
  const toast = useToast();
  const before = opened?.user;
  const [name, setName] = useState(before?.name ?? '');
  const [permissions, setPermissions] = useState<Permission[]>(before?.permissions ?? []);
  const [teams, setTeams] = useState<ChosenTeam[]>(before?.teams ?? []);
  const [provider, setProvider] = useState<string>();
  const [refusal, setRefusal] = useState(nothing);
  const [isUnchanged, setUnchanged] = useState(false);
  const nameInput = useRef<HTMLInputElement>(null);

  const typed = { name, permissions, teams: teams.map(({ id }) => id) };
  const patch = patchOf(before, typed);
  const isChanged =
    refusal.elsewhere instanceof ApiProblem && refusal.elsewhere.code === 'user-changed';

  const save = async (): Promise<void> => {
    setUnchanged(false);
    setRefusal(nothing);
    const checked = checkField(UserNameSchema, name);
    if (checked !== true) {
      setRefusal({ atFields: { name: checked }, elsewhere: null });
      nameInput.current?.focus();
      return;
    }
    if (opened !== null && Object.keys(patch).length === 0) return setUnchanged(true);
    try {
      if (opened === null) {
        onCreated?.(await create.run(provider === undefined ? typed : { ...typed, provider }));
      } else {
        const saved = await update.mutateAsync({ seen: opened, patch });
        toast(`User ${saved.name} changed`);
        onClose();
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const placed = placeProblem(error, ['name', 'provider', 'permissions', 'teams']);
      setRefusal(placed);
      if (placed.atFields.name !== undefined) nameInput.current?.focus();
    }
  };
  return (
    <DialogForm
      saveLabel={
        opened !== null ? 'Save changes' : provider === undefined ? 'Create and invite' : 'Create'
      }
      isDirty={Object.keys(patch).length > 0}
      isSaving={create.isPending || update.isPending}
      problem={isChanged ? null : refusal.elsewhere}
      notice={
        <EditNotice
          what="user"
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
        autoFocus={opened === null}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        defaultValue={name}
        help={
          provider === undefined
            ? 'What the person signs in with. Upper and lower case are the same.'
            : 'What the provider calls the person. Upper and lower case are the same.'
        }
        error={refusal.atFields.name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {opened === null && (
        <MeansField provider={provider} onChange={setProvider} error={refusal.atFields.provider} />
      )}
      {before !== undefined && <PasskeysOfUser user={before} />}
      <PermissionsField
        legend="Permissions of their own"
        permissions={permissions}
        onChange={setPermissions}
        error={refusal.atFields.permissions}
      />
      <TeamsField teams={teams} onChange={setTeams} error={refusal.atFields.teams} />
      <EffectivePermissions permissions={permissions} teams={teams} />
    </DialogForm>
  );
}

/** What changed, and nothing else. */
function patchOf(
  before: User | undefined,
  typed: { name: string; permissions: Permission[]; teams: string[] },
): UpdateUserInput {
  const patch: UpdateUserInput = {};
  if (typed.name.trim() !== (before?.name ?? '')) patch.name = typed.name;
  if (!isSameSet(typed.permissions, before?.permissions ?? []))
    patch.permissions = typed.permissions;
  const teamsBefore = (before?.teams ?? []).map(({ id }) => id);
  if (!isSameSet(typed.teams, teamsBefore)) patch.teams = typed.teams;
  return patch;
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.toSorted().join('\n') === right.toSorted().join('\n');
}
