/** @file Groups of identity providers and the teams that they give, over HTTP and on a real database. */
import { mostGroupsOfTeam, mostOidcGroups } from '@dropsafe/contract/oidc-groups';
import type { Permission } from '@dropsafe/contract/permissions';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEvent } from '../audit/event.ts';
import { newCanary } from '../../testkit/canary.ts';
import type { Answer, Client } from '../../testkit/client.ts';
import { setPermissions, startTestNode, testPassword, type TestNode } from '../../testkit/node.ts';
import { until } from '../../testkit/until.ts';
import { keepTeamsInStep } from './group-teams.ts';

/** Statements that sign-ins of the test have sent. */
const statements: string[] = [];

let node: TestNode;
let other: TestNode;
let env: Record<string, string>;
let sql: postgres.Sql;
/** The connections of the sign-ins. */
let signIns: postgres.Sql;
let admin: Client;
let serial = 0;

beforeAll(async () => {
  const providers = ['corp', 'partner'].map((name) => ({
    name,
    label: `${name} label`,
    issuer: `https://${name}.example.com`,
    clientId: 'safe',
  }));
  const settings = { DROPSAFE_OIDC: JSON.stringify(providers) };
  node = await startTestNode(settings);
  env = { DATABASE_URL: node.databaseUrl, DROPSAFE_DATA_DIR: node.dataDir };
  other = await startTestNode({ ...settings, ...env });
  sql = postgres(node.databaseUrl);
  signIns = postgres(node.databaseUrl, {
    debug: (_, statement) => void statements.push(statement),
    fetch_types: false,
  });
  admin = node.client();
  await admin.signIn('admin', testPassword);
});

afterAll(async () => {
  await sql.end();
  await signIns.end();
  await other.stop();
  await node.stop();
});

/** A name that no other test uses. */
const unique = (name: string) => `${name}-${(serial += 1)}`;

const newTeam = async (
  permissions: readonly Permission[] = [],
  members: string[] = [],
): Promise<{ id: string; name: string }> => {
  const name = unique('team');
  const { json, status } = await admin.send('POST', '/teams', { name, permissions, members });
  expect(status).toBe(201);
  return { id: json.id, name };
};

/** Maps a group to a team; answers the id of the mapping. */
async function map(group: string, teamId: string, provider = 'corp'): Promise<string> {
  const { json, status } = await admin.send('POST', '/oidc-groups', { provider, group, teamId });
  expect(status).toBe(201);
  return json.id;
}

interface Somebody {
  id: string;
  name: string;
  client: Client;
}

async function newPerson(permissions: readonly Permission[] = []): Promise<Somebody> {
  const name = unique('person');
  const client = await node.as(name, permissions);
  return { id: (await client.send('GET', '/session')).json.principal.id, name, client };
}

/** What a sign-in through a provider does about teams; answers what it told, as action, subject and means. */
async function signInWith(
  { id, name }: Pick<Somebody, 'id' | 'name'>,
  groups: string[],
  provider = 'corp',
): Promise<string[]> {
  const told: AuditEvent[] = [];
  await drizzle({ client: signIns, casing: 'snake_case' }).transaction((tx) =>
    keepTeamsInStep(tx, (event) => void told.push(event), {
      userId: id,
      userName: name,
      provider,
      groups,
    }),
  );
  return told.map((event) =>
    [event.action, event.subject, 'means' in event ? event.means : ''].join(' '),
  );
}

const permissionsOf = async (client: Client): Promise<Permission[]> =>
  (await client.send('GET', '/session')).json.permissions;

const teamsOf = async ({ id }: { id: string }): Promise<(string | null)[][]> =>
  (await admin.send('GET', `/users/${id}`)).json.teams.map(
    ({ name, provider }: { name: string; provider: string | null }) => [name, provider],
  );

/** The events about something, as action and subject. */
async function eventsOf(part: string): Promise<string[]> {
  const rows = await sql<{ action: string; subject: string }[]>`
    select action, subject from audit_events where position(${part} in subject) > 0 order by id`;
  return rows.map(({ action, subject }) => `${action} ${subject}`);
}

