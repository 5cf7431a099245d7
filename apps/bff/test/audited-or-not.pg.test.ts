/** @file A change and its event are one transaction, whatever is changed (P6). Secrets: secrets.http.pg.test.ts. */
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addPasskey, createPasskey } from '../testkit/authenticator.ts';
import { createClient, type Answer, type Client } from '../testkit/client.ts';
import { dumpTables } from '../testkit/dump.ts';
import { startTestNode, testPassword, type TestNode } from '../testkit/node.ts';

let node: TestNode;
let sql: postgres.Sql;
let admin: Client;
let person: Client;
/** Ids and tokens of what is there to be changed. */
const its = { user: '', leaver: '', invitation: '', team: '', key: '', group: '', passkey: '' };
const more = { integration: '', ownSession: '', otherSession: '' };

beforeAll(async () => {
  const provider = { name: 'corp', label: 'Corp', issuer: 'https://id.example', clientId: 'x' };
  node = await startTestNode({ DROPSAFE_OIDC: JSON.stringify([provider]) });
  sql = postgres(node.databaseUrl, { onnotice: () => {} });
  admin = await node.as('admin-of-tests', ['ACCESS_MANAGEMENT', 'INTEGRATION_MANAGEMENT']);
  person = await node.as('person', []);
  await node.client().signIn('person', testPassword);
  const made = async (path: string, body: object) => (await admin.send('POST', path, body)).json;
  const invited = await made('/users', { name: 'invited' });
  its.invitation = invited.invitation.token;
  its.user = invited.user.id;
  its.leaver = (await made('/users', { name: 'leaver' })).user.id;
  its.team = (await made('/teams', { name: 'Team' })).id;
  its.key = (await made('/api-keys', { name: 'Key', permissions: ['AUDIT_READ'] })).id;
  its.group = (await made('/oidc-groups', { provider: 'corp', group: 'Ops', teamId: its.team })).id;
  more.integration = (
    await made('/integrations', {
      name: 'There',
      type: 'http',
      fields: { baseUrl: 'https://api.example.com' },
    })
  ).id;
  const sessions = (await person.send('GET', '/sessions')).json.items;
  more.ownSession = sessions.find(({ isCurrent }: { isCurrent: boolean }) => !isCurrent).id;
  await node.client().signIn('person', testPassword);
  const all = (await admin.send('GET', '/all-sessions?q=person')).json.items;
  more.otherSession = all[0].id;
  // Passkeys need a host name.
  const origin = node.url.replace('127.0.0.1', 'localhost');
  const added = await addPasskey(createClient(origin, person.cookie), createPasskey(origin));
  its.passkey = added.json.id;
});

afterAll(async () => {
  await sql.end();
  await node.stop();
});

/** Everything that is stored, but for attempts: they count whatever comes of them. */
async function stored(): Promise<string> {
  await sql`delete from sign_in_attempts`;
  return (await dumpTables(sql)).split('\n').toSorted().join('\n');
}

test.each<[what: string, send: () => Promise<Answer>]>([
  ['a new user', () => admin.send('POST', '/users', { name: 'newcomer' })],
  [
    'what a user may do',
    () => admin.send('PATCH', `/users/${its.user}`, { permissions: ['AUDIT_READ'] }),
  ],
  ['a user who goes', () => admin.send('DELETE', `/users/${its.leaver}`)],
  [
    'an invitation that is accepted',
    () =>
      node.client().send('POST', '/invitations/accept', {
        token: its.invitation,
        password: 'two herons at the garden gate',
      }),
  ],
  ['a new invitation', () => admin.send('POST', `/users/${its.user}/invitation`)],
  ['a new team', () => admin.send('POST', '/teams', { name: 'Other' })],
  ['a member of a team', () => admin.send('PATCH', `/users/${its.user}`, { teams: [its.team] })],
  [
    'a group that gives a team',
    () => admin.send('POST', '/oidc-groups', { provider: 'corp', group: 'Dev', teamId: its.team }),
  ],
  ['a group that gives it no more', () => admin.send('DELETE', `/oidc-groups/${its.group}`)],
  ['a team that goes', () => admin.send('DELETE', `/teams/${its.team}`)],
  [
    'a new API key',
    () => admin.send('POST', '/api-keys', { name: 'More', permissions: ['AUDIT_READ'] }),
  ],
  ['an API key that is revoked', () => admin.send('DELETE', `/api-keys/${its.key}`)],
  [
    'a new integration',
    () =>
      admin.send('POST', '/integrations', {
        name: 'New',
        type: 'http',
        fields: { baseUrl: 'https://api.example.com' },
      }),
  ],
  [
    'an integration that is switched off',
    () => admin.send('PATCH', `/integrations/${more.integration}`, { isDisabled: true }),
  ],
  ['an integration that goes', () => admin.send('DELETE', `/integrations/${more.integration}`)],
  [
    'a new name of a passkey',
    () => person.send('PATCH', `/passkeys/${its.passkey}`, { name: 'B' }),
  ],
  ['a passkey that goes', () => person.send('DELETE', `/passkeys/${its.passkey}`)],
  ['a session of one’s own', () => person.send('DELETE', `/sessions/${more.ownSession}`)],
  ['a session of somebody', () => admin.send('DELETE', `/all-sessions/${more.otherSession}`)],
  [
    'a new password',
    () =>
      person.send('PUT', '/session/password', {
        currentPassword: testPassword,
        newPassword: 'three otters under the lamp post',
      }),
  ],
  ['a new session', () => node.client().signIn('admin', testPassword)],
  // Another client: this one keeps its cookie when nothing came of it.
  ['the session itself', () => node.client(person.cookie).send('DELETE', '/session')],
])('%s is not changed when the event cannot be written', async (_, send) => {
  const before = await stored();
  await sql`alter table audit_events add constraint broken check (false) not valid`;
  try {
    const { status, problem } = await send();
    expect([status, problem.type]).toEqual([500, '/problems/internal']);
  } finally {
    await sql`alter table audit_events drop constraint broken`;
  }
  expect(await stored()).toBe(before);
  // It was the event, and nothing else.
  expect((await send()).status).toBeLessThan(300);
  expect(await stored()).not.toBe(before);
});
