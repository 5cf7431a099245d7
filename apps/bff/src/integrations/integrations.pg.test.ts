import { permissionNames, type Permission } from '@dropsafe/contract/permissions';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newCanary, sweep, type Leak } from '../../testkit/canary.ts';
import type { Answer, Client } from '../../testkit/client.ts';
import { dumpTables } from '../../testkit/dump.ts';
import { startTestNode, type TestNode } from '../../testkit/node.ts';
import { until } from '../../testkit/until.ts';

let node: TestNode;
let sql: postgres.Sql;
/** Everything about integrations and secrets. */
let admin: Client;
/** Integrations only: may reference nothing. */
let editor: Client;
const leaks: Leak[] = [];

const host = 'https://api.example.com';
const elsewhere = 'https://evil.example.net';
const notPermitted = 'Only somebody who may see secrets can use one.';

beforeAll(async () => {
  node = await startTestNode();
  sql = postgres(node.databaseUrl);
  admin = await as('manager', ['INTEGRATION_MANAGEMENT', 'SECRET_MANAGEMENT']);
  editor = await as('editor', ['INTEGRATION_MANAGEMENT']);
});

afterAll(async () => {
  leaks.push(...sweep('database', await dumpTables(sql)));
  await sql.end();
  await node.stop();
  expect([...leaks, ...sweep('log', node.lines.join(''))]).toEqual([]);
});

function as(name: string, permissions: readonly Permission[]): Promise<Client> {
  return node.as(name, permissions, (request, { text, headers }) => {
    leaks.push(...sweep(request, text), ...sweep(request, JSON.stringify([...headers])));
  });
}

let count = 0;
const newName = (what: string) => `${what}-${(count += 1)}`;

/** Creates a secret that may go to `destinations`. */
async function newSecret(destinations: string[] = [host]): Promise<string> {
  const name = newName('S').replace('-', '_');
  const body = { name, value: newCanary(), destinations };
  expect((await admin.send('POST', '/secrets', body)).status).toBe(201);
  return name;
}

const mention = (secret: string) => `{{ secret('${secret}') }}`;
const bearer = (secret: string, baseUrl = host) => ({
  baseUrl,
  auth: 'bearer',
  token: mention(secret),
});

/** Creates an integration. */
async function newIntegration(fields: object, client = admin): Promise<Answer['json']> {
  const body = { name: newName('integration'), type: 'http', fields };
  const answer = await client.send('POST', '/integrations', body);
  expect([answer.status, answer.problem.errors]).toEqual([201, undefined]);
  return answer.json;
}

const patch = (client: Client, id: string, body: object, headers?: Record<string, string>) =>
  client.send('PATCH', `/integrations/${id}`, body, headers);

async function trailOf(subject: string): Promise<unknown[]> {
  const rows = await sql<{ action: string; fields: string[] | null }[]>`
    select action, fields from audit_events where subject = ${subject} order by id`;
  return rows.map(({ action, fields }) => (fields === null ? action : [action, ...fields]));
}

const referencesOf = async (secret: string, query = '') =>
  (await admin.send('GET', `/secrets/${secret}/references${query}`)).json;