describe('a group', () => {
  test('is mapped to a team, listed and removed, and the trail tells each step', async () => {
    const team = await newTeam();
    const group = unique('a/b: „Ü“ [x]%_');
    const made = await admin.send('POST', '/oidc-groups', {
      provider: 'corp',
      group,
      teamId: team.id,
    });
    expect([made.status, made.headers.get('Location')]).toEqual([
      201,
      `/api/v1/oidc-groups/${made.json.id}`,
    ]);
    expect(made.json).toEqual({
      id: made.json.id,
      provider: 'corp',
      group,
      team: { id: team.id, name: team.name },
      createdAt: expect.any(String),
    });
    const listed = await admin.send('GET', `/oidc-groups?teamId=${team.id}`);
    expect(listed.json).toEqual({ items: [made.json], nextCursor: null });
    expect((await admin.send('DELETE', `/oidc-groups/${made.json.id}`)).status).toBe(204);
    expect((await admin.send('DELETE', `/oidc-groups/${made.json.id}`)).status).toBe(404);
    expect(await eventsOf(`corp/${group}/${team.name}`)).toEqual([
      `oidc-group.mapped corp/${group}/${team.name}`,
      `oidc-group.unmapped corp/${group}/${team.name}`,
    ]);
  });

  test('is compared exactly, and mapped to a team once', async () => {
    const { id: teamId } = await newTeam();
    const spellings = ['Ops', 'ops', ' Ops', 'Ops ', 'O\u0308ps', '\u00d6ps'];
    for (const group of spellings) await map(group, teamId);
    await map('Ops', teamId, 'partner');
    await map('Ops', (await newTeam()).id);
    const again = await admin.send('POST', '/oidc-groups', {
      provider: 'corp',
      group: 'Ops',
      teamId,
    });
    expect([again.status, again.problem.type]).toEqual([409, '/problems/group-mapped']);
    const somebody = await newPerson();
    expect(await signInWith(somebody, ['OPS', 'Ops\u00a0', ' ops'])).toEqual([]);
    const odd = ['a"b\\c,{}', 'NULL', '%', "'"];
    for (const group of odd) await map(group, (await newTeam()).id);
    const unheard = ['\0', '\ud800', '', 'x'.repeat(256)];
    expect(await signInWith(somebody, [...unheard, ...odd])).toHaveLength(odd.length);
  });

  test.each([
    ['of a provider that is not configured', { provider: 'nobody' }, 'provider'],
    ['of no provider', { provider: undefined }, 'provider'],
    ['without a name', { group: '' }, 'group'],
    ['with a line break in its name', { group: 'a\nb' }, 'group'],
    ['with half a character in its name', { group: '\ud800' }, 'group'],
    ['with a long name', { group: 'ü'.repeat(256) }, 'group'],
    ['for no team', { teamId: 'x' }, 'teamId'],
    ['for a team that is not there', { teamId: crypto.randomUUID() }, 'teamId'],
  ])('%s is refused, and nothing of it repeated', async (_, body, field) => {
    const { id: teamId } = await newTeam();
    const whole = { provider: 'corp', group: 'some group', teamId, ...body };
    const { status, problem, text } = await admin.send('POST', '/oidc-groups', whole);
    expect([status, problem.errors?.map((error) => error.field)]).toEqual([400, [field]]);
    expect(text).not.toMatch(/nobody|some group/);
  });

  test('of a provider that is configured no more stays listed, and can be removed', async () => {
    const team = await newTeam();
    const id = crypto.randomUUID();
    await sql`insert into oidc_groups values (${id}, 'gone', 'old', ${team.id})`;
    const { json } = await admin.send('GET', `/oidc-groups?teamId=${team.id}`);
    expect(json.items).toMatchObject([{ provider: 'gone', group: 'old' }]);
    expect((await admin.send('DELETE', `/oidc-groups/${id}`)).status).toBe(204);
  });

  test('more than a team may have, or all together, is refused', async () => {
    const team = await newTeam();
    const [first] = await sql`
      insert into oidc_groups select gen_random_uuid(), 'corp', 'n' || n, ${team.id} from generate_series(1, ${mostGroupsOfTeam}) n
      returning id`;
    const mapOneMore = async (teamId: string) => {
      const body = { provider: 'corp', group: unique('more'), teamId };
      const { status, problem } = await admin.send('POST', '/oidc-groups', body);
      return [status, problem.type];
    };
    expect(await mapOneMore(team.id)).toEqual([409, '/problems/too-many-groups']);
    await admin.send('DELETE', `/oidc-groups/${first?.['id']}`);
    expect((await mapOneMore(team.id))[0]).toBe(201);

    const another = await newTeam();
    await sql`insert into oidc_groups select gen_random_uuid(), 'gone', 'n' || n, ${another.id} from generate_series(1, ${mostOidcGroups}) n`;
    expect(await mapOneMore((await newTeam()).id)).toEqual([409, '/problems/too-many-groups']);
    await sql`delete from oidc_groups where provider = 'gone'`;
  });

  test('goes with its team, and the trail says so', async () => {
    const team = await newTeam(['SECRET_MANAGEMENT_READ']);
    const group = unique('of a team');
    await map(group, team.id);
    const somebody = await newPerson();
    await signInWith(somebody, [group]);
    expect(await permissionsOf(somebody.client)).toEqual(['SECRET_MANAGEMENT_READ']);
    expect((await admin.send('DELETE', `/teams/${team.id}`)).status).toBe(204);
    expect(await permissionsOf(somebody.client)).toEqual([]);
    expect(await eventsOf(team.name)).toEqual([
      `team.created ${team.name}`,
      `oidc-group.mapped corp/${group}/${team.name}`,
      `oidc-group.unmapped corp/${group}/${team.name}`,
      `team.deleted ${team.name}`,
    ]);
    expect(await signInWith(somebody, [group])).toEqual([]);
  });
});

