/** @file Users, teams and what they may do, over HTTP and on a real database. */
import { connect } from 'node:net';
import type { Permission } from '@dropsafe/contract/permissions';
import type { EffectivePermission } from '@dropsafe/contract/users';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createProgram, type Answer, type Client } from '../../testkit/client.ts';
import { setPermissions, startTestNode, testPassword, type TestNode } from '../../testkit/node.ts';
import { until } from '../../testkit/until.ts';

let node: TestNode;
let sql: postgres.Sql;
let env: Record<string, string>;
let admin: Client;
let serial = 0;

beforeAll(async () => {
  node = await startTestNode();
  env = { DATABASE_URL: node.databaseUrl, DROPSAFE_DATA_DIR: node.dataDir };
  sql = postgres(node.databaseUrl);
  admin = node.client();
  expect((await admin.signIn('admin', testPassword)).json.permissions).toEqual([
    'SECRET_MANAGEMENT',
    'INTEGRATION_MANAGEMENT',
    'AUDIT_READ',
    'ACCESS_MANAGEMENT',
  ]);
});

afterAll(async () => {
  await sql.end();
  await node.stop();
});

/** A name that no other test uses. */
const unique = (name: string) => `${name}-${(serial += 1)}`;

const newTeam = async (
  permissions: readonly Permission[] = [],
  members: string[] = [],
): Promise<{ id: string; name: string; etag: string }> => {
  const name = unique('team');
  const { json, status, headers } = await admin.send('POST', '/teams', {
    name,
    permissions,
    members,
  });
  expect(status).toBe(201);
  return { id: json.id, name, etag: headers.get('ETag') ?? '' };
};

/** A user of these permissions, signed in. */
async function newPerson(
  permissions: readonly Permission[] = [],
): Promise<{ id: string; name: string; client: Client }> {
  const name = unique('person');
  const client = await node.as(name, permissions);
  return { id: (await client.send('GET', '/session')).json.principal.id, name, client };
}

const permissionsOf = async (client: Client): Promise<Permission[]> =>
  (await client.send('GET', '/session')).json.permissions;

const statusesOf = (answers: Answer[]): number[] =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);