describe('an integration', () => {
  test('is created, read, changed and deleted, and the trail tells of fields, never of what is in them', async () => {
    const secret = await newSecret();
    const name = newName('life');
    const fields = { ...bearer(secret), headers: [{ name: 'Accept', value: 'application/json' }] };
    const created = await admin.send('POST', '/integrations', {
      name,
      type: 'http',
      description: 'of a test',
      fields,
    });
    const { id } = created.json;
    expect(created.json).toEqual({
      id,
      name,
      type: 'http',
      description: 'of a test',
      isDisabled: false,
      fields,
      version: 1,
      createdAt: expect.any(String),
      createdBy: 'manager',
      updatedAt: null,
      updatedBy: null,
    });
    expect(created.headers.get('Location')).toBe(`/api/v1/integrations/${id}`);
    const read = await admin.send('GET', `/integrations/${id}`);
    expect(read.json).toEqual(created.json);
    expect(read.headers.get('ETag')).toBe(created.headers.get('ETag'));

    const renamed = newName('renamed');
    const changed = await patch(
      admin,
      id,
      { name: renamed, isDisabled: true, fields: { ...bearer(secret), baseUrl: `${host}/v2` } },
      { 'If-Match': read.headers.get('ETag') ?? '' },
    );
    expect([changed.status, changed.json.version, changed.json.updatedBy]).toEqual([
      200,
      2,
      'manager',
    ]);
    const stale = { 'If-Match': read.headers.get('ETag') ?? '' };
    expect((await patch(admin, id, { isDisabled: false }, stale)).status).toBe(412);
    expect((await admin.send('DELETE', `/integrations/${id}`, undefined, stale)).status).toBe(412);
    expect(await referencesOf(secret)).toEqual({
      items: [{ integration: { id, name: renamed }, fields: ['token'], lastUsedAt: null }],
      nextCursor: null,
      total: 1,
    });
    expect((await admin.send('DELETE', `/integrations/${id}`)).status).toBe(204);
    expect((await admin.send('GET', `/integrations/${id}`)).status).toBe(404);
    expect(await referencesOf(secret)).toEqual({ items: [], nextCursor: null, total: 0 });
    expect(await trailOf(name)).toEqual([
      ['integration.created', 'baseUrl', 'auth', 'token', 'headers'],
    ]);
    expect(await trailOf(`${name}/${renamed}`)).toEqual(['integration.renamed']);
    expect(await trailOf(renamed)).toEqual([
      ['integration.updated', 'baseUrl', 'headers'],
      'integration.disabled',
      'integration.deleted',
    ]);
  });

  test('that is saved as it is stays as it is', async () => {
    const { id, fields, name } = await newIntegration(bearer(await newSecret()));
    const { json } = await patch(admin, id, { name, fields });
    expect(json.version).toBe(1);
  });

  test('that is renamed only is named so where its secrets are used', async () => {
    const secret = await newSecret();
    const { id } = await newIntegration(bearer(secret));
    const name = newName('only renamed');
    await patch(editor, id, { name });
    expect((await referencesOf(secret)).items).toEqual([
      { integration: { id, name }, fields: ['token'], lastUsedAt: null },
    ]);
  });

  test.each(['GET', 'PATCH', 'DELETE'])('that is none is not found by %s', async (method) => {
    for (const id of ['x', '0a1b2c3d-0000-4000-8000-000000000000']) {
      const body = method === 'PATCH' ? { isDisabled: true } : undefined;
      expect((await admin.send(method, `/integrations/${id}`, body)).status).toBe(404);
    }
  });

  test('has a name that no other has, whatever its case', async () => {
    const { name } = await newIntegration({ baseUrl: host });
    const again = { name: name.toUpperCase(), type: 'http', fields: { baseUrl: host } };
    expect((await admin.send('POST', '/integrations', again)).problem).toMatchObject({
      type: '/problems/integration-name-taken',
      errors: [{ field: 'name' }],
    });
  });

  test('is listed in every order, page by page, and found by a part of its name', async () => {
    const names = ['zeta', 'Alpha', 'm_id'].map((name) => newName(`Listed ${name}`));
    for (const name of names)
      await admin.send('POST', '/integrations', { name, type: 'http', fields: { baseUrl: host } });
    const find = async (query: string) =>
      (await admin.send('GET', `/integrations?q=listed&${query}`)).json;
    const [zeta, alpha, mid] = names;
    const orders = { name: [alpha, mid, zeta], createdAt: names, updatedAt: undefined };
    for (const [sort, expected] of Object.entries(orders)) {
      const paged: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await find(
          cursor === null ? `sort=${sort}&limit=1` : `limit=1&cursor=${cursor}`,
        );
        expect(page.total).toBe(3);
        paged.push(...page.items.map(({ name }: { name: string }) => name));
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(paged.toSorted()).toEqual(names.toSorted());
      if (expected !== undefined) expect(paged).toEqual(expected);
      const backwards = (await find(`sort=-${sort}`)).items;
      expect(backwards.map(({ name }: { name: string }) => name)).toEqual(paged.toReversed());
    }
    expect((await admin.send('GET', '/integrations?q=m_id')).json.items).toHaveLength(1);
    const [{ id }] = (await find('')).items;
    await patch(admin, id, { description: '100% Found by its Description' });
    const described = await admin.send('GET', '/integrations?q=100%25 found BY');
    expect(described.json).toMatchObject({ items: [{ id }], total: 1 });
    expect((await find('')).items[0]).not.toHaveProperty('fields');
  });
});