describe('the list', () => {
  test('is searched, sorted and read page by page, whatever a group is called', async () => {
    const team = await newTeam();
    const names = ['zebra_a', 'ZEBRA.b', '😀'.repeat(255), '"\\'.repeat(127), 'zebra%'];
    for (const name of names) await map(name, team.id);
    await map('zebra_a', team.id, 'partner');
    await map('zebra_a', (await newTeam()).id);
    const groupsIn = ({ json }: Answer): string[] =>
      json.items.map(({ group }: { group: string }) => group);
    const q = (text: string) => `/oidc-groups?teamId=${team.id}&q=${encodeURIComponent(text)}`;
    expect(groupsIn(await admin.send('GET', q('ZEBRA'))).toSorted()).toEqual(
      ['ZEBRA.b', 'zebra%', 'zebra_a', 'zebra_a'].toSorted(),
    );
    expect(groupsIn(await admin.send('GET', q('a%')))).toEqual(['zebra%']);
    expect(groupsIn(await admin.send('GET', q('\\'))).length).toBe(1);
    for (const sort of ['name', '-name', 'createdAt', '-createdAt']) {
      const path = `/oidc-groups?teamId=${team.id}`;
      const whole = groupsIn(await admin.send('GET', `${path}&sort=${sort}`));
      expect(whole).toHaveLength(6);
      const read: string[] = [];
      for (let query = `${path}&sort=${sort}&limit=1`, pages = 0; pages < 10; pages += 1) {
        const page = await admin.send('GET', query);
        expect(page.status).toBe(200);
        read.push(...groupsIn(page));
        if (page.json.nextCursor === null) break;
        query = `${path}&limit=1&cursor=${page.json.nextCursor}`;
      }
      expect([sort, read]).toEqual([sort, whole]);
    }
    const { nextCursor } = (await admin.send('GET', `/oidc-groups?teamId=${team.id}&limit=1`)).json;
    for (const path of [
      `/oidc-groups?cursor=${nextCursor}`,
      `/teams?cursor=${nextCursor}`,
      `/oidc-groups?teamId=${team.id}&cursor=${nextCursor}&q=a`,
    ])
      expect((await admin.send('GET', path)).status).toBe(400);
  });
});