/** Until so many requests wait for a lock. */
const waiting = (count: number) =>
  until(`${count} wait`, async () => {
    const [row] = await sql<{ count: number }[]>`select count(*)::int as count
      from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
    return row?.count === count;
  });

const idsIn = ({ json }: Answer): string[] => json.items.map(({ id }: { id: string }) => id);

/** The events since the last look, as action and subject. */
async function eventsOf(subject: string): Promise<string[]> {
  const rows = await sql<{ action: string; subject: string; permissions: string[] | null }[]>`
    select action, subject, permissions from audit_events where subject like ${`%${subject}%`} order by id`;
  return rows.map((row) =>
    [row.action, row.subject, ...(row.permissions?.length ? [row.permissions.join()] : [])].join(
      ' ',
    ),
  );
}

describe('a user', () => {
  test('is created, shown, renamed and deleted, and the trail tells each step', async () => {
    const name = unique('Anna');
    const team = await newTeam(['SECRET_MANAGEMENT_READ']);
    const created = await admin.send('POST', '/users', {
      name: ` ${name} `,
      permissions: ['SECRET_MANAGEMENT_UPDATE', 'SECRET_MANAGEMENT_CREATE'],
      teams: [team.id],
    });
    const { user } = created.json;
    expect([created.status, created.headers.get('Location')]).toEqual([
      201,
      `/api/v1/users/${user.id}`,
    ]);
    expect(user).toMatchObject({
      name,
      isDisabled: false,
      hasPassword: false,
      permissions: ['SECRET_MANAGEMENT_CREATE', 'SECRET_MANAGEMENT_UPDATE'],
      teams: [{ id: team.id, name: team.name }],
    });
    const shown = await admin.send('GET', `/users/${user.id}`);
    expect([shown.json, shown.headers.get('ETag')]).toEqual([user, created.headers.get('ETag')]);

    const next = unique('Bea');
    const renamed = await admin.send('PATCH', `/users/${user.id}`, { name: next, teams: [] });
    expect(renamed.json).toMatchObject({ name: next, teams: [] });
    expect((await admin.send('DELETE', `/users/${user.id}`)).status).toBe(204);
    expect((await admin.send('GET', `/users/${user.id}`)).status).toBe(404);
    expect([...(await eventsOf(name)), ...(await eventsOf(next)).slice(1)]).toEqual([
      `user.created ${name} SECRET_MANAGEMENT_CREATE,SECRET_MANAGEMENT_UPDATE`,
      `team.member-added ${team.name}/${name}`,
      `user.invited ${name}`,
      `user.renamed ${name}/${next}`,
      `team.member-removed ${team.name}/${next}`,
      `user.deleted ${next}`,
    ]);
    const [left] = await sql<{ count: number }[]>`
      select ((select count(*) from grants where principal_id = ${user.id}) + (select count(*) from invitations where user_id = ${user.id})
        + (select count(*) from team_members where user_id = ${user.id}))::int as count`;
    expect(left?.count).toBe(0);
  });

  test('a change of nothing is no change', async () => {
    const { id, name } = await newPerson(['SECRET_MANAGEMENT_READ']);
    const before = await admin.send('GET', `/users/${id}`);
    const events = await eventsOf(name);
    const same = await admin.send('PATCH', `/users/${id}`, {
      name,
      isDisabled: false,
      permissions: ['SECRET_MANAGEMENT_READ'],
      teams: [],
    });
    expect([same.status, same.json, same.headers.get('ETag')]).toEqual([
      200,
      before.json,
      before.headers.get('ETag'),
    ]);
    expect(await eventsOf(name)).toEqual(events);
  });

  test.each([
    ['in another case', (name: string) => name.toUpperCase()],
    ['in full-width letters', (name: string) => name.replace('person', 'ｐｅｒｓｏｎ')],
    ['with blanks around', (name: string) => `  ${name}  `],
  ])('a name that is taken is refused %s', async (_, spelling) => {
    const { id, name } = await newPerson();
    const other = await newPerson();
    for (const answer of [
      await admin.send('POST', '/users', { name: spelling(name) }),
      await admin.send('PATCH', `/users/${other.id}`, { name: spelling(name) }),
    ]) {
      expect([answer.status, answer.problem.type, answer.problem.errors?.[0]?.field]).toEqual([
        409,
        '/problems/user-name-taken',
        'name',
      ]);
    }
    // It may change its own spelling.
    expect((await admin.send('PATCH', `/users/${id}`, { name: name.toUpperCase() })).status).toBe(
      200,
    );
  });

  test('a name with a look-alike letter of another script is refused, and not repeated', async () => {
    for (const [method, path] of [
      ['POST', '/users'],
      ['POST', '/teams'],
    ] as const) {
      const answer = await admin.send(method, path, { name: '\u0430dmin' });
      expect([answer.status, answer.problem.errors?.[0]?.field]).toEqual([400, 'name']);
      expect(answer.problem.errors?.[0]?.message).toMatch(/letters of one script only/);
      expect(answer.text).not.toContain('\u0430dmin');
    }
  });

  test.each(['users', 'teams'])(
    'a name of %s that looks like another one is refused, whichever was first',
    async (kind) => {
      const [latin, cyrillic] = ['copa', '\u0441\u043E\u0440\u0430'];
      const create = (name: string) => admin.send('POST', `/${kind}`, { name });
      const refused = [409, '/problems/' + kind.slice(0, -1) + '-name-taken', 'name'];
      const told = ({ status, problem }: Answer) => [
        status,
        problem.type,
        problem.errors?.[0]?.field,
      ];
      const first = await create(cyrillic);
      expect(first.status).toBe(201);
      expect(told(await create(latin.toUpperCase()))).toEqual(refused);
      const id = first.json.user?.id ?? first.json.id;
      const other = await create(unique('other'));
      const otherId = other.json.user?.id ?? other.json.id;
      expect(told(await admin.send('PATCH', `/${kind}/${otherId}`, { name: latin }))).toEqual(
        refused,
      );
      // Its own look is its own.
      const renamed = await admin.send('PATCH', `/${kind}/${id}`, { name: latin });
      expect([renamed.status, renamed.json.name]).toEqual([200, latin]);
      expect(told(await create(cyrillic))).toEqual(refused);
      // Two that are older than the rule go on.
      const legacy = kind === 'users' ? sql`users` : sql`teams`;
      await sql`update ${legacy} set skeleton = null, name = ${cyrillic}, canonical_name = ${cyrillic} where id = ${otherId}`;
      const changed = await admin.send('PATCH', `/${kind}/${otherId}`, {
        name: cyrillic,
        isDisabled: true,
      });
      expect([changed.status, changed.json.isDisabled]).toEqual([200, true]);
    },
  );

  test('cannot be put into a team that is not there', async () => {
    const { id } = await newPerson();
    const answer = await admin.send('PATCH', `/users/${id}`, { teams: [crypto.randomUUID()] });
    expect([answer.status, answer.problem.errors?.[0]?.field]).toEqual([400, 'teams']);
  });

  test.each(['nonsense', '%00', '0a1b2c3d-0000-4000-8000-00000000000', 'admin'])(
    'that is not there is not found: %s',
    async (id) => {
      for (const kind of ['users', 'teams']) {
        const { status, problem } = await admin.send('GET', `/${kind}/${id}`);
        expect([status, problem.type]).toEqual([404, '/problems/not-found']);
        expect((await admin.send('DELETE', `/${kind}/${id}`)).status).toBe(404);
      }
    },
  );
});

describe('disabling a user', () => {
  test('ends the sessions for good, and the right password lets nobody in', async () => {
    const { id, name, client } = await newPerson();
    expect((await admin.send('PATCH', `/users/${id}`, { isDisabled: true })).status).toBe(200);
    expect((await client.send('GET', '/session')).status).toBe(401);
    expect((await node.client().signIn(name, testPassword)).problem.type).toBe(
      '/problems/sign-in-refused',
    );
    expect((await admin.send('PATCH', `/users/${id}`, { isDisabled: false })).status).toBe(200);
    expect((await client.send('GET', '/session')).status).toBe(401);
    expect((await node.client().signIn(name, testPassword)).status).toBe(200);
    expect((await eventsOf(name)).filter((event) => /abled/.test(event))).toEqual([
      `user.disabled ${name}`,
      `user.enabled ${name}`,
    ]);
  });

  test('ends the session of a sign-in that was under way, too', async () => {
    const { id, name } = await newPerson();
    const late = node.client();
    const answers: Promise<Answer>[] = [];
    await sql.begin(async (tx) => {
      // The sign-in has opened its session, and waits for the end of the chain to commit it.
      await tx`select from audit_chain for update`;
      answers.push(late.signIn(name, testPassword));
      await waiting(1);
      answers.push(admin.send('PATCH', `/users/${id}`, { isDisabled: true }));
      await waiting(2);
    });
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    await admin.send('PATCH', `/users/${id}`, { isDisabled: false });
    expect((await late.send('GET', '/session')).status).toBe(401);
  });

  test('refuses what they had begun to send', async () => {
    const { id, client } = await newPerson(['ACCESS_MANAGEMENT']);
    const name = unique('late');
    const body = JSON.stringify({ name, permissions: ['ACCESS_MANAGEMENT'] });
    const head = [
      'POST /api/v1/api-keys HTTP/1.1',
      `Host: ${new URL(node.url).host}`,
      `Cookie: ${client.cookie}`,
      `Origin: ${node.url}`,
      'X-Requested-With: dropsafe',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      // Answered when the server has begun with the request.
      'Expect: 100-continue',
    ];
    const socket = connect(Number(new URL(node.url).port), '127.0.0.1').setEncoding('utf8');
    let answer = '';
    socket.on('data', (part) => (answer += part));
    socket.write(`${head.join('\r\n')}\r\n\r\n${body.slice(0, -1)}`);
    await until('the request is under way', async () => answer.includes('100 Continue'));
    expect((await admin.send('PATCH', `/users/${id}`, { isDisabled: true })).status).toBe(200);
    socket.write(body.slice(-1));
    await until('there is an answer', async () => /HTTP\/1\.1 [2-5]/.test(answer));
    socket.destroy();
    expect(answer).toContain('HTTP/1.1 401 ');
    expect((await admin.send('GET', `/api-keys?q=${name}`)).json.items).toEqual([]);
  });

  test('takes the invitation back, and none can be made', async () => {
    const { user, invitation } = (await admin.send('POST', '/users', { name: unique('invited') }))
      .json;
    await admin.send('PATCH', `/users/${user.id}`, { isDisabled: true });
    const answer = await admin.send('POST', `/users/${user.id}/invitation`);
    expect([answer.status, answer.problem.type]).toEqual([409, '/problems/user-disabled']);
    await admin.send('PATCH', `/users/${user.id}`, { isDisabled: false });
    expect((await accept(invitation.token)).status).toBe(410);
  });
});

describe('what somebody may do', () => {
  test('is what was granted directly and by teams, each with where it comes from', async () => {
    const { id, client } = await newPerson(['SECRET_MANAGEMENT_READ']);
    const one = await newTeam(['SECRET_MANAGEMENT_READ', 'SECRET_MANAGEMENT_CREATE'], [id]);
    const two = await newTeam(['SECRET_MANAGEMENT_CREATE'], [id]);
    await newTeam(['ACCESS_MANAGEMENT']);
    const { effectivePermissions, teams } = (await admin.send('GET', `/users/${id}`)).json;
    const refs = [one, two].map(({ id: teamId, name }) => ({ id: teamId, name }));
    expect(teams).toEqual([
      {
        ...refs[0],
        provider: null,
        permissions: ['SECRET_MANAGEMENT_READ', 'SECRET_MANAGEMENT_CREATE'],
        isDisabled: false,
      },
      {
        ...refs[1],
        provider: null,
        permissions: ['SECRET_MANAGEMENT_CREATE'],
        isDisabled: false,
      },
    ]);
    expect(effectivePermissions).toEqual([
      { permission: 'SECRET_MANAGEMENT_READ', isDirect: true, teams: refs.slice(0, 1) },
      { permission: 'SECRET_MANAGEMENT_CREATE', isDirect: false, teams: refs },
    ]);
    expect(await permissionsOf(client)).toEqual(
      effectivePermissions.map(({ permission }: EffectivePermission) => permission),
    );
    // The same for somebody who signs in only now.
    const again = await node
      .client()
      .signIn((await admin.send('GET', `/users/${id}`)).json.name, testPassword);
    expect(again.json.permissions).toEqual(await permissionsOf(client));
  });

  test('changes with the team on the very next request: membership, permissions, the end of the team', async () => {
    const { id, client } = await newPerson();
    const team = await newTeam();
    const reads = async () => (await client.send('GET', '/secrets')).status;
    const patch = (body: object) => admin.send('PATCH', `/teams/${team.id}`, body);
    expect(await reads()).toBe(403);
    await patch({ addMembers: [id] });
    expect(await reads()).toBe(403);
    await patch({ permissions: ['SECRET_MANAGEMENT_READ'] });
    expect(await reads()).toBe(200);
    await patch({ removeMembers: [id] });
    expect(await reads()).toBe(403);
    await admin.send('PATCH', `/users/${id}`, { teams: [team.id] });
    expect(await reads()).toBe(200);
    await patch({ permissions: [] });
    expect(await reads()).toBe(403);
    await patch({ permissions: ['SECRET_MANAGEMENT'] });
    expect(await reads()).toBe(200);
    expect((await admin.send('DELETE', `/teams/${team.id}`)).status).toBe(204);
    expect(await reads()).toBe(403);
    expect((await client.send('GET', '/session')).json.permissions).toEqual([]);
    expect((await admin.send('GET', `/users/${id}`)).json.teams).toEqual([]);
  });

  test('is nothing by a team that is disabled, for members and API keys, from the very next request until it is enabled', async () => {
    const { id, name, client } = await newPerson(['AUDIT_READ']);
    const team = await newTeam(['SECRET_MANAGEMENT_READ'], [id]);
    const key = await admin.send('POST', '/api-keys', { name: unique('key'), teamId: team.id });
    const program = createProgram(node.url, key.json.token);
    const reads = async () => [
      (await client.send('GET', '/secrets')).status,
      (await program.send('GET', '/secrets')).status,
    ];
    expect(await reads()).toEqual([200, 200]);
    const path = `/teams/${team.id}`;
    const etag = (await admin.send('GET', path)).headers.get('ETag') ?? '';
    const disabled = await admin.send('PATCH', path, { isDisabled: true }, { 'If-Match': etag });
    expect([disabled.status, disabled.json.isDisabled, disabled.json.memberCount]).toEqual([
      200,
      true,
      1,
    ]);
    expect(await reads()).toEqual([403, 403]);
    const again = await node.client().signIn(name, testPassword);
    expect(again.json.permissions).toEqual(['AUDIT_READ']);
    expect((await admin.send('GET', `/users/${id}`)).json).toMatchObject({
      // Where they would come from.
      teams: [{ id: team.id, permissions: ['SECRET_MANAGEMENT_READ'], isDisabled: true }],
      effectivePermissions: [{ permission: 'AUDIT_READ', isDirect: true, teams: [] }],
    });
    const keys = await admin.send('GET', `/api-keys?q=${key.json.name}`);
    expect(keys.json.items).toMatchObject([
      { team: { id: team.id, isDisabled: true }, effectivePermissions: [] },
    ]);
    // What is done to it meanwhile counts later; somebody who saw it before is told.
    const stale = await admin.send('PATCH', path, { permissions: [] }, { 'If-Match': etag });
    expect([stale.status, stale.problem.type]).toEqual([412, '/problems/team-changed']);
    const other = await newPerson();
    await admin.send('PATCH', path, { addMembers: [other.id] });
    expect(await permissionsOf(other.client)).toEqual([]);
    expect((await admin.send('PATCH', path, { isDisabled: false })).status).toBe(200);
    expect(await reads()).toEqual([200, 200]);
    expect(await permissionsOf(other.client)).toEqual(['SECRET_MANAGEMENT_READ']);
    // A change of nothing is no change.
    await admin.send('PATCH', path, { isDisabled: false });
    expect((await eventsOf(team.name)).filter((event) => /abled/.test(event))).toEqual([
      `team.disabled ${team.name}`,
      `team.enabled ${team.name}`,
    ]);
  });

  test('stays when a team gets another name, which the trail tells', async () => {
    const { id, client } = await newPerson();
    const team = await newTeam(['SECRET_MANAGEMENT_READ'], [id]);
    const other = await newTeam();
    const path = `/teams/${team.id}`;
    const taken = await admin.send('PATCH', path, { name: other.name.toUpperCase() });
    expect([taken.status, taken.problem.type]).toEqual([409, '/problems/team-name-taken']);
    const name = unique('Renamed team');
    const renamed = await admin.send('PATCH', path, { name: ` ${name} ` });
    expect([renamed.status, renamed.json.name]).toEqual([200, name]);
    expect(await permissionsOf(client)).toEqual(['SECRET_MANAGEMENT_READ']);
    expect((await admin.send('GET', `/users/${id}`)).json.teams).toMatchObject([{ name }]);
    expect((await admin.send('GET', `/teams?q=${encodeURIComponent(name)}`)).json.items).toEqual([
      renamed.json,
    ]);
    expect(await eventsOf(name)).toEqual([`team.renamed ${team.name}/${name}`]);
    // The old name is free.
    expect((await admin.send('POST', '/teams', { name: team.name })).status).toBe(201);
  });

  test('a team that is deleted leaves nothing behind, and its members stay', async () => {
    const { id, name } = await newPerson();
    const team = await newTeam(['SECRET_MANAGEMENT'], [id]);
    await admin.send('DELETE', `/teams/${team.id}`);
    const [left] = await sql<{ count: number }[]>`
      select ((select count(*) from grants where principal_id = ${team.id}) + (select count(*) from team_members where team_id = ${team.id}))::int as count`;
    expect(left?.count).toBe(0);
    expect((await admin.send('GET', `/users/${id}`)).json.name).toBe(name);
    expect(await eventsOf(team.name)).toEqual([
      `team.created ${team.name} SECRET_MANAGEMENT`,
      `team.member-added ${team.name}/${name}`,
      `team.deleted ${team.name} SECRET_MANAGEMENT`,
    ]);
  });
});

describe('a change of access that had to wait for another one', () => {
  /** Somebody who may change access by a grant of their own, or by a team, or a program that may. */
  async function newManager(how: string) {
    const team = await newTeam(how.includes('team') ? ['ACCESS_MANAGEMENT'] : []);
    const own: Permission[] = how.includes('team') ? [] : ['ACCESS_MANAGEMENT'];
    if (how.includes('program')) {
      const body = { name: unique('program'), permissions: own, teamId: team.id };
      const { json } = await admin.send('POST', '/api-keys', body);
      return { id: json.id, teamId: team.id, client: createProgram(node.url, json.token) };
    }
    const { id, client } = await newPerson(own);
    await admin.send('PATCH', `/teams/${team.id}`, { addMembers: [id] });
    return { id, teamId: team.id, client };
  }
  type Manager = Awaited<ReturnType<typeof newManager>>;

  const unauthenticated = [401, '/problems/unauthenticated'];
  const denied = [403, '/problems/permission-required'];

  test.each<
    [string, string, (tx: postgres.TransactionSql, of: Manager) => Promise<unknown>, unknown[]]
  >([
    [
      'a person',
      'is disabled',
      (tx, { id }) => tx`update users set is_disabled = true where id = ${id}`,
      unauthenticated,
    ],
    [
      'a person',
      'is signed out',
      (tx, { id }) => tx`delete from sessions where user_id = ${id}`,
      unauthenticated,
    ],
    [
      'a person',
      'loses the permission',
      (tx, { id }) => tx`delete from grants where principal_id = ${id}`,
      denied,
    ],
    [
      'a person by a team',
      'leaves it',
      (tx, { id }) => tx`delete from team_members where user_id = ${id}`,
      denied,
    ],
    [
      'a program',
      'is revoked',
      (tx, { id }) => tx`update api_keys set revoked_at = now() where id = ${id}`,
      unauthenticated,
    ],
    [
      'a program',
      'expires',
      (tx, { id }) => tx`update api_keys set expires_at = now() where id = ${id}`,
      unauthenticated,
    ],
    [
      'a program by a team',
      'loses it',
      (tx, { teamId }) => tx`update teams set is_disabled = true where id = ${teamId}`,
      denied,
    ],
  ])('of %s who %s meanwhile is refused', async (how, _, take, refused) => {
    const manager = await newManager(how);
    const name = unique('late');
    const answer = await whileLocked(
      (tx) => take(tx, manager),
      () => manager.client.send('POST', '/users', { name, permissions: ['ACCESS_MANAGEMENT'] }),
    );
    expect([answer.status, answer.problem.type]).toEqual(refused);
    expect((await admin.send('GET', `/users?q=${name}`)).json.items).toEqual([]);
    const events = await sql`select action, subject, permissions from audit_events
      where principal_id = ${manager.id} and action = 'permission.denied'`;
    const recorded = {
      action: 'permission.denied',
      subject: 'access',
      permissions: ['ACCESS_MANAGEMENT'],
    };
    expect(events).toEqual(refused === denied ? [recorded] : []);
  });

  test('is made when nothing was taken', async () => {
    for (const how of ['a person', 'a person by a team', 'a program', 'a program by a team']) {
      const { client } = await newManager(how);
      const send = () => client.send('POST', '/users', { name: unique('late') });
      expect([how, (await whileLocked(async () => {}, send)).status]).toEqual([how, 201]);
    }
  });

  /** Sends a request while another change of access is under way, which ends when this one has come to wait for it. */
  async function whileLocked(
    change: (tx: postgres.TransactionSql) => Promise<unknown>,
    send: () => Promise<Answer>,
  ): Promise<Answer> {
    let answer: Promise<Answer> | undefined;
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(7263002)`;
      answer = send();
      await waiting(1);
      await change(tx);
    });
    if (answer === undefined) throw new Error('Nothing was sent.');
    return answer;
  }
});