describe('saving checks everything at once', () => {
  test('and names each mistake at its place', async () => {
    const [known, narrow, none] = [await newSecret(), await newSecret([elsewhere]), newName('S')];
    const nowhere = await newSecret([]);
    const fields = {
      baseUrl: host,
      auth: 'basic',
      username: mention(known),
      password: `a ${mention(narrow)}`,
      headers: [
        { name: 'X-A', value: mention(none) },
        { name: 'X-B', value: mention(nowhere) },
        { name: 'Host', value: `{{ secret('${known}') | rot13 }}` },
      ],
    };
    const body = { name: newName('wrong'), type: 'http', fields };
    const { status, problem } = await admin.send('POST', '/integrations', body);
    expect([status, problem.type]).toEqual([400, '/problems/validation-failed']);
    const place = (secret: string, offset = 3) => ({
      start: offset,
      end: offset + `secret('${secret}')`.length,
    });
    expect(problem.errors).toEqual([
      {
        field: 'fields.headers.2.name',
        message: 'This header is set by Dropsafe. Leave it out.',
      },
      {
        field: 'fields.password',
        message: expect.stringContaining('may not be sent to this address'),
        ...place(narrow, 5),
      },
      {
        field: 'fields.headers.0.value',
        message: expect.stringContaining('There is no secret of this name.'),
        ...place(none),
      },
      {
        field: 'fields.headers.1.value',
        message: expect.stringContaining('has no destinations'),
        ...place(nowhere),
      },
      {
        field: 'fields.headers.2.value',
        message: expect.stringContaining('There is no filter of this name'),
        start: 3 + `secret('${known}') | `.length,
        end: 3 + `secret('${known}') | rot13`.length,
      },
    ]);
    const [row] =
      await sql`select count(*)::int as count from integrations where name = ${body.name}`;
    expect(row).toEqual({ count: 0 });
  });

  test('also when the base address is changed after the secret was chosen', async () => {
    const { id } = await newIntegration(bearer(await newSecret()));
    const { status, problem } = await patch(admin, id, {
      fields: {
        ...(await admin.send('GET', `/integrations/${id}`)).json.fields,
        baseUrl: elsewhere,
      },
    });
    expect([status, problem.errors]).toEqual([
      400,
      [
        expect.objectContaining({
          field: 'fields.token',
          message: expect.stringContaining('may not be sent'),
        }),
      ],
    ]);
  });

  test('a destination with a path holds for addresses at or below it', async () => {
    const secret = await newSecret([`${host}/repos/acme`]);
    await newIntegration(bearer(secret, `${host}/repos/acme/web`));
    for (const path of ['', '/repos', '/repos/acmeevil', '/repos/acme/../other']) {
      const body = { name: newName('path'), type: 'http', fields: bearer(secret, host + path) };
      expect([path, (await admin.send('POST', '/integrations', body)).status]).toEqual([path, 400]);
    }
  });
});

describe('somebody who may not list secrets', () => {
  const errorsOf = ({ problem }: Answer) =>
    problem.errors?.map(({ field, message }) => [field, message.slice(0, notPermitted.length)]);

  test('can mention none, and learns nothing about which there are; the trail tells of the attempt', async () => {
    const answers: unknown[] = [];
    for (const secret of [await newSecret(), await newSecret([]), 'S_0']) {
      const name = newName('foreign');
      const body = { name, type: 'http', fields: bearer(secret) };
      const answer = await editor.send('POST', '/integrations', body);
      answers.push([answer.status, errorsOf(answer)]);
      expect(await trailOf(name)).toEqual([]);
    }
    expect(await trailOf('a new integration')).toEqual(['permission.denied']);
    const refused = [400, [['fields.token', notPermitted]]];
    expect(answers).toEqual([refused, refused, refused]);
  });

  test('can change what says nothing about where a secret goes', async () => {
    const fields = bearer(await newSecret());
    const { id } = await newIntegration(fields);
    const more = { ...fields, headers: [{ name: 'Accept', value: 'text/plain' }] };
    expect((await patch(editor, id, { fields: more })).status).toBe(200);
    expect((await patch(editor, id, { isDisabled: true, description: 'x' })).status).toBe(200);
    expect((await patch(editor, id, { fields: { baseUrl: elsewhere } })).status).toBe(200);
  });

  test.each<[string, (fields: Record<string, unknown>, secret: string) => object]>([
    ['the base address', (fields) => ({ ...fields, baseUrl: `${host}/log` })],
    [
      'the authentication',
      ({ token }) => ({ baseUrl: host, auth: 'query', queryName: 'q', queryValue: token }),
    ],
    [
      'the field',
      ({ baseUrl, token }) => ({ baseUrl, headers: [{ name: 'X-Log', value: token }] }),
    ],
    ['what stands around it', (fields, secret) => ({ ...fields, token: `x ${mention(secret)}` })],
    [
      'its filters',
      (fields, secret) => ({ ...fields, token: `{{ secret('${secret}') | upper }}` }),
    ],
    [
      'who is trusted',
      (fields) => ({
        ...fields,
        caCertificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
      }),
    ],
  ])('cannot change %s of a secret that somebody else has put there', async (_, change) => {
    const secret = await newSecret();
    const { id, fields } = await newIntegration(bearer(secret));
    const answer = await patch(editor, id, { fields: change(fields, secret) });
    expect([answer.status, errorsOf(answer)?.map(([, message]) => message)]).toEqual([
      400,
      [notPermitted],
    ]);
    expect(await trailOf(`integration ${id}`)).toEqual(['permission.denied']);
    expect((await admin.send('GET', `/integrations/${id}`)).json.fields).toEqual(fields);
  });

  test('cannot copy an integration that mentions secrets', async () => {
    const { id, name } = await newIntegration(bearer(await newSecret()));
    const copyName = newName('copy');
    const path = `/integrations/${id}/copies`;
    const refused = await editor.send('POST', path, { name: copyName });
    expect([refused.status, errorsOf(refused)]).toEqual([400, [['fields.token', notPermitted]]]);
    const copied = await admin.send('POST', path, { name: copyName });
    expect([copied.status, copied.json.version]).toEqual([201, 1]);
    expect(await trailOf(`${name}/${copyName}`)).toEqual(['integration.copied']);
  });
});