describe('a sign-in', () => {
  test('brings the teams of the groups, and takes those away that no group gives any more', async () => {
    const [readers, writers] = [
      await newTeam(['SECRET_MANAGEMENT_READ']),
      await newTeam(['SECRET_MANAGEMENT_CREATE']),
    ];
    const [r, w] = [unique('r'), unique('w')];
    await map(r, readers.id);
    await map(w, writers.id);
    const somebody = await newPerson();
    expect(await signInWith(somebody, [w, 'of no interest', r, r])).toEqual(
      [readers, writers].map(({ name }) => `team.member-added ${name}/${somebody.name} oidc:corp`),
    );
    expect(await permissionsOf(somebody.client)).toEqual([
      'SECRET_MANAGEMENT_READ',
      'SECRET_MANAGEMENT_CREATE',
    ]);
    expect(await teamsOf(somebody)).toEqual([
      [readers.name, 'corp'],
      [writers.name, 'corp'],
    ]);
    expect(await signInWith(somebody, [w])).toEqual([
      `team.member-removed ${readers.name}/${somebody.name} oidc:corp`,
    ]);
    expect(await permissionsOf(somebody.client)).toEqual(['SECRET_MANAGEMENT_CREATE']);
    expect(await signInWith(somebody, [])).toEqual([
      `team.member-removed ${writers.name}/${somebody.name} oidc:corp`,
    ]);
    expect(await permissionsOf(somebody.client)).toEqual([]);
  });

  test('leaves memberships by hand as they are, and those by another provider', async () => {
    const somebody = await newPerson();
    const [byHand, byOther, both] = [
      await newTeam([], [somebody.id]),
      await newTeam(),
      await newTeam(),
    ];
    const group = unique('g');
    await map(group, byHand.id);
    await map(group, byOther.id, 'partner');
    await map(group, both.id);
    await map(group, both.id, 'partner');
    await signInWith(somebody, [group], 'partner');
    const teams = [
      [byHand.name, null],
      [byOther.name, 'partner'],
      [both.name, 'partner'],
    ];
    expect(await teamsOf(somebody)).toEqual(teams);
    expect(await signInWith(somebody, [group])).toEqual([]);
    expect(await teamsOf(somebody)).toEqual(teams);
    expect(await signInWith(somebody, [])).toEqual([]);
    expect(await teamsOf(somebody)).toEqual(teams);
  });

  test('when nothing changes asks one query, for 2 000 groups too, writes nothing and waits for no lock', async () => {
    const team = await newTeam();
    const groups = Array.from({ length: 2_000 }, (_, n) => `${'g'.repeat(250)}${n}`);
    await map(groups[1_999] ?? '', team.id);
    const somebody = await newPerson();
    expect(await signInWith(somebody, groups)).toHaveLength(1);
    await sql.begin(async (tx) => {
      // As an administrator holds it who is in the middle of a change.
      await tx`select pg_advisory_xact_lock(7263002)`;
      statements.length = 0;
      expect(await signInWith(somebody, groups)).toEqual([]);
    });
    expect(statements.map((statement) => statement.trim().split(/\s/)[0])).toEqual([
      'begin',
      'select',
      'commit',
    ]);
  });

  test('that changes something waits for an administrator, and sees what they did', async () => {
    const team = await newTeam();
    const group = unique('g');
    const mapping = await map(group, team.id);
    const somebody = await newPerson();
    let signingIn: Promise<string[]> | undefined;
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(7263002)`;
      signingIn = signInWith(somebody, [group]);
      await waitForLock(tx);
      await tx`delete from oidc_groups where id = ${mapping}`;
    });
    expect(await signingIn).toEqual([]);
    expect(await teamsOf(somebody)).toEqual([]);
  });

  /** Until somebody waits for the lock on changes of access. */
  async function waitForLock(tx: postgres.TransactionSql): Promise<void> {
    for (;;) {
      const [row] = await tx<{ waiting: boolean }[]>`
        select exists (select from pg_locks where locktype = 'advisory' and not granted) as waiting`;
      if (row?.waiting === true) return;
    }
  }
});

describe('an administrator', () => {
  test('cannot take somebody out by hand whom a group put in, and learns which group it is', async () => {
    const somebody = await newPerson();
    const [team, byHand] = [await newTeam(), await newTeam([], [somebody.id])];
    const group = unique('g');
    await map(group, team.id);
    await signInWith(somebody, [group]);
    for (const answer of [
      await admin.send('PATCH', `/teams/${team.id}`, { removeMembers: [somebody.id] }),
      await admin.send('PATCH', `/users/${somebody.id}`, { teams: [] }),
    ]) {
      expect([answer.status, answer.problem.type, answer.problem.groups]).toEqual([
        409,
        '/problems/member-by-group',
        [{ provider: 'corp', group }],
      ]);
    }
    // The others may go, as long as this one stays.
    const answer = await admin.send('PATCH', `/users/${somebody.id}`, { teams: [team.id] });
    expect([answer.status, answer.json.teams]).toEqual([
      200,
      [{ id: team.id, name: team.name, provider: 'corp', permissions: [], isDisabled: false }],
    ]);
    expect(byHand.id).not.toBe(team.id);
  });

  test('who adds somebody by hand whom a group put in makes it a membership by hand', async () => {
    const somebody = await newPerson();
    const team = await newTeam(['SECRET_MANAGEMENT_READ']);
    const group = unique('g');
    const mapping = await map(group, team.id);
    await signInWith(somebody, [group]);
    const tag = async () =>
      (await admin.send('GET', `/users/${somebody.id}`)).headers.get('ETag') ?? '';
    const before = await tag();
    await admin.send('PATCH', `/teams/${team.id}`, { addMembers: [somebody.id] });
    expect(await tag()).not.toBe(before);
    expect(await teamsOf(somebody)).toEqual([[team.name, null]]);
    expect((await eventsOf(`${team.name}/${somebody.name}`)).at(-1)).toBe(
      `team.member-added ${team.name}/${somebody.name}`,
    );
    expect(await signInWith(somebody, [])).toEqual([]);
    expect((await admin.send('DELETE', `/oidc-groups/${mapping}`)).status).toBe(204);
    expect(await permissionsOf(somebody.client)).toEqual(['SECRET_MANAGEMENT_READ']);
    const left = await admin.send('PATCH', `/teams/${team.id}`, { removeMembers: [somebody.id] });
    expect([left.status, await teamsOf(somebody)]).toEqual([200, []]);
    // Once more: that changes nothing.
    const events = await eventsOf(team.name);
    await admin.send('PATCH', `/teams/${team.id}`, { removeMembers: [somebody.id] });
    expect(await eventsOf(team.name)).toEqual(events);
  });

  test('who removes a group takes those out at once, on every node, who were in by it alone', async () => {
    const team = await newTeam(['SECRET_MANAGEMENT_READ']);
    const [one, two] = [unique('one'), unique('two')];
    const first = await map(one, team.id);
    const second = await map(two, team.id);
    const [byOne, byBoth, byHand] = [await newPerson(), await newPerson(), await newPerson()];
    await admin.send('PATCH', `/teams/${team.id}`, { addMembers: [byHand.id] });
    await signInWith(byOne, [one]);
    await signInWith(byBoth, [one]);
    expect(await signInWith(byBoth, [one, two])).toEqual([]);
    await signInWith(byHand, [one]);
    const reads = async () => {
      const statuses: number[] = [];
      for (const { client } of [byOne, byBoth, byHand])
        statuses.push((await other.client(client.cookie).send('GET', '/secrets')).status);
      return statuses;
    };
    expect(await reads()).toEqual([200, 200, 200]);
    expect((await admin.send('DELETE', `/oidc-groups/${first}`)).status).toBe(204);
    expect(await reads()).toEqual([403, 200, 200]);
    expect((await admin.send('DELETE', `/oidc-groups/${second}`)).status).toBe(204);
    expect(await reads()).toEqual([403, 403, 200]);
    expect((await eventsOf(team.name)).filter((event) => /removed|unmapped/.test(event))).toEqual([
      `oidc-group.unmapped corp/${one}/${team.name}`,
      `team.member-removed ${team.name}/${byOne.name}`,
      `oidc-group.unmapped corp/${two}/${team.name}`,
      `team.member-removed ${team.name}/${byBoth.name}`,
    ]);
  });
});

describe('the last one who can manage access, by a group alone,', () => {
  let last: Somebody;
  let team: { id: string; name: string };
  let group: string;
  let mapping: string;

  beforeEach(async () => {
    await sql`delete from grants where permission = 'ACCESS_MANAGEMENT'`;
    await sql`insert into grants select id, 'ACCESS_MANAGEMENT' from users where name = 'admin'`;
    last = await newPerson();
    team = await newTeam(['ACCESS_MANAGEMENT']);
    group = unique('managers');
    mapping = await map(group, team.id);
    await signInWith(last, [group]);
    await setPermissions(env, 'admin', ['SECRET_MANAGEMENT']);
    return async () => {
      await sql`insert into grants select id, 'ACCESS_MANAGEMENT' from users where name = 'admin' on conflict do nothing`;
    };
  });

  test('stays in the team at a sign-in without the group, which is told, until there is another', async () => {
    const otherTeam = unique('also');
    const made = await last.client.send('POST', '/teams', { name: otherTeam });
    const alsoGiven = unique('also');
    await last.client.send('POST', '/oidc-groups', {
      provider: 'corp',
      group: alsoGiven,
      teamId: made.json.id,
    });
    await signInWith(last, [group, alsoGiven]);
    const kept = `team.member-kept ${team.name}/${last.name} oidc:corp`;
    expect(await signInWith(last, [])).toEqual([
      `team.member-removed ${otherTeam}/${last.name} oidc:corp`,
      kept,
    ]);
    expect(await signInWith(last, [])).toEqual([kept]);
    expect(await permissionsOf(last.client)).toEqual(['ACCESS_MANAGEMENT']);
    await setPermissions(env, 'admin', ['ACCESS_MANAGEMENT']);
    expect(await signInWith(last, [])).toEqual([
      `team.member-removed ${team.name}/${last.name} oidc:corp`,
    ]);
    expect(await permissionsOf(last.client)).toEqual([]);
  });

  test('moves to another team that lets them', async () => {
    const name = unique('new managers');
    const permissions = ['ACCESS_MANAGEMENT'];
    const { json } = await last.client.send('POST', '/teams', { name, permissions });
    const next = unique('g');
    await last.client.send('POST', '/oidc-groups', {
      provider: 'corp',
      group: next,
      teamId: json.id,
    });
    expect(await signInWith(last, [next])).toEqual([
      `team.member-added ${name}/${last.name} oidc:corp`,
      `team.member-removed ${team.name}/${last.name} oidc:corp`,
    ]);
  });

  test('cannot lose the group, and then nothing has changed', async () => {
    const before = await sql`select * from audit_events`;
    const answer = await last.client.send('DELETE', `/oidc-groups/${mapping}`);
    expect([answer.status, answer.problem.type]).toEqual([409, '/problems/last-access-manager']);
    expect((await sql`select * from audit_events`).length).toBe(before.length);
    expect(await permissionsOf(last.client)).toEqual(['ACCESS_MANAGEMENT']);
    expect(
      (await last.client.send('GET', `/oidc-groups?teamId=${team.id}`)).json.items,
    ).toHaveLength(1);
  });
});

describe('a team that is disabled', () => {
  test('keeps the members that groups give, takes in new ones, and grants nothing to any of them', async () => {
    const team = await newTeam(['SECRET_MANAGEMENT_READ']);
    const [group, unmapped] = [unique('g'), unique('g')];
    await map(group, team.id);
    const mapping = await map(unmapped, team.id);
    const [before, gone, after] = [await newPerson(), await newPerson(), await newPerson()];
    await signInWith(before, [group]);
    await signInWith(gone, [unmapped]);
    await admin.send('PATCH', `/teams/${team.id}`, { isDisabled: true });
    expect(await signInWith(before, [group])).toEqual([]);
    await signInWith(after, [group]);
    expect((await admin.send('DELETE', `/oidc-groups/${mapping}`)).status).toBe(204);
    expect([await teamsOf(before), await teamsOf(gone), await teamsOf(after)]).toEqual([
      [[team.name, 'corp']],
      [],
      [[team.name, 'corp']],
    ]);
    expect([await permissionsOf(before.client), await permissionsOf(after.client)]).toEqual([
      [],
      [],
    ]);
    await admin.send('PATCH', `/teams/${team.id}`, { isDisabled: false });
    expect(await permissionsOf(after.client)).toEqual(['SECRET_MANAGEMENT_READ']);
  });
});

describe('a group of very many', () => {
  const size = 3_000;

  test('is removed with one event about all of them, while other changes go on', async () => {
    const team = await newTeam(['SECRET_MANAGEMENT_READ']);
    const mapping = await map(unique('g'), team.id);
    const also = await map(unique('g'), team.id);
    const prefix = unique('crowd');
    await sql`insert into users (id, name, canonical_name)
      select gen_random_uuid(), ${prefix} || n, ${prefix} || n from generate_series(1, ${size + 1}::int) as n`;
    // One of them is in the team by another group as well.
    await sql`insert into team_members (team_id, user_id, canonical_name, provider, mappings)
      select ${team.id}, id, canonical_name, 'corp',
        case when name = ${`${prefix}1`} then array[${mapping}::uuid, ${also}::uuid] else array[${mapping}::uuid] end
      from users where name like ${`${prefix}%`}`;
    const writer = await node.as(unique('writer'), ['SECRET_MANAGEMENT']);
    const removing: Promise<Answer>[] = [];
    await sql.begin(async (tx) => {
      // The removal has begun, and waits in its middle.
      await tx`select from team_members where team_id = ${team.id} and canonical_name = ${`${prefix}2`} for update`;
      removing.push(admin.send('DELETE', `/oidc-groups/${mapping}`));
      await until('the removal waits', async () => {
        const [row] = await sql<{ count: number }[]>`select count(*)::int as count
          from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
        return row?.count === 1;
      });
      const secret = { name: unique('MEANWHILE').replace('-', '_'), value: newCanary() };
      expect((await other.client(writer.cookie).send('POST', '/secrets', secret)).status).toBe(201);
    });
    const [removed] = await Promise.all(removing);
    expect(removed?.status).toBe(204);
    const events = await eventsOf(team.name);
    expect(events.slice(-2)).toEqual([
      expect.stringMatching(/^oidc-group.unmapped /),
      `team.members-removed ${team.name}/${size} users`,
    ]);
    expect(events.filter((event) => event.includes('member-removed'))).toEqual([]);
    const left = await admin.send('GET', `/teams/${team.id}/members`);
    expect(left.json.items.map(({ name }: Somebody) => name)).toEqual([`${prefix}1`]);
  });
});

