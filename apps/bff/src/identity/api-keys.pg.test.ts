import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { permissionNames, type Permission } from '@dropsafe/contract/permissions';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProgram, type Answer, type Client } from '../../testkit/client.ts';
import { startTestNode, type TestNode } from '../../testkit/node.ts';
import { printApiKey } from './api-key.ts';
import { countApiKeys, listApiKeys, prepareFindApiKey } from './api-keys.store.ts';
import { hashToken } from './token.ts';

let node: TestNode;
let other: TestNode;
let sql: postgres.Sql;
let admin: Client;
/** Every answer but those that a key was created by. */
const answers: string[] = [];
const tokens: string[] = [];

beforeAll(async () => {
  node = await startTestNode();
  other = await startTestNode({
    DATABASE_URL: node.databaseUrl,
    DROPSAFE_DATA_DIR: node.dataDir,
  });
  sql = postgres(node.databaseUrl);
  admin = await node.as('keeper', ['ACCESS_MANAGEMENT'], keepAnswer);
});

afterAll(async () => {
  await sql.end();
  await other.stop();
  await node.stop();
});

function keepAnswer(asked: string, answer: Answer): void {
  if (asked !== 'POST /api-keys' || answer.status !== 201)
    answers.push(answer.text, JSON.stringify([...answer.headers]));
}

async function create(
  name: string,
  permissions: readonly Permission[] = ['SECRET_MANAGEMENT_READ'],
  expiresAt?: string,
) {
  const answer = await admin.send('POST', '/api-keys', {
    name,
    permissions,
    ...(expiresAt !== undefined && { expiresAt }),
  });
  expect(answer.status).toBe(201);
  tokens.push(answer.json.token);
  const { id, token }: { id: string; token: string } = answer.json;
  return {
    id,
    token,
    answer,
    at: (where: TestNode) => createProgram(where.url, token, keepAnswer),
  };
}

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

