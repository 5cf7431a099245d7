import { TeamNameSchema } from '@dropsafe/contract/names';
import { permissionNames, type Permission } from '@dropsafe/contract/permissions';
import { UpdateTeamSchema, type Team, type UpdateTeamInput } from '@dropsafe/contract/teams';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { checkField } from '../api/check-field.ts';
import { ApiProblem } from '../api/client.ts';
import { placeProblem, type PlacedProblem } from '../api/field-problems.ts';
import { DialogForm, FormDialog } from '../ui/FormDialog.tsx';
import { TextInput } from '../ui/TextInput.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { teamQuery, useCreateTeam, useUpdateTeam, type SeenTeam } from './access.queries.ts';
import { EditDialog } from './EditDialog.tsx';
import { EditNotice } from './EditNotice.tsx';
import { PermissionsField } from './PermissionsField.tsx';

/** Creates a team. Rendered only while it is open. */
export function CreateTeamDialog(props: { onClose: () => void; onCreated: (team: Team) => void }) {
  return (
    <FormDialog title="Create a team" onClose={props.onClose}>
      <TeamForm opened={null} onLoadAgain={props.onClose} {...props} />
    </FormDialog>
  );
}

/** Edits a team as it is now. Rendered only while it is open. */
export function EditTeamDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const team = useQuery(teamQuery(id));
  return (
    <EditDialog
      title={team.data ? `Edit ${team.data.team.name}` : 'Edit team'}
      query={team}
      heights={[40, 41, 220]}
      onClose={onClose}
    >
      {(seen) => (
        <TeamForm opened={seen} onClose={onClose} onLoadAgain={() => void team.refetch()} />
      )}
    </EditDialog>
  );
}

interface FormProps {
  /** The team to edit, or null to create one. */
  opened: SeenTeam | null;
  onClose: () => void;
  onCreated?: (team: Team) => void;
  onLoadAgain: () => void;
}

const nothing: PlacedProblem<'name' | 'description' | 'permissions'> = {
  atFields: {},
  elsewhere: null,
};

function TeamForm({ opened, onClose, onCreated, onLoadAgain }: FormProps) {
  const create = useCreateTeam();
  const update = useUpdateTeam();
  const toast = useToast();
  const before = opened?.team;
  const [name, setName] = useState(before?.name ?? '');
  const [description, setDescription] = useState(before?.description ?? '');
  const [permissions, setPermissions] = useState<Permission[]>(before?.permissions ?? []);
  const [refusal, setRefusal] = useState(nothing);
  const [isUnchanged, setUnchanged] = useState(false);
  const nameInput = useRef<HTMLInputElement>(null);
  const patch = patchOf(before, { name, description, permissions });
  const isChanged =
    refusal.elsewhere instanceof ApiProblem && refusal.elsewhere.code === 'team-changed';

  const save = async (): Promise<void> => {
    setUnchanged(false);
    const atName = checkField(TeamNameSchema, name);
    const atDescription = checkField(UpdateTeamSchema.shape.description, description);
    setRefusal({
      atFields: {
        ...(atName !== true && { name: atName }),
        ...(atDescription !== true && { description: atDescription }),
      },
      elsewhere: null,
    });
    if (atName !== true) return nameInput.current?.focus();
    if (atDescription !== true) return;
    if (opened !== null && Object.keys(patch).length === 0) return setUnchanged(true);
    try {
      if (opened === null) {
        const made = { name, description, permissions, members: [] };
        onCreated?.(await create.mutateAsync(made));
      } else {
        const saved = await update.mutateAsync({ seen: opened, patch });
        toast(`Team ${saved.name} changed`);
        onClose();
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const placed = placeProblem(error, ['name', 'description', 'permissions']);
      setRefusal(placed);
      if (placed.atFields.name !== undefined) nameInput.current?.focus();
    }
  };
  return (
    <DialogForm
      saveLabel={opened === null ? 'Create team' : 'Save changes'}
      isDirty={Object.keys(patch).length > 0}
      isSaving={create.isPending || update.isPending}
      problem={isChanged ? null : refusal.elsewhere}
      notice={
        <EditNotice
          what="team"
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
        defaultValue={name}
        error={refusal.atFields.name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="Description"
        autoComplete="off"
        defaultValue={description}
        error={refusal.atFields.description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      <PermissionsField
        legend="Every member may"
        permissions={permissions}
        onChange={setPermissions}
        error={refusal.atFields.permissions}
      />
    </DialogForm>
  );
}

/** What changed, and nothing else. */
function patchOf(
  before: Team | undefined,
  typed: { name: string; description: string; permissions: Permission[] },
): UpdateTeamInput {
  const patch: UpdateTeamInput = {};
  if (typed.name.trim() !== (before?.name ?? '')) patch.name = typed.name;
  if (typed.description !== (before?.description ?? '')) {
    patch.description = typed.description === '' ? null : typed.description;
  }
  const held = before?.permissions ?? [];
  if (permissionNames.some((name) => held.includes(name) !== typed.permissions.includes(name)))
    patch.permissions = typed.permissions;
  return patch;
}