describe('two administrators', () => {
  test('who edit the same team do not overwrite each other', async () => {
    const team = await newTeam();
    const path = `/teams/${team.id}`;
    const first = await admin.send(
      'PATCH',
      path,
      { description: 'by the first' },
      { 'If-Match': team.etag },
    );
    const second = await admin.send(
      'PATCH',
      path,
      { permissions: ['ACCESS_MANAGEMENT'] },
      { 'If-Match': team.etag },
    );
    expect([first.status, second.status, second.problem.type]).toEqual([
      200,
      412,
      '/problems/team-changed',
    ]);
    expect((await admin.send('DELETE', path, undefined, { 'If-Match': team.etag })).status).toBe(
      412,
    );
    expect((await admin.send('GET', path)).json).toMatchObject({
      description: 'by the first',
      permissions: [],
    });
    expect(
      (await admin.send('DELETE', path, undefined, { 'If-Match': first.headers.get('ETag') ?? '' }))
        .status,
    ).toBe(204);
  });

  test('who do so in the same moment: one wins, the other is told', async () => {
    const team = await newTeam();
    const answers = await Promise.all(
      ['one', 'two', 'three'].map((description) =>
        admin.send('PATCH', `/teams/${team.id}`, { description }, { 'If-Match': team.etag }),
      ),
    );
    expect(statusesOf(answers)).toEqual([200, 412, 412]);
  });

  test('who edit the same user: a change of the teams counts, whichever way it was made', async () => {
    const { id } = await newPerson();
    const etag = (await admin.send('GET', `/users/${id}`)).headers.get('ETag') ?? '';
    await newTeam(['SECRET_MANAGEMENT'], [id]);
    const { status, problem } = await admin.send(
      'PATCH',
      `/users/${id}`,
      { teams: [] },
      { 'If-Match': etag },
    );
    expect([status, problem.type]).toEqual([412, '/problems/user-changed']);
    expect(
      (await admin.send('DELETE', `/users/${id}`, undefined, { 'If-Match': etag })).status,
    ).toBe(412);
  });

  test('who add members at once both succeed', async () => {
    const [one, two] = [await newPerson(), await newPerson()];
    const team = await newTeam();
    await Promise.all(
      [one, two].map(({ id }) => admin.send('PATCH', `/teams/${team.id}`, { addMembers: [id] })),
    );
    const members = await admin.send('GET', `/teams/${team.id}/members`);
    expect(idsIn(members)).toEqual([one.id, two.id]);
    expect((await admin.send('GET', `/teams/${team.id}`)).json.memberCount).toBe(2);
  });
});