describe('a key', () => {
  test('is answered with its token once, and without it ever after', async () => {
    const end = inAnHour();
    const { id, token, answer } = await create('Nightly import', ['SECRET_MANAGEMENT_READ'], end);
    const { token: _, ...withoutToken } = answer.json;
    expect(withoutToken).toEqual({
      id,
      name: 'Nightly import',
      permissions: ['SECRET_MANAGEMENT_READ'],
      team: null,
      effectivePermissions: [{ permission: 'SECRET_MANAGEMENT_READ', isDirect: true, teams: [] }],
      endsWith: token.slice(-4),
      createdAt: expect.any(String),
      createdBy: 'keeper',
      expiresAt: end,
      isExpired: false,
      lastUsedAt: null,
    });
    expect(token).toMatch(/^dsk_[0-9A-Za-z]{49}$/);
    const { json } = await admin.send('GET', '/api-keys?q=nightly');
    expect(json).toEqual({ items: [withoutToken], nextCursor: null, total: 1 });
  });

  test('works on every node until it is revoked; the very next request on each is refused', async () => {
    const { id, at } = await create('two nodes');
    for (const where of [node, other, node])
      expect((await at(where).send('GET', '/secrets')).status).toBe(200);
    expect((await admin.send('DELETE', `/api-keys/${id}`)).status).toBe(204);
    for (const where of [other, node]) {
      const { status, problem, headers } = await at(where).send('GET', '/secrets');
      expect([status, problem.type, headers.get('WWW-Authenticate')]).toEqual([
        401,
        '/problems/unauthenticated',
        'Bearer error="invalid_token"',
      ]);
    }
    expect((await admin.send('DELETE', `/api-keys/${id}`)).status).toBe(404);
    expect(await sql`select from grants where principal_id = ${id}`).toHaveLength(0);
  });

  test('is refused from the moment of its end on, by the clock of the database', async () => {
    const { id, at } = await create('short', ['SECRET_MANAGEMENT_READ'], inAnHour());
    expect((await at(node).send('GET', '/secrets')).status).toBe(200);
    await sql`update api_keys set expires_at = now() where id = ${id}`;
    expect((await at(node).send('GET', '/secrets')).status).toBe(401);
    const { json } = await admin.send('GET', '/api-keys?q=short');
    expect(json.items[0].isExpired).toBe(true);
  });

  test('may do what it was granted, at every moment, and makes changes in its own name', async () => {
    const { id, at } = await create('Writer', ['SECRET_MANAGEMENT_CREATE']);
    const made = await at(node).send('POST', '/secrets', { name: 'BY_PROGRAM', value: 'x' });
    expect([made.status, made.json.createdBy]).toEqual([201, 'API key Writer']);
    const refused = await at(node).send('DELETE', '/secrets/BY_PROGRAM');
    expect([refused.status, refused.problem.type]).toEqual([403, '/problems/permission-required']);
    await sql`insert into grants values (${id}, 'SECRET_MANAGEMENT_DELETE')`;
    expect((await at(other).send('DELETE', '/secrets/BY_PROGRAM')).status).toBe(204);

    const events = await sql`
      select principal_kind, principal_name, means, action, subject from audit_events where principal_id = ${id} order by id`;
    expect([...events]).toEqual(
      [
        ['secret.created', 'BY_PROGRAM'],
        ['permission.denied', 'BY_PROGRAM'],
        ['secret.deleted', 'BY_PROGRAM'],
      ].map(([action, subject]) => ({
        principal_kind: 'api-key',
        principal_name: 'Writer',
        means: null,
        action,
        subject,
      })),
    );
  });

  test('notes when it was used, at most once a minute', async () => {
    const { id, at } = await create('used');
    const lastUsed = async (): Promise<Date | null> =>
      (await sql`select last_used_at from api_keys where id = ${id}`)[0]?.['last_used_at'];
    await at(node).send('GET', '/secrets');
    const first = await lastUsed();
    expect(first).not.toBe(null);
    await Promise.all(Array.from({ length: 5 }, () => at(node).send('GET', '/secrets')));
    expect(await lastUsed()).toEqual(first);
    await sql`update api_keys set last_used_at = now() - interval '61 seconds' where id = ${id}`;
    await at(other).send('GET', '/secrets');
    expect((await lastUsed())?.getTime()).toBeGreaterThanOrEqual(first?.getTime() ?? Infinity);
    expect((await admin.send('GET', '/api-keys?q=used')).json.items[0].lastUsedAt).toBe(
      (await lastUsed())?.toISOString(),
    );
  });

  test('is not made for a moment that is over, nor under a name that is taken in any spelling', async () => {
    const before = (await sql`select count(*)::int as n from api_keys`)[0];
    const over = await admin.send('POST', '/api-keys', {
      name: 'over',
      permissions: ['SECRET_MANAGEMENT_READ'],
      expiresAt: new Date(Date.now() - 1_000).toISOString(),
    });
    expect([over.status, over.problem.errors?.map(({ field }) => field)]).toEqual([
      400,
      ['expiresAt'],
    ]);
    for (const name of ['NIGHTLY IMPORT', ' nightly import ', 'ｎｉｇｈｔｌｙ import']) {
      const taken = await admin.send('POST', '/api-keys', {
        name,
        permissions: ['SECRET_MANAGEMENT_READ'],
      });
      expect([taken.status, taken.problem.type]).toEqual([409, '/problems/api-key-name-taken']);
    }
    expect((await sql`select count(*)::int as n from api_keys`)[0]).toEqual(before);
  });

  test.each([
    ['no permission', { name: 'a', permissions: [] }, 'permissions'],
    ['one that does not exist', { name: 'a', permissions: ['EVERYTHING'] }, 'permissions.0'],
    ['no name', { name: '', permissions: ['SECRET_MANAGEMENT'] }, 'name'],
    ['letters of two scripts', { name: 'p\u0430y', permissions: ['SECRET_MANAGEMENT'] }, 'name'],
    ['a letter unseen', { name: '결제\u3164', permissions: ['SECRET_MANAGEMENT'] }, 'name'],
    ['a line break in the name', { name: 'a\nb', permissions: ['SECRET_MANAGEMENT'] }, 'name'],
    ['a long name', { name: 'a'.repeat(65), permissions: ['SECRET_MANAGEMENT'] }, 'name'],
    [
      'an end that is no moment',
      { name: 'a', permissions: ['SECRET_MANAGEMENT'], expiresAt: 'tomorrow' },
      'expiresAt',
    ],
    [
      'an end in the year 0',
      { name: 'a', permissions: ['SECRET_MANAGEMENT'], expiresAt: '0000-01-01T00:00:00Z' },
      'expiresAt',
    ],
  ])('with %s is refused', async (_, body, field) => {
    const { status, problem } = await admin.send('POST', '/api-keys', body);
    expect([status, problem.errors?.map((error) => error.field)]).toEqual([400, [field]]);
  });

  test('with ACCESS_MANAGEMENT creates and revokes others', async () => {
    const { at } = await create('manager', ['ACCESS_MANAGEMENT']);
    const made = await at(node).send('POST', '/api-keys', {
      name: 'made by a key',
      permissions: ['SECRET_MANAGEMENT_READ'],
    });
    expect([made.status, made.json.createdBy]).toEqual([201, 'API key manager']);
    tokens.push(made.json.token);
    expect((await at(node).send('DELETE', `/api-keys/${made.json.id}`)).status).toBe(204);
  });

  test.each(['not-an-id', '%00', "' or true --"])('of the id %s is not found', async (id) => {
    const { status } = await admin.send('DELETE', `/api-keys/${encodeURIComponent(id)}`);
    expect(status).toBe(404);
  });
});