describe('a secret in use', () => {
  test('is not deleted before somebody says so once more', async () => {
    const secret = await newSecret();
    const { id, name } = await newIntegration({
      ...bearer(secret),
      headers: [{ name: 'X-A', value: mention(secret) }],
    });
    const { status, problem } = await admin.send('DELETE', `/secrets/${secret}`);
    expect([status, problem]).toEqual([
      409,
      expect.objectContaining({
        type: '/problems/secret-in-use',
        references: [{ integration: { id, name }, fields: ['token', 'headers'] }],
        referenceCount: 1,
      }),
    ]);
    for (const force of ['false', '1', ''])
      expect((await admin.send('DELETE', `/secrets/${secret}?force=${force}`)).status).toBe(
        force === 'false' ? 409 : 400,
      );
    expect((await admin.send('DELETE', `/secrets/${secret}?force=true`)).status).toBe(204);
    // It is told when the configuration is saved the next time.
    const { fields } = (await admin.send('GET', `/integrations/${id}`)).json;
    const changed = { ...fields, headers: [] };
    expect((await patch(admin, id, { fields: changed })).problem.errors).toMatchObject([
      { field: 'fields.token', message: expect.stringContaining('There is no secret') },
    ]);
  });

  test('is narrowed only where no integration stops working', async () => {
    const secret = await newSecret([host, elsewhere]);
    const { id } = await newIntegration(bearer(secret));
    const narrow = (destinations: string[], more: object = {}, query = '') =>
      admin.send('PATCH', `/secrets/${secret}${query}`, { destinations, ...more });
    for (const more of [{}, { value: newCanary() }]) {
      const { status, problem } = await narrow([elsewhere], more);
      expect([status, problem.type, problem.referenceCount]).toEqual([
        409,
        '/problems/secret-in-use',
        1,
      ]);
      expect(problem.references).toMatchObject([{ integration: { id } }]);
    }
    expect((await narrow([`${host}/v2`])).status).toBe(409);
    expect((await narrow([host])).status).toBe(200);
    expect((await narrow([], {}, '?force=true')).status).toBe(200);
    // What is broken already does not break by it.
    expect((await narrow([elsewhere], { value: newCanary() })).status).toBe(200);
  });

  test('can be described anew and given another value without being asked', async () => {
    const secret = await newSecret();
    await newIntegration(bearer(secret));
    for (const change of [{ description: 'x' }, { value: newCanary() }])
      expect((await admin.send('PATCH', `/secrets/${secret}`, change)).status).toBe(200);
  });

  test('tells somebody who may not list integrations how many there are, and no names', async () => {
    const secret = await newSecret();
    const { name } = await newIntegration(bearer(secret));
    const keeper = await as(newName('keeper'), ['SECRET_MANAGEMENT']);
    const { problem, text } = await keeper.send('DELETE', `/secrets/${secret}`);
    expect([problem.references, problem.referenceCount]).toEqual([[], 1]);
    const page = await keeper.send('GET', `/secrets/${secret}/references`);
    expect(page.json).toEqual({ items: [], nextCursor: null, total: 1 });
    expect(text + page.text).not.toContain(name);
  });

  test('tells all of its references, page by page', async () => {
    const secret = await newSecret();
    await sql`insert into secret_references (secret_name, integration_id, integration_name, canonical_name, fields, target)
      select ${secret}, gen_random_uuid(), 'Bulk ' || n, 'bulk ' || n, '{token}', ${host} from generate_series(1, 1500) n`;
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await referencesOf(
        secret,
        cursor === null ? '?limit=400' : `?limit=400&cursor=${cursor}`,
      );
      expect(page.total).toBe(null);
      names.push(
        ...page.items.map((item: { integration: { name: string } }) => item.integration.name),
      );
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect([names.length, new Set(names).size]).toEqual([1500, 1500]);
    const { nextCursor } = await referencesOf(secret, '?limit=1');
    const other = await newSecret();
    expect(
      (await admin.send('GET', `/secrets/${other}/references?cursor=${nextCursor}`)).status,
    ).toBe(400);
    const { problem } = await admin.send('DELETE', `/secrets/${secret}`);
    expect([problem.references?.length, problem.referenceCount]).toEqual([100, null]);
  });
});