describe('in the same moment', () => {
  const rounds = 15;

  test('a sign-in and the removal of its group leave nobody in the team', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const team = await newTeam(['SECRET_MANAGEMENT_READ']);
      const group = unique('g');
      const mapping = await map(group, team.id);
      const [one, two] = [await newPerson(), await newPerson()];
      await signInWith(one, [group]);
      await Promise.all([
        admin.send('DELETE', `/oidc-groups/${mapping}`),
        signInWith(one, [group]),
        signInWith(two, [group]),
      ]);
      expect([await teamsOf(one), await teamsOf(two)]).toEqual([[], []]);
    }
  });

  test('a sign-in without the group and a membership by hand: it is by hand, whichever came first', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const team = await newTeam();
      const group = unique('g');
      await map(group, team.id);
      const somebody = await newPerson();
      await signInWith(somebody, [group]);
      const [, added] = await Promise.all([
        signInWith(somebody, []),
        other
          .client(admin.cookie)
          .send('PATCH', `/teams/${team.id}`, { addMembers: [somebody.id] }),
      ]);
      expect([added.status, await teamsOf(somebody)]).toEqual([200, [[team.name, null]]]);
    }
  });

  test('sign-ins of one person on two machines, and the end of the team, do not get in each other’s way', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const [team, staying] = [await newTeam(), await newTeam()];
      const group = unique('g');
      await map(group, team.id);
      await map(group, staying.id);
      const somebody = await newPerson();
      const [first, second, deleted, renamed] = await Promise.all([
        signInWith(somebody, [group]),
        signInWith(somebody, [group]),
        admin.send('DELETE', `/teams/${team.id}`),
        other.client(admin.cookie).send('PATCH', `/users/${somebody.id}`, { isDisabled: true }),
      ]);
      expect([deleted.status, renamed.status]).toEqual([204, 200]);
      expect(
        [...first, ...second].filter((told) => told.includes(`member-added ${staying.name}`)),
      ).toHaveLength(1);
      expect(await teamsOf(somebody)).toEqual([[staying.name, 'corp']]);
    }
  });
});
