/**
 * @file Every dialog of the web app is gone through by keyboard alone, up to what it is for. The tests of the rooms do
 * it (`byKeyboard`); this looks whether they left one out, and whether there is one that is not in the list below.
 */
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from './fixtures.ts';
import { walksFile, type Walk } from './keyboard.ts';
import { recordDir } from './record.ts';

/** The file that a dialog is in, the page that it is opened on, its title, and the button that does what it is for. */
const dialogs: [file: string, path: RegExp, title: RegExp, by: string][] = [
  ['access/GroupsOfTeam.tsx', /^\/teams$/, /^Remove the group “.+”\?$/, 'Remove'],
  ['access/InvitationDialog.tsx', /^\/users$/, /^Invitation for /, 'Done'],
  ['access/MembersDialog.tsx', /^\/teams$/, /^Members of /, 'Done'],
  ['access/PasskeysOfUser.tsx', /^\/users$/, /^Remove 1 passkey of /, 'Remove'],
  ['access/TeamQuestions.tsx', /^\/teams$/, /^Delete .+\?$/, 'Delete'],
  ['access/TeamQuestions.tsx', /^\/teams$/, /^Disable .+\?$/, 'Disable'],
  ['access/TeamForm.tsx', /^\/teams$/, /^Create a team$/, 'Create team'],
  ['access/TeamForm.tsx', /^\/teams$/, /^Edit /, 'Save changes'],
  ['access/UserForm.tsx', /^\/users$/, /^Invite a user$/, 'Create and invite'],
  ['access/UserForm.tsx', /^\/users$/, /^Edit /, 'Save changes'],
  ['access/UserQuestions.tsx', /^\/users$/, /^Delete .+\?$/, 'Delete'],
  ['access/UserQuestions.tsx', /^\/users$/, /^Disable .+\?$/, 'Disable'],
  ['access/UserQuestions.tsx', /^\/users$/, /^New invitation for .+\?$/, 'Make invitation'],
  ['audit/AuditEventDialog.tsx', /^\/audit$/, /^Created a secret$/, 'Close'],
  ['identity/ChangePasswordDialog.tsx', /./, /^Change password$/, 'Change password'],
  ['identity/CreateApiKeyDialog.tsx', /^\/api-keys$/, /^Create an API key$/, 'Create API key'],
  ['identity/CreatedTokenDialog.tsx', /^\/api-keys$/, /^API key .+ created$/, 'Done'],
  ['identity/EditApiKeyDialog.tsx', /^\/api-keys$/, /^Edit /, 'Save changes'],
  ['identity/EndSessionDialog.tsx', /^\/sessions$/, /^End this session\?$/, 'End session'],
  ['identity/EndSessionDialog.tsx', /^\/sessions$/, /^End all other/, 'End all others'],
  ['identity/PasskeyDialogs.tsx', /^\/passkeys$/, /^Add a passkey$/, 'Add passkey'],
  ['identity/PasskeyDialogs.tsx', /^\/passkeys$/, /^Rename /, 'Rename'],
  ['identity/PasskeyDialogs.tsx', /^\/passkeys$/, /^Remove .+\?$/, 'Remove'],
  ['identity/RevokeApiKeyDialog.tsx', /^\/api-keys$/, /^Revoke .+\?$/, 'Revoke'],
  ['identity/SessionGate.tsx', /./, /^You have been signed out$/, 'Sign in'],
  ['integrations/IntegrationDialogs.tsx', /s$/, /^Create an integration$/, 'Create integration'],
  // Its title is the name of the integration, which the test begins so.
  ['integrations/IntegrationDialogs.tsx', /^\/integrations$/, /^Keys_/, 'Save changes'],
  ['integrations/IntegrationQuestions.tsx', /^\/integrations$/, /^Delete .+\?$/, 'Delete'],
  ['integrations/IntegrationQuestions.tsx', /^\/integrations$/, /^Disable .+\?$/, 'Disable'],
  ['integrations/IntegrationQuestions.tsx', /^\/integrations$/, /^Copy /, 'Create copy'],
  ['integrations/SecretPicker.tsx', /^\/integrations$/, /^Choose a secret$/, 'Enter'],
  // On a phone, where it is a dialog with a title and a button.
  ['integrations/SecretPicker.tsx', /^\/integrations$/, /^Choose a secret$/, 'Close'],
  ['integrations/StartLine.tsx', /^\/integrations$/, /^Discard what you typed\?$/, 'Discard'],
  ['integrations/TestDialog.tsx', /^\/integrations$/, /^Test the connection of /, 'Close'],
  ['providers/CopyAllDialog.tsx', /^\/system$/, /^Copy all secrets of /, 'Done'],
  ['providers/CopyAllDialog.tsx', /^\/system$/, /^Stop copying\?$/, 'Stop and close'],
  ['providers/CopySecretDialog.tsx', /^\/secrets$/, /^Copy .+ to another provider$/, 'Copy'],
  ['secrets/DeleteSecretDialog.tsx', /^\/secrets$/, /^Delete .+\?$/, 'Delete'],
  ['secrets/NarrowQuestion.tsx', /^\/secrets$/, /^Narrow the destinations of /, 'Save'],
  ['secrets/SecretForm.tsx', /^\/secrets$/, /^Create a secret$/, 'Create secret'],
  ['secrets/SecretForm.tsx', /^\/secrets$/, /^Update /, 'Save changes'],
  ['ui/FormDialog.tsx', /^\/secrets$/, /^Discard what you typed\?$/, 'Discard'],
];

/** What the others are made of. */
const frames = [
  'access/DeleteDialog.tsx',
  'access/EditDialog.tsx',
  'access/SwitchDialog.tsx',
  // Names itself as a question, too.
  'ui/ConfirmDialog.tsx',
  'ui/ConfirmDialog.tsx',
  'ui/DialogFrame.tsx',
  'ui/FormDialog.tsx',
];

test('every dialog of the web app is in the list', async () => {
  const source = join(import.meta.dirname, '../apps/web/src');
  const uses =
    /<(?:Dialog|DialogFrame|FormDialog|ConfirmDialog|EditDialog|DeleteDialog|SwitchDialog)\s|role(?:=|: )['"](?:alert)?dialog['"]/g;
  const found: string[] = [];
  for (const file of globSync('**/*.tsx', { cwd: source })) {
    const text = await readFile(join(source, file), 'utf8');
    found.push(...[...text.matchAll(uses)].map(() => file));
  }
  const known = [...frames, ...dialogs.map(([file]) => file)];
  expect(found.toSorted()).toEqual(known.toSorted());
});

test('every dialog in the list was gone through by keyboard alone', async () => {
  const lines = (await readFile(join(recordDir, walksFile), 'utf8')).trimEnd().split('\n');
  const walks: Walk[] = lines.map((line) => JSON.parse(line));
  const missing = dialogs.filter(
    ([, path, title, by]) =>
      !walks.some((walk) => path.test(walk.path) && title.test(walk.title) && walk.by === by),
  );
  expect(missing).toEqual([]);
});