describe('in the same moment', () => {
  test('a secret is deleted or an integration mentions it, never both', async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 40; round += 1) {
      const secret = await newSecret();
      const body = { name: newName('race'), type: 'http', fields: bearer(secret) };
      const [deleted, saved] = await Promise.all([
        admin.send('DELETE', `/secrets/${secret}`),
        admin.send('POST', '/integrations', body),
      ]);
      outcomes.add(`${deleted.status} ${saved.status}`);
    }
    expect([...outcomes].filter((outcome) => !['204 400', '409 201'].includes(outcome))).toEqual(
      [],
    );
  });

  test('a secret is narrowed or an integration is pointed there, never both', async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 40; round += 1) {
      const secret = await newSecret([host, elsewhere]);
      const { id } = await newIntegration(bearer(secret));
      const [narrowed, moved] = await Promise.all([
        admin.send('PATCH', `/secrets/${secret}`, { destinations: [host] }),
        patch(admin, id, { fields: bearer(secret, elsewhere) }),
      ]);
      outcomes.add(`${narrowed.status} ${moved.status}`);
    }
    expect([...outcomes].filter((outcome) => !['200 400', '409 200'].includes(outcome))).toEqual(
      [],
    );
  });

  test('what is saved later counts as later, however long it took', async () => {
    const secret = await newSecret([host, elsewhere]);
    const other = postgres(node.databaseUrl, { max: 1 });
    const waiting = async () => {
      const [row] = await sql`select count(*)::int as count from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`;
      return row?.['count'];
    };
    const body = { name: newName('slow'), type: 'http', fields: bearer(secret, elsewhere) };
    const { saving: saved, narrowing: narrowed } = await other.begin(async (tx) => {
      // Nobody can append: who saves has done all that can be done before.
      await tx`select from audit_chain for update`;
      const saving = admin.send('POST', '/integrations', body);
      await until('the saving waits', async () => (await waiting()) === 1);
      // Somebody else has saved meanwhile, and was seen.
      await sql`insert into secret_references (secret_name, integration_id, integration_name, canonical_name, fields, target)
        values (${secret}, gen_random_uuid(), 'Quick', 'quick', '{token}', ${host})`;
      const narrowing = admin.send('PATCH', `/secrets/${secret}`, { destinations: [host] });
      await until('both wait', async () => (await waiting()) === 2);
      return { saving, narrowing };
    });
    await other.end();
    expect([(await saved).status, (await narrowed).status]).toEqual([201, 409]);
  });

  test('two administrators change one integration: with the version they saw one of them is told', async () => {
    const { id } = await newIntegration({ baseUrl: host });
    const tag = (await admin.send('GET', `/integrations/${id}`)).headers.get('ETag') ?? '';
    const answers = await Promise.all(
      [admin, editor].map((client, index) =>
        patch(client, id, { description: `by ${index}` }, { 'If-Match': tag }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 412]));
    // Without one, one follows upon the other.
    const both = await Promise.all(
      [admin, editor].map((client, index) => patch(client, id, { description: `then ${index}` })),
    );
    expect(new Set(both.map(({ json }) => json.version))).toEqual(new Set([3, 4]));
  });

  test('somebody without secrets cannot save what was allowed before somebody else changed it', async () => {
    for (let round = 0; round < 20; round += 1) {
      const secret = await newSecret([host, elsewhere]);
      const { id, fields } = await newIntegration(bearer(secret));
      await Promise.all([
        patch(admin, id, { fields: { baseUrl: elsewhere } }),
        patch(editor, id, { fields: { ...fields, headers: [{ name: 'X-A', value: 'x' }] } }),
      ]);
      // The administrator took the secret out. Whoever was later: it is back only if the editor was first, and then not at all.
      const now = (await admin.send('GET', `/integrations/${id}`)).json.fields;
      expect(now.token).toBeUndefined();
    }
  });

  test('integration, references and event are written together, or none of them', async () => {
    const secret = await newSecret();
    const name = newName('half');
    await sql.unsafe(`create function refuse_half() returns trigger language plpgsql as $$
      begin raise exception 'no' using errcode = '53100'; end $$`);
    await sql.unsafe(`create trigger refuse_half before insert on audit_events for each row
      when (new.action = 'integration.created') execute function refuse_half()`);
    const body = { name, type: 'http', fields: bearer(secret) };
    const refused = await admin.send('POST', '/integrations', body);
    await sql.unsafe('drop trigger refuse_half on audit_events; drop function refuse_half()');
    expect(refused.problem.type).toBe('/problems/storage-full');
    expect((await referencesOf(secret)).total).toBe(0);
    expect((await admin.send('POST', '/integrations', body)).status).toBe(201);
    expect((await referencesOf(secret)).total).toBe(1);
  });
});