describe('the last one who can manage access', () => {
  let last: { id: string; name: string; client: Client };
  let team: { id: string };

  /** From here on `last` alone manages access, by a team alone; the usual administrator does not. */
  beforeEach(async () => {
    await sql`delete from grants where permission = 'ACCESS_MANAGEMENT'`;
    await sql`insert into grants select id, 'ACCESS_MANAGEMENT' from users where name = 'admin'`;
    last = await newPerson();
    team = await newTeam(['ACCESS_MANAGEMENT'], [last.id]);
    // Neither counts: one is disabled, the other has no password yet.
    const idle = await newPerson(['ACCESS_MANAGEMENT']);
    await admin.send('PATCH', `/users/${idle.id}`, { isDisabled: true });
    await admin.send('POST', '/users', {
      name: unique('invited'),
      permissions: ['ACCESS_MANAGEMENT'],
      teams: [team.id],
    });
    await setPermissions(env, 'admin', ['SECRET_MANAGEMENT']);
    return async () => {
      await sql`insert into grants select id, 'ACCESS_MANAGEMENT' from users where name = 'admin' on conflict do nothing`;
    };
  });

  const refused = [409, '/problems/last-access-manager'];

  test.each<[string, () => [method: string, path: string, body?: object]]>([
    ['deleted', () => ['DELETE', `/users/${last.id}`]],
    ['disabled', () => ['PATCH', `/users/${last.id}`, { isDisabled: true }]],
    ['taken out of the team', () => ['PATCH', `/users/${last.id}`, { teams: [] }]],
    ['removed as a member', () => ['PATCH', `/teams/${team.id}`, { removeMembers: [last.id] }]],
    ['in a team that loses it', () => ['PATCH', `/teams/${team.id}`, { permissions: [] }]],
    [
      'in a team that is disabled',
      () => ['PATCH', `/teams/${team.id}`, { isDisabled: true, description: 'not now' }],
    ],
    ['in a team that is deleted', () => ['DELETE', `/teams/${team.id}`]],
  ])('is not %s', async (_, request) => {
    const before = await sql`select * from audit_events`;
    const answer = await last.client.send(...request());
    expect([answer.status, answer.problem.type]).toEqual(refused);
    expect(await permissionsOf(last.client)).toEqual(['ACCESS_MANAGEMENT']);
    expect((await sql`select * from audit_events`).length).toBe(before.length);
    // As soon as there is somebody else it goes.
    await setPermissions(env, 'admin', ['ACCESS_MANAGEMENT']);
    expect((await admin.send(...request())).status).toBeLessThan(300);
  });

  test('is not stripped of a grant of their own, by the API or at the terminal', async () => {
    await admin.send('GET', '/session');
    await last.client.send('PATCH', `/users/${last.id}`, { permissions: ['ACCESS_MANAGEMENT'] });
    expect((await last.client.send('DELETE', `/teams/${team.id}`)).status).toBe(204);
    const answer = await last.client.send('PATCH', `/users/${last.id}`, {
      permissions: ['SECRET_MANAGEMENT'],
    });
    expect([answer.status, answer.problem.type]).toEqual(refused);
    await expect(setPermissions(env, last.name, [])).rejects.toMatchObject({
      code: 'last-access-manager',
    });
  });

  test.each<[string, (id: string) => [method: string, path: string, body?: object]]>([
    ['strip', (id) => ['PATCH', `/users/${id}`, { permissions: [] }]],
    ['disable', (id) => ['PATCH', `/users/${id}`, { isDisabled: true }]],
    ['delete', (id) => ['DELETE', `/users/${id}`]],
  ])('of two who %s each other in the same moment, one is left', async (_, request) => {
    for (let round = 0; round < 3; round += 1) {
      const one = await newPerson(['ACCESS_MANAGEMENT']);
      const two = await newPerson(['ACCESS_MANAGEMENT']);
      // Nobody else from here on.
      await sql`delete from grants where permission = 'ACCESS_MANAGEMENT' and principal_id not in (${one.id}, ${two.id})`;
      const answers = await Promise.all([
        one.client.send(...request(two.id)),
        two.client.send(...request(one.id)),
      ]);
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status < 300)).toHaveLength(1);
      const holders = [];
      for (const { client } of [one, two])
        if ((await client.send('GET', '/users')).status === 200) holders.push(client);
      expect(holders).toHaveLength(1);
    }
  });
});