describe('a key of a team', () => {
  const newTeam = async (
    permissions: readonly Permission[] = [],
  ): Promise<{ id: string; name: string; etag: string }> => {
    const name = `team-${crypto.randomUUID().slice(0, 8)}`;
    const { json, headers } = await admin.send('POST', '/teams', { name, permissions });
    return { id: json.id, name, etag: headers.get('ETag') ?? '' };
  };
  const createFor = async (
    name: string,
    teamId: string,
    permissions: readonly Permission[] = [],
  ) => {
    const answer = await admin.send('POST', '/api-keys', { name, permissions, teamId });
    if (answer.status === 201) tokens.push(answer.json.token);
    return {
      answer,
      at: (where: TestNode) => createProgram(where.url, answer.json.token, keepAnswer),
    };
  };

  test('may do what it and the team may, at every moment and on every node', async () => {
    const team = await newTeam(['SECRET_MANAGEMENT_READ']);
    const { answer, at } = await createFor('of a team', team.id, ['AUDIT_READ']);
    expect(answer.json).toMatchObject({
      permissions: ['AUDIT_READ'],
      team: { id: team.id, name: team.name },
      effectivePermissions: [
        {
          permission: 'SECRET_MANAGEMENT_READ',
          isDirect: false,
          teams: [{ id: team.id, name: team.name }],
        },
        { permission: 'AUDIT_READ', isDirect: true, teams: [] },
      ],
    });
    const statuses = async (where: TestNode) => {
      const found: number[] = [];
      for (const path of ['/secrets', '/audit-events', '/api-keys'])
        found.push((await at(where).send('GET', path)).status);
      return found;
    };
    expect(await statuses(node)).toEqual([200, 200, 403]);
    await admin.send('PATCH', `/teams/${team.id}`, { permissions: ['ACCESS_MANAGEMENT'] });
    expect(await statuses(other)).toEqual([403, 200, 200]);
    const listed = await admin.send('GET', '/api-keys?q=of%20a%20team');
    expect(listed.json.items[0].effectivePermissions[1]).toMatchObject({
      permission: 'ACCESS_MANAGEMENT',
    });
    const events =
      await sql`select action, subject from audit_events where subject like '%of a team' order by id`;
    expect([...events]).toEqual([
      { action: 'api-key.created', subject: 'of a team' },
      { action: 'team.api-key-added', subject: `${team.name}/of a team` },
    ]);
  });

  test('changes neither what its team may do nor whether it is enabled, but the rest of it, and other teams', async () => {
    const [team, another] = [await newTeam(['ACCESS_MANAGEMENT']), await newTeam()];
    const { answer, at } = await createFor('in the team', team.id, ['ACCESS_MANAGEMENT']);
    const patch = (id: string, body: object) => at(node).send('PATCH', `/teams/${id}`, body);
    const bodies = [{ permissions: ['AUDIT_READ'] }, { isDisabled: false }, { isDisabled: true }];
    await admin.send('PATCH', `/teams/${team.id}`, { isDisabled: true });
    for (const id of [team.id, team.id.toUpperCase()]) {
      for (const body of bodies) {
        const { status, problem } = await patch(id, body);
        expect([body, status, problem.type]).toEqual([body, 403, '/problems/own-api-key']);
      }
    }
    expect((await admin.send('GET', `/teams/${team.id}`)).json).toMatchObject({
      permissions: ['ACCESS_MANAGEMENT'],
      isDisabled: true,
    });
    const denied =
      await sql`select action, subject from audit_events where principal_id = ${answer.json.id} order by id`;
    // Once a minute of the same.
    expect([...denied]).toEqual(
      [team.id, team.id.toUpperCase()].map((id) => ({
        action: 'permission.denied',
        subject: `team ${id}`,
      })),
    );
    expect((await patch(team.id, { description: 'of programs' })).status).toBe(200);
    for (const body of bodies) expect((await patch(another.id, body)).status).toBe(200);
    expect((await patch('not-an-id', { isDisabled: true })).status).toBe(404);
  });

  test('needs no permission of its own, but a team that is there', async () => {
    const team = await newTeam();
    expect((await createFor('nothing of its own', team.id)).answer.json).toMatchObject({
      permissions: [],
      effectivePermissions: [],
    });
    for (const [teamId, field] of [
      [crypto.randomUUID(), 'teamId'],
      ['x', 'teamId'],
      [null, 'permissions'],
    ] as const) {
      const { status, problem } = await admin.send('POST', '/api-keys', { name: 'none', teamId });
      expect([teamId, status, problem.errors?.map((error) => error.field)]).toEqual([
        teamId,
        400,
        [field],
      ]);
    }
  });

  test('is revoked with the team on every node, and each has its event', async () => {
    const team = await newTeam(['SECRET_MANAGEMENT_READ']);
    const keys = [
      await createFor('first to go', team.id),
      await createFor('second to go', team.id, ['AUDIT_READ']),
    ];
    expect((await admin.send('GET', `/teams/${team.id}`)).json.apiKeyCount).toBe(2);
    // Whoever was told of fewer keys is asked once more.
    const stale = await admin.send('DELETE', `/teams/${team.id}`, undefined, {
      'If-Match': team.etag,
    });
    expect([stale.status, stale.problem.type]).toEqual([412, '/problems/team-changed']);
    for (const { at } of keys) expect((await at(other).send('GET', '/secrets')).status).toBe(200);
    expect((await admin.send('DELETE', `/teams/${team.id}`)).status).toBe(204);
    for (const { at } of keys) expect((await at(other).send('GET', '/secrets')).status).toBe(401);
    const events = await sql`
      select action, subject from audit_events where subject like '% to go' or subject = ${team.name} order by id`;
    expect(events.slice(-5, -2)).toEqual([
      { action: 'api-key.revoked', subject: 'first to go' },
      { action: 'api-key.revoked', subject: 'second to go' },
      { action: 'team.deleted', subject: team.name },
    ]);
    const ids = keys.map(({ answer }) => answer.json.id);
    expect(await sql`select from grants where principal_id in ${sql(ids)}`).toHaveLength(0);
  });

  test('made in the moment in which the team is deleted is refused, or revoked with it', async () => {
    for (let round = 0; round < 15; round += 1) {
      const team = await newTeam(['SECRET_MANAGEMENT_READ']);
      const name = `late ${round}`;
      const [made, deleted] = await Promise.all([
        createFor(name, team.id),
        other.client(admin.cookie).send('DELETE', `/teams/${team.id}`),
      ]);
      expect(deleted.status).toBe(204);
      const events = await sql`select action from audit_events where subject = ${name} order by id`;
      const told = events.map(({ action }) => action);
      if (made.answer.status === 201) {
        expect(told).toEqual(['api-key.created', 'api-key.revoked']);
        expect((await made.at(node).send('GET', '/secrets')).status).toBe(401);
      } else {
        expect([made.answer.status, told]).toEqual([400, []]);
      }
    }
  });

  test('that is revoked while the team is deleted has one event', async () => {
    for (let round = 0; round < 5; round += 1) {
      const team = await newTeam();
      const { answer } = await createFor(`twice ${round}`, team.id);
      await Promise.all([
        admin.send('DELETE', `/api-keys/${answer.json.id}`),
        other.client(admin.cookie).send('DELETE', `/teams/${team.id}`),
      ]);
      const events =
        await sql`select from audit_events where action = 'api-key.revoked' and subject = ${`twice ${round}`}`;
      expect(events).toHaveLength(1);
    }
  });
});