test('a value that is pasted into a configuration is refused, and repeated nowhere', async () => {
  const { id } = await newIntegration({ baseUrl: host });
  const canary = newCanary();
  const wrong: [string, object][] = [
    ['http', { baseUrl: canary }],
    ['http', { baseUrl: `https://${canary}@x.example` }],
    ['http', { baseUrl: host, auth: canary }],
    ['http', { baseUrl: host, auth: 'bearer', token: canary }],
    ['http', { baseUrl: host, auth: 'bearer', token: `{{ '${canary}' }}` }],
    ['http', { baseUrl: host, auth: 'bearer', token: `{{ secret(${canary}) }}` }],
    ['http', { baseUrl: host, auth: 'bearer', token: `{{ secret('${canary}') }}` }],
    ['http', { baseUrl: host, auth: 'bearer', token: `{{ secret('A') | ${canary} }}` }],
    ['http', { baseUrl: host, auth: 'header', headerName: canary, headerValue: mention('A') }],
    ['http', { baseUrl: host, headers: [{ name: canary, value: 'x' }] }],
    ['http', { baseUrl: host, headers: [{ name: 'Authorization', value: canary }] }],
    ['http', { baseUrl: host, headers: canary }],
    ['http', { baseUrl: host, headers: [{ [canary]: canary }] }],
    ['http', { baseUrl: host, [canary]: canary }],
    ['http', { baseUrl: host, caCertificate: canary }],
    ['http', { baseUrl: host, clientCertificate: canary, clientKey: canary }],
    ['webhook', { url: canary, signingSecret: canary }],
    ['email', { host: canary, port: canary, security: canary, from: 'a@b.example' }],
    ['email', { host: 'x.example', from: 'a', username: 'u', password: canary }],
    [canary, { baseUrl: host }],
  ];
  for (const [type, fields] of wrong) {
    const created = await admin.send('POST', '/integrations', { name: newName('x'), type, fields });
    const changed = await patch(admin, id, { fields });
    expect([fields, created.status, changed.status]).toEqual([
      fields,
      400,
      type === canary ? 200 : 400,
    ]);
  }
  for (const name of [canary, `a ${canary}`])
    expect((await patch(admin, id, { name })).status).toBe(400);
  await admin.send('GET', `/integrations/${encodeURIComponent(canary)}`);
  await admin.send('GET', `/secrets/${encodeURIComponent(canary)}/references`);
  expect(
    (await admin.send('GET', `/integrations?cursor=${encodeURIComponent(canary)}`)).status,
  ).toBe(400);
});

test('a holder of INTEGRATION_USE finds integrations by name and does not see their configuration', async () => {
  const { id, name } = await newIntegration({ baseUrl: host });
  const user = await as('user', ['INTEGRATION_USE']);
  const { json } = await user.send('GET', `/integrations?q=${name}`);
  expect(json.items).toMatchObject([{ id, name }]);
  expect((await user.send('GET', `/integrations/${id}`)).status).toBe(403);
  expect(permissionNames).toContain('INTEGRATION_USE');
});