// --- invitations ---

const newPassword = 'seven herons cross a river';

/** Accepts as somebody who is not signed in. */
function accept(token: string, password = newPassword): Promise<Answer> {
  return node.client().send('POST', '/invitations/accept', { token, password });
}

describe('an invitation', () => {
  const invite = async () => (await admin.send('POST', '/users', { name: unique('invited') })).json;

  test('lets the person set a password, once, and then sign in', async () => {
    const { user, invitation } = await invite();
    expect(invitation.link).toBe(`/invitation#token=${invitation.token}`);
    expect(invitation.token).toMatch(/^[\w-]{43}$/);
    const hoursLeft = (Date.parse(invitation.expiresAt) - Date.now()) / 3_600_000;
    expect([hoursLeft > 71.9, hoursLeft < 72.1]).toEqual([true, true]);
    expect((await node.client().signIn(user.name, newPassword)).status).toBe(401);

    const accepted = await accept(invitation.token);
    expect([accepted.status, accepted.json, accepted.headers.getSetCookie()]).toEqual([
      200,
      { username: user.name },
      [],
    ]);
    expect((await node.client().signIn(user.name, newPassword)).status).toBe(200);
    expect((await admin.send('GET', `/users/${user.id}`)).json).toMatchObject({
      hasPassword: true,
      invitedUntil: null,
    });
    expect((await eventsOf(user.name)).slice(-2)).toEqual([
      `invitation.accepted ${user.name}`,
      `session.started ${user.name}`,
    ]);
  });

  test('gets one answer when it is unknown, used, replaced, expired, or of somebody disabled or deleted', async () => {
    const used = await invite();
    await accept(used.invitation.token);
    const replaced = await invite();
    const again = await admin.send('POST', `/users/${replaced.user.id}/invitation`);
    const expired = await invite();
    await sql`update invitations set expires_at = now() where user_id = ${expired.user.id}`;
    const disabled = await invite();
    await sql`update users set is_disabled = true where id = ${disabled.user.id}`;
    const deleted = await invite();
    await admin.send('DELETE', `/users/${deleted.user.id}`);
    const answers = [await accept('made-up')];
    for (const { invitation } of [used, replaced, expired, disabled, deleted])
      answers.push(await accept(invitation.token));
    for (const { status, problem } of answers) {
      expect([status, { ...problem, requestId: '' }]).toEqual([
        410,
        { ...answers[0]?.problem, requestId: '' },
      ]);
    }
    expect((await node.client().signIn(disabled.user.name, newPassword)).status).toBe(401);
    expect((await accept(again.json.token)).status).toBe(200);
    await sql`delete from sign_in_attempts`;
  });

  test('is used by one of two who send it in the same moment', async () => {
    const { invitation } = await invite();
    const answers = await Promise.all([
      accept(invitation.token, `${newPassword} one`),
      accept(invitation.token, `${newPassword} two`),
    ]);
    expect(statusesOf(answers)).toEqual([200, 410]);
  });

  test('ends the sessions and the old password of somebody who had one', async () => {
    const { id, name, client } = await newPerson();
    const { json } = await admin.send('POST', `/users/${id}/invitation`);
    // Until it is used nothing changes for them.
    expect((await client.send('GET', '/session')).status).toBe(200);
    expect((await accept(json.token)).status).toBe(200);
    expect((await client.send('GET', '/session')).status).toBe(401);
    expect([
      (await node.client().signIn(name, testPassword)).status,
      (await node.client().signIn(name, newPassword)).status,
    ]).toEqual([401, 200]);
  });

  test('is taken back when they change their password themselves', async () => {
    const { id, client } = await newPerson();
    const { json } = await admin.send('POST', `/users/${id}/invitation`);
    await client.send('PUT', '/session/password', { currentPassword: testPassword, newPassword });
    expect((await accept(json.token)).status).toBe(410);
    await sql`delete from sign_in_attempts`;
  });

  test('survives a password that is refused', async () => {
    const { user, invitation } = await invite();
    for (const password of ['short', 'passwordpassword', `${user.name}${user.name}`]) {
      const { status, problem } = await accept(invitation.token, password);
      expect([status, problem.errors?.[0]?.field]).toEqual([400, 'password']);
    }
    expect((await accept(invitation.token)).status).toBe(200);
  });

  test('is stored as a hash only, and stands in no log', async () => {
    const { invitation } = await invite();
    await accept('another one that was made up');
    const [row] = await sql<
      { dump: string }[]
    >`select (select string_agg(i::text, '') from invitations i) || (select string_agg(e::text, '') from audit_events e) as dump`;
    for (const text of [row?.dump ?? '', node.lines.join('')]) {
      expect(text).not.toContain(invitation.token);
      expect(text).not.toContain(Buffer.from(invitation.token).toString('hex'));
      expect(text).not.toContain(Buffer.from(invitation.token, 'base64url').toString('hex'));
      expect(text).not.toContain('made up');
    }
    await sql`delete from sign_in_attempts`;
  });

  test('guessing is limited by address', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 22; n += 1) statuses.push((await accept(`guess-${n}`)).status);
    expect(statuses).toEqual([...Array<number>(21).fill(410), 429]);
    await sql`delete from sign_in_attempts`;
  });

  test('without a password, signing in takes as much work as for an unknown user', async () => {
    const { user } = await invite();
    const times = { unknown: [] as number[], invited: [] as number[] };
    for (let round = 0; round < 15; round += 1) {
      for (const [kind, name] of [
        ['unknown', `ghost-${round}`],
        ['invited', user.name],
      ] as const) {
        await sql`delete from sign_in_attempts`;
        const started = performance.now();
        expect((await node.client().signIn(name, 'x')).status).toBe(401);
        times[kind].push(performance.now() - started);
      }
    }
    // The quickest of each: what else the machine does can only make one slower. A missing hash would be many times quicker.
    const quickest = (list: number[]) => Math.min(...list);
    expect(quickest(times.unknown) / quickest(times.invited)).toBeGreaterThan(0.5);
    expect(quickest(times.unknown) / quickest(times.invited)).toBeLessThan(2);
  });
});