describe('a change', () => {
  const patch = (id: string, body: object, ifMatch?: string) =>
    admin.send(
      'PATCH',
      `/api-keys/${id}`,
      body,
      ifMatch === undefined ? {} : { 'If-Match': ifMatch },
    );
  const eventsAbout = async (subject: string) => {
    const rows = await sql`select action, subject, permissions, principal_name from audit_events
      where action like 'api-key.%' and subject like ${`${subject}%`} order by id`;
    return rows.map(({ action, subject: what, permissions, principal_name }) => {
      expect(principal_name).toBe('keeper');
      return [action, what, ...(permissions === null ? [] : [permissions])];
    });
  };

  test('of permissions acts on the very next request on every node, and the trail says what was given and taken', async () => {
    const { id, at } = await create('changing', ['SECRET_MANAGEMENT_READ', 'AUDIT_READ']);
    const statuses = async (where: TestNode) => [
      (await at(where).send('GET', '/secrets')).status,
      (await at(where).send('GET', '/audit-events')).status,
      (await at(where).send('GET', '/integrations')).status,
    ];
    expect(await statuses(node)).toEqual([200, 200, 403]);
    const changed = await patch(id, { permissions: ['INTEGRATION_USE', 'SECRET_MANAGEMENT_READ'] });
    expect([changed.status, changed.json.permissions]).toEqual([
      200,
      ['SECRET_MANAGEMENT_READ', 'INTEGRATION_USE'],
    ]);
    for (const where of [other, node]) expect(await statuses(where)).toEqual([200, 403, 200]);
    expect((await eventsAbout('changing')).slice(2)).toEqual([
      ['api-key.permissions-given', 'changing', ['INTEGRATION_USE']],
      ['api-key.permissions-taken', 'changing', ['AUDIT_READ']],
    ]);
  });

  test('of the end acts on the very next request on every node, and brings an expired key back', async () => {
    const { id, at } = await create('ending');
    const end = inAnHour();
    expect((await patch(id, { expiresAt: end })).json).toMatchObject({ expiresAt: end });
    // The same moment in other words is no change.
    expect((await patch(id, { expiresAt: end.replace('Z', '000Z') })).status).toBe(200);
    await sql`update api_keys set expires_at = now() where id = ${id}`;
    expect((await at(other).send('GET', '/secrets')).status).toBe(401);
    expect((await patch(id, { permissions: ['SECRET_MANAGEMENT'] })).status).toBe(200);
    const over = await patch(id, { expiresAt: new Date(Date.now() - 1_000).toISOString() });
    expect([over.status, over.problem.errors?.map(({ field }) => field)]).toEqual([
      400,
      ['expiresAt'],
    ]);
    expect((await at(node).send('GET', '/secrets')).status).toBe(401);
    expect((await patch(id, { expiresAt: null })).json).toMatchObject({
      expiresAt: null,
      isExpired: false,
    });
    for (const where of [other, node])
      expect((await at(where).send('GET', '/secrets')).status).toBe(200);
    const ends = (await eventsAbout('ending/')).map(([action, subject]) => [action, subject]);
    expect(ends).toEqual(
      ['never', end, 'never'].map((moment) => ['api-key.expiry-set', `ending/${moment}`]),
    );
  });

  test('of the name is taken at once, and the old one is free', async () => {
    const { id, at } = await create('before');
    await create('somebody else');
    const taken = await patch(id, { name: 'Somebody ELSE' });
    expect([taken.status, taken.problem.type]).toEqual([409, '/problems/api-key-name-taken']);
    expect((await patch(id, { name: ' After ' })).json.name).toBe('After');
    expect((await patch(id, { name: 'AFTER' })).json.name).toBe('AFTER');
    await at(node).send('GET', '/audit-events');
    const [event] = await sql`select principal_name from audit_events where principal_id = ${id}`;
    expect(event).toEqual({ principal_name: 'AFTER' });
    expect((await eventsAbout('before')).slice(2)).toEqual([['api-key.renamed', 'before/After']]);
    await create('before');
  });

  test('of a version that was not seen is refused, and one that comes to nothing is none', async () => {
    const { id, answer } = await create('twofold');
    const tag = answer.headers.get('ETag') ?? '';
    const first = await patch(id, { name: 'twofold 2' }, tag);
    expect(first.status).toBe(200);
    const second = await patch(id, { permissions: ['SECRET_MANAGEMENT'] }, tag);
    expect([second.status, second.problem.type]).toEqual([412, '/problems/api-key-changed']);
    const read = await admin.send('GET', `/api-keys/${id}`);
    expect([read.headers.get('ETag'), read.json]).toEqual([first.headers.get('ETag'), first.json]);
    const events = await eventsAbout('twofold');
    const same = await patch(id, { name: 'twofold 2', permissions: read.json.permissions }, '*');
    expect([same.status, same.headers.get('ETag')]).toEqual([200, first.headers.get('ETag')]);
    expect(await eventsAbout('twofold')).toEqual(events);
  });

  test.each([
    ['no permission is left', { permissions: [] }, 'permissions'],
    ['a permission is none', { permissions: ['EVERYTHING'] }, 'permissions.0'],
    ['the name is of two scripts', { name: 'p\u0430y' }, 'name'],
    ['it is about the team', { teamId: null }, ''],
  ])('is refused when %s', async (_, body, field) => {
    const { id, answer } = await create(`kept ${crypto.randomUUID()}`);
    const { status, problem } = await patch(id, body);
    expect([status, problem.errors?.map((error) => error.field)]).toEqual([400, [field]]);
    expect((await admin.send('GET', `/api-keys/${id}`)).headers.get('ETag')).toBe(
      answer.headers.get('ETag'),
    );
  });

  test('may leave a key of a team without permissions of its own', async () => {
    const team = await admin.send('POST', '/teams', { name: 'owner of one key' });
    const body = { name: 'all by team', permissions: ['AUDIT_READ'], teamId: team.json.id };
    const made = await admin.send('POST', '/api-keys', body);
    tokens.push(made.json.token);
    expect((await patch(made.json.id, { permissions: [] })).json).toMatchObject({
      permissions: [],
      team: { name: 'owner of one key' },
    });
  });

  test('is not made by the key itself, however its id is written; by another one it is', async () => {
    const one = await create('one manager', ['ACCESS_MANAGEMENT'], inAnHour());
    const another = await create('another manager', ['ACCESS_MANAGEMENT']);
    for (const id of [one.id, one.id.toUpperCase()]) {
      const { status, problem } = await one
        .at(node)
        .send('PATCH', `/api-keys/${id}`, { expiresAt: null });
      expect([status, problem.type]).toEqual([403, '/problems/own-api-key']);
    }
    const denied =
      await sql`select action, subject from audit_events where principal_id = ${one.id} order by id`;
    expect([...denied]).toEqual([
      { action: 'permission.denied', subject: `API key ${one.id}` },
      { action: 'permission.denied', subject: `API key ${one.id.toUpperCase()}` },
    ]);
    const changed = await another
      .at(node)
      .send('PATCH', `/api-keys/${one.id}`, { expiresAt: null });
    expect(changed.json).toMatchObject({ name: 'one manager', expiresAt: null });
  });

  test.each(['not-an-id', '%00', crypto.randomUUID()])('of the id %s is not found', async (id) => {
    for (const method of ['GET', 'PATCH'])
      expect(
        (
          await admin.send(
            method,
            `/api-keys/${encodeURIComponent(id)}`,
            method === 'GET' ? undefined : {},
          )
        ).status,
      ).toBe(404);
  });
});

describe('a refused key', () => {
  const events = async (id: string | null) => {
    const rows =
      await sql`select principal_kind, principal_name, action, subject, address from audit_events
      where principal_id is not distinct from ${id} and action like 'api-key.%-used' order by id`;
    return rows.map((row) => Object.values(row).join(' '));
  };
  test('that is revoked is in the trail by its name, once a minute on each node', async () => {
    const { id, at } = await create('gone');
    await admin.send('DELETE', `/api-keys/${id}`);
    const told = 'api-key gone api-key.revoked-used gone 127.0.0.1';
    expect((await at(node).send('GET', '/secrets')).status).toBe(401);
    expect(await events(id)).toEqual([told]);
    const wave = [node, other, node, other].map((where) => at(where).send('GET', '/secrets'));
    for (const { status } of await Promise.all(wave)) expect(status).toBe(401);
    expect(await events(id)).toEqual([told, told]);

    const again = await create('GONE');
    await admin.send('DELETE', `/api-keys/${again.id}`);
    await again.at(node).send('GET', '/secrets');
    expect(await events(again.id)).toHaveLength(1);
  });

  test('that has expired says so, and one of a team that was deleted is revoked', async () => {
    const { id, at } = await create('over by now', ['SECRET_MANAGEMENT_READ'], inAnHour());
    await sql`update api_keys set expires_at = now() where id = ${id}`;
    await at(node).send('GET', '/secrets');
    expect(await events(id)).toEqual([
      'api-key over by now api-key.expired-used over by now 127.0.0.1',
    ]);
    const team = await admin.send('POST', '/teams', { name: 'short-lived' });
    const body = { name: 'of the short-lived', teamId: team.json.id };
    const made = await admin.send('POST', '/api-keys', body);
    tokens.push(made.json.token);
    await admin.send('DELETE', `/teams/${team.json.id}`);
    await createProgram(node.url, made.json.token, keepAnswer).send('GET', '/secrets');
    expect(await events(made.json.id)).toEqual([
      'api-key of the short-lived api-key.revoked-used of the short-lived 127.0.0.1',
    ]);
  });

  test('that nobody has is told of without a name, once a minute for a network; what is no key is not', async () => {
    const before = await events(null);
    const stranger = () =>
      createProgram(other.url, printApiKey(randomBytes(32)), keepAnswer).send('GET', '/secrets');
    for (const { status } of await Promise.all([stranger(), stranger(), stranger()]))
      expect(status).toBe(401);
    await createProgram(other.url, 'dsk_nothing', keepAnswer).send('GET', '/secrets');
    expect(await events(null)).toEqual([
      ...before,
      'anonymous  api-key.unknown-used unknown API key 127.0.0.1',
    ]);
  });

  test('is in no list, counts for no team, and cannot be changed or revoked again', async () => {
    const { id } = await create('buried');
    await admin.send('DELETE', `/api-keys/${id}`);
    expect((await admin.send('GET', '/api-keys?q=buried')).json).toMatchObject({
      items: [],
      total: 0,
    });
    for (const [method, body] of [
      ['GET', undefined],
      ['PATCH', { name: 'risen', expiresAt: null }],
      ['DELETE', undefined],
    ] as const)
      expect([method, (await admin.send(method, `/api-keys/${id}`, body)).status]).toEqual([
        method,
        404,
      ]);
  });
});