describe('lists', () => {
  const tag = 'zebra';

  beforeAll(async () => {
    for (const name of ['Zebra_b', 'zebra-a', 'ZEBRA.c', 'zebra_e']) {
      await admin.send('POST', '/users', { name });
      await admin.send('POST', '/teams', { name });
    }
  });

  const namesIn = ({ json }: Answer): string[] =>
    json.items.map(({ name }: { name: string }) => name);

  test.each(['users', 'teams'])('%s are searched, sorted and read page by page', async (kind) => {
    const all = ['zebra-a', 'ZEBRA.c', 'Zebra_b', 'zebra_e'];
    const byName = namesIn(await admin.send('GET', `/${kind}?q=${tag.toUpperCase()}`));
    expect(byName.toSorted()).toEqual(all.toSorted());
    expect(namesIn(await admin.send('GET', `/${kind}?q=${tag}&sort=-name`))).toEqual(
      byName.toReversed(),
    );
    const oldestFirst = ['Zebra_b', 'zebra-a', 'ZEBRA.c', 'zebra_e'];
    expect(namesIn(await admin.send('GET', `/${kind}?q=${tag}&sort=createdAt`))).toEqual(
      oldestFirst,
    );
    // Taken literally.
    expect(namesIn(await admin.send('GET', `/${kind}?q=zebra_`))).toHaveLength(2);
    expect(namesIn(await admin.send('GET', `/${kind}?q=zebra%25`))).toEqual([]);
    expect(namesIn(await admin.send('GET', `/${kind}?q=zebra%5C`))).toEqual([]);

    for (const sort of ['name', '-name', 'createdAt', '-createdAt']) {
      const whole = namesIn(await admin.send('GET', `/${kind}?q=${tag}&sort=${sort}`));
      const read: string[] = [];
      let query = `q=${tag}&sort=${sort}&limit=1`;
      for (let pages = 0; pages < 10; pages += 1) {
        const page = await admin.send('GET', `/${kind}?${query}`);
        read.push(...namesIn(page));
        if (page.json.nextCursor === null) break;
        query = `limit=1&cursor=${page.json.nextCursor}`;
      }
      expect([sort, read]).toEqual([sort, whole]);
    }
  });

  test('a cursor of another list, search or order, or a made-up one, is refused', async () => {
    const { nextCursor } = (await admin.send('GET', '/users?limit=1')).json;
    const forged = (content: object) =>
      Buffer.from(
        JSON.stringify({
          list: 'users',
          q: '',
          sort: 'name',
          key: 'a',
          id: crypto.randomUUID(),
          ...content,
        }),
      ).toString('base64url');
    for (const path of [
      `/teams?cursor=${nextCursor}`,
      `/users?cursor=${nextCursor}&sort=-name`,
      `/users?cursor=${nextCursor}&q=a`,
      '/users?cursor=made-up',
      `/users?cursor=${forged({ sort: 'createdAt', key: 'never' })}`,
      `/users?cursor=${forged({ id: 'x' })}`,
      `/users?cursor=${forged({ key: 'a\0' })}`,
      `/users?cursor=${forged({ sort: 'passwordHash' })}`,
    ]) {
      const { status, problem } = await admin.send('GET', path);
      expect([path, status, problem.errors?.[0]?.field]).toEqual([path, 400, 'cursor']);
    }
    expect((await admin.send('GET', `/users?cursor=${forged({})}`)).status).toBe(200);
  });

  test('the members of a team are read page by page', async () => {
    const people = [await newPerson(), await newPerson(), await newPerson()];
    const team = await newTeam(
      [],
      people.map(({ id }) => id),
    );
    const first = await admin.send('GET', `/teams/${team.id}/members?limit=2`);
    const second = await admin.send(
      'GET',
      `/teams/${team.id}/members?limit=2&cursor=${first.json.nextCursor}`,
    );
    expect([...idsIn(first), ...idsIn(second)].toSorted()).toEqual(
      people.map(({ id }) => id).toSorted(),
    );
    expect(second.json.nextCursor).toBeNull();
    expect((await admin.send('GET', `/users?cursor=${first.json.nextCursor}`)).status).toBe(400);
  });
});