test('keys of the same moment are looked up by one statement, which reads the index on the hash', async () => {
  const { token } = await create('looked up');
  const revoked = await create('looked up and revoked');
  await admin.send('DELETE', `/api-keys/${revoked.id}`);
  const client = postgres(node.databaseUrl, { max: 1 });
  const statements: string[] = [];
  const logger = { logQuery: (statement: string) => void statements.push(statement) };
  const queries = drizzle({ client, casing: 'snake_case', logger });
  const find = prepareFindApiKey({ queries, lookUp: (work) => work(queries) });
  const tokensSent = [token, revoked.token, printApiKey(randomBytes(32))];
  const found = await Promise.all(tokensSent.map((sent) => find(hashToken(sent))));
  expect(found.map((key) => key?.state)).toEqual(['live', 'revoked', undefined]);
  expect(statements).toHaveLength(1);
  // Of few rows the planner would read all in any case.
  await client`set enable_seqscan = off`;
  const plan = await client.unsafe(
    `explain (format json) ${statements[0]?.replace('$1', "array['\\x00']") ?? ''}`,
  );
  const keys = JSON.stringify(plan[0]?.['QUERY PLAN'][0].Plan);
  expect(keys).toMatch(
    /"Index Name":"api_keys_tokenHash_unique"[^}]*"Index Cond":"\(token_hash = ANY/,
  );
  expect(keys).not.toContain('Seq Scan');
  await client.end();
});

describe('the list', () => {
  test('and its count read no key that was revoked, of which there are more with every year', async () => {
    const client = postgres(node.databaseUrl, { max: 1 });
    const asked: { text: string; values: unknown[] }[] = [];
    const logger = {
      logQuery: (text: string, values: unknown[]) => void asked.push({ text, values }),
    };
    const queries = drizzle({ client, casing: 'snake_case', logger });
    await listApiKeys(queries, { sort: '-createdAt', q: '', limit: 51, after: undefined });
    await countApiKeys(queries, '');
    // Of few rows the planner would read all in any case, and sort them.
    for (const way of ['seqscan', 'bitmapscan', 'sort'])
      await client.unsafe(`set enable_${way} = off`);
    const plans: string[] = [];
    for (const { text, values } of asked) {
      const [row] = await client.unsafe(`explain (format json) ${text}`, values as string[]); // as: what drizzle has sent
      plans.push(JSON.stringify(row?.['QUERY PLAN'][0].Plan));
    }
    expect(plans).toHaveLength(2);
    expect(plans[0]).toContain('"Scan Direction":"Backward","Index Name":"api_keys_by_created_at"');
    expect(plans[1]).toMatch(/"Index Name":"api_keys_(by_created_at|name)"/);
    expect(plans[1]).not.toContain('Seq Scan');
    await client.end();
  });

  test('is read page by page in every order, each key once', async () => {
    for (let n = 0; n < 7; n += 1) await create(`page Ü ${n % 2 ? 'a' : 'B'}${n}`);
    await sql`update api_keys set last_used_at = now() - interval '1 hour' * length(name) where name like 'page Ü a%'`;
    for (const sort of ['name', '-name', 'createdAt', '-createdAt', 'lastUsedAt', '-lastUsedAt']) {
      const whole = await admin.send('GET', `/api-keys?q=PAGE%20&sort=${sort}`);
      expect(whole.json.total).toBe(7);
      const names: string[] = [];
      for (let cursor = ''; ;) {
        const { json } = await admin.send(
          'GET',
          `/api-keys?q=PAGE%20&sort=${sort}&limit=2${cursor}`,
        );
        names.push(...json.items.map(({ name }: { name: string }) => name));
        if (json.nextCursor === null) break;
        cursor = `&cursor=${json.nextCursor}`;
      }
      expect(names).toEqual(whole.json.items.map(({ name }: { name: string }) => name));
    }
  });

  test('takes a search literally, and refuses a cursor of another', async () => {
    await create('all_of it');
    expect((await admin.send('GET', '/api-keys?q=l_o')).json.total).toBe(1);
    expect((await admin.send('GET', '/api-keys?q=%25')).json.total).toBe(0);
    const { json } = await admin.send('GET', '/api-keys?limit=1&sort=createdAt');
    const forged = (content: object) =>
      Buffer.from(JSON.stringify({ q: '', id: crypto.randomUUID(), ...content })).toString(
        'base64url',
      );
    for (const query of [
      `cursor=${json.nextCursor}&sort=name`,
      `cursor=${json.nextCursor}&q=other`,
      'cursor=made-up',
      `cursor=${forged({ sort: 'createdAt', key: 'yesterday' })}`,
      `cursor=${forged({ sort: 'name', key: 'a\0' })}`,
      `cursor=${forged({ sort: 'name', key: null })}`,
    ])
      expect((await admin.send('GET', `/api-keys?${query}`)).status).toBe(400);
  });
});

describe('a request', () => {
  test('with a key and a cookie is refused, whichever of them is right', async () => {
    const { token } = await create('both');
    const stranger = printApiKey(randomBytes(32));
    for (const [key, cookie] of [
      [token, admin.cookie ?? ''],
      [token, 'dropsafe=made-up'],
      [stranger, admin.cookie ?? ''],
    ] as const) {
      const { status, headers, problem } = await admin.send('GET', '/api-keys', undefined, {
        Authorization: `Bearer ${key}`,
        Cookie: cookie,
      });
      expect([status, headers.get('WWW-Authenticate')]).toEqual([
        401,
        'Bearer error="invalid_request"',
      ]);
      expect(problem.detail).toContain('not both');
    }
  });

  test.each([
    ['another scheme', (token: string) => `Basic ${Buffer.from(token).toString('base64')}`],
    ['no token', () => 'Bearer'],
    ['two tokens', (token: string) => `Bearer ${token} ${token}`],
    ['a mistyped token', (token: string) => `Bearer ${token.slice(0, -1)}_`],
    ['a token that is none', () => `Bearer ${randomBytes(32).toString('base64url')}`],
    ['SQL', () => `Bearer '; drop table api_keys; --`],
  ])('with %s is malformed, and never asks the database', async (_, headerOf) => {
    const { id, token } = await create(`malformed ${randomBytes(4).toString('hex')}`);
    const header = headerOf(token);
    const { status, headers, text } = await node
      .client(undefined, keepAnswer)
      .send('GET', '/secrets', undefined, { Authorization: header });
    expect([status, headers.get('WWW-Authenticate')]).toEqual([
      401,
      'Bearer error="invalid_request"',
    ]);
    expect(text).not.toContain(header.slice(7, 20) || 'nothing');
    const [row] = await sql`select last_used_at from api_keys where id = ${id}`;
    expect(row?.['last_used_at']).toBe(null);
  });

  test('with the header twice is refused, though both are the same', async () => {
    const { token } = await create('twice');
    const status = await new Promise((resolve, reject) => {
      const sent = request(
        `${node.url}/api/v1/secrets`,
        // As two lines, which fetch would join.
        {
          headers: [
            'Host',
            new URL(node.url).host,
            'Authorization',
            `Bearer ${token}`,
            'Authorization',
            `Bearer ${token}`,
          ],
        },
        (answer) => resolve(answer.resume().statusCode),
      );
      sent.on('error', reject);
      sent.end();
    });
    expect(status).toBe(401);
  });

  test('by a key that nobody has is refused, and a wave of them slows nobody down', async () => {
    const { at } = await create('calm');
    const strangers = Array.from({ length: 60 }, () =>
      createProgram(node.url, printApiKey(randomBytes(32)), keepAnswer).send('GET', '/secrets'),
    );
    expect(new Set((await Promise.all(strangers)).map(({ status }) => status))).toEqual(
      new Set([401]),
    );
    expect((await at(node).send('GET', '/secrets')).status).toBe(200);
  });

  test('by a key needs none of the proofs of a browser, and gets no cookie', async () => {
    const { at } = await create('plain', ['SECRET_MANAGEMENT']);
    const answer = await at(node).send(
      'POST',
      '/secrets',
      { name: 'PLAIN', value: 'x' },
      { Origin: 'https://elsewhere.example' },
    );
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([201, []]);
  });

  test('about the session of a person is refused', async () => {
    const { at } = await create('no person', permissionNames);
    for (const [method, path] of [
      ['GET', '/session'],
      ['DELETE', '/session'],
      ['GET', '/sessions'],
      ['DELETE', '/sessions'],
    ] as const) {
      const { status, problem } = await at(node).send(method, path);
      expect([status, problem.type]).toEqual([403, '/problems/person-required']);
    }
  });
});

test('creating and revoking stand in the audit trail, with what was granted and the end', async () => {
  const end = inAnHour();
  const granted = ['SECRET_MANAGEMENT_CREATE', 'SECRET_MANAGEMENT_DELETE'] as const;
  const { id } = await create('audited', granted, end);
  await admin.send('DELETE', `/api-keys/${id}`);
  const events = await sql`
    select action, subject, principal_name, permissions from audit_events where subject like 'audited%' order by id`;
  expect([...events]).toEqual(
    [
      {
        action: 'api-key.created',
        subject: 'audited',
        permissions: ['SECRET_MANAGEMENT_CREATE', 'SECRET_MANAGEMENT_DELETE'],
      },
      { action: 'api-key.expiry-set', subject: `audited/${end}`, permissions: null },
      { action: 'api-key.revoked', subject: 'audited', permissions: null },
    ].map((event) => ({ ...event, principal_name: 'keeper' })),
  );
});

test('no token, and no part of one but its end, stands in the database, the log or any later answer', async () => {
  const tables = await sql<{ name: string }[]>`
    select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`;
  const rows = [];
  for (const { name } of tables)
    rows.push(...(await sql.unsafe<{ line: string }[]>(`select t::text as line from ${name} t`)));
  const places = {
    database: rows.map(({ line }) => line).join('\n'),
    log: [...node.lines, ...other.lines].join(''),
    answers: answers.join('\n'),
  };
  expect(places.database).toContain('Nightly import');
  expect(places.log).toContain('POST /api-keys');
  expect(places.answers).toContain('Nightly import');
  expect(tokens.length).toBeGreaterThan(20);
  for (const token of tokens) {
    const random = token.slice(4, 47);
    const needles = [random.slice(0, 12), random.slice(-12), token.slice(-6)].flatMap((part) => [
      part,
      Buffer.from(part).toString('hex'),
    ]);
    for (const [place, text] of Object.entries(places))
      expect([place, needles.filter((needle) => text.includes(needle))]).toEqual([place, []]);
  }
});
