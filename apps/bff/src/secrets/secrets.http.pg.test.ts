import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newCanary, sweep, type Leak } from '../../testkit/canary.ts';
import type { Client } from '../../testkit/client.ts';
import { startTestNode, type TestNode } from '../../testkit/node.ts';
import { openValue, type SealedValue } from '../keys/envelope.ts';
import { parseKeyset } from '../keys/keyring.ts';
import { Redacted } from '../base/redacted.ts';

let node: TestNode;
let sql: postgres.Sql;
let admin: Client;
const leaks: Leak[] = [];

beforeAll(async () => {
  node = await startTestNode();
  sql = postgres(node.databaseUrl);
  admin = await node.as('manager', ['SECRET_MANAGEMENT'], (request, { text, headers }) => {
    leaks.push(...sweep(request, text), ...sweep(request, JSON.stringify([...headers])));
  });
});

afterAll(async () => {
  await sql.end();
  await node.stop();
  expect([...leaks, ...sweep('log', node.lines.join(''))]).toEqual([]);
});

const api = 'https://api.example.com';
const other = 'https://other.example.com';

/** Creates a secret with a canary in it. */
async function create(name: string, more: object = {}): Promise<string> {
  const value = newCanary();
  expect((await admin.send('POST', '/secrets', { name, value, ...more })).status).toBe(201);
  return value;
}

interface Row extends SealedValue {
  id: string;
  name: string;
  valueVersion: number;
  destinations: string[];
}

async function rowOf(name: string): Promise<Row> {
  const [row] = await sql<Row[]>`
    select id, name, value_version as "valueVersion", destinations, kek_id as "kekId", wrapped_dek as "wrappedDek", sealed_value as "sealedValue"
    from secrets where name = ${name}`;
  if (row === undefined) throw new Error(`There is no row ${name}.`);
  return row;
}

/** Opens what is stored, with the keyset on disk. */
async function storedValue(name: string): Promise<string> {
  const keyring = parseKeyset(
    new Redacted(await readFile(join(node.dataDir, 'keys/keyset.json'), 'utf8')),
    'test',
  );
  const { id, kekId, wrappedDek, sealedValue, ...context } = await rowOf(name);
  const opened = openValue(
    keyring.primary,
    { secretId: id, ...context },
    { kekId, wrappedDek, sealedValue },
  );
  return Buffer.from(opened.reveal()).toString();
}

/** The trail of one secret, oldest first. */
async function trailOf(name: string) {
  return sql<{ action: string; who: string; fields: string[] | null; requestId: string }[]>`
    select action, principal_name as who, fields, request_id as "requestId" from audit_events where subject = ${name} order by id`;
}

describe('create', () => {
  test('answers metadata, a location and an entity tag, and records who did it', async () => {
    const answer = await admin.send('POST', '/secrets', {
      name: 'CREATED',
      value: newCanary(),
      description: 'For tests',
      destinations: ['HTTPS://API.example.com:443/'],
    });
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      name: 'CREATED',
      description: 'For tests',
      provider: 'database',
      state: 'ready',
      isUsed: true,
      alsoIn: [],
      version: 1,
      destinations: [api],
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      createdBy: 'manager',
      updatedAt: null,
      updatedBy: null,
      valueUpdatedAt: answer.json.createdAt,
      lastUsedAt: null,
    });
    expect(answer.headers.get('Location')).toBe('/api/v1/secrets/CREATED');
    expect(answer.headers.get('ETag')).toMatch(/^"1-[0-9a-f]{8}"$/);
    expect(await trailOf('CREATED')).toEqual([
      {
        action: 'secret.created',
        who: 'manager',
        fields: ['value', 'description', 'destinations'],
        requestId: answer.headers.get('X-Request-Id'),
      },
    ]);
  });

  test('keeps a value to the byte', async () => {
    const value = `\uFEFF  ${newCanary(3)}\r\n\tkey\0\n\n`;
    await admin.send('POST', '/secrets', { name: 'EXACT', value });
    expect(await storedValue('EXACT')).toBe(value);
  });

  test('takes the longest value, also when JSON needs six times its bytes', async () => {
    const value = '\u0001'.repeat(65_536);
    expect((await admin.send('POST', '/secrets', { name: 'LONGEST', value })).status).toBe(201);
    expect(await storedValue('LONGEST')).toBe(value);
  });

  test('names differ by case', async () => {
    await create('CaseName');
    await create('CASENAME');
    expect((await admin.send('GET', '/secrets/casename')).status).toBe(404);
  });

  test('of many for one name in the same instant one succeeds, and its value stays', async () => {
    const values = Array.from({ length: 12 }, () => newCanary());
    const answers = await Promise.all(
      values.map((value) => admin.send('POST', '/secrets', { name: 'RACED', value })),
    );
    const winners = values.filter((_, index) => answers[index]?.status === 201);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(11);
    expect(winners).toHaveLength(1);
    expect(answers.find(({ status }) => status === 409)?.problem).toMatchObject({
      type: '/problems/secret-name-taken',
      errors: [{ field: 'name' }],
    });
    expect(await storedValue('RACED')).toBe(winners[0]);
    expect(await trailOf('RACED')).toHaveLength(1);
  });
});

describe('update', () => {
  test('without a value keeps the stored bytes as they are', async () => {
    await create('KEPT', { description: 'old' });
    const before = await rowOf('KEPT');
    const answer = await admin.send('PATCH', '/secrets/KEPT', { description: 'new' });
    expect(answer.json).toMatchObject({
      description: 'new',
      version: 2,
      updatedBy: 'manager',
      destinations: [],
    });
    expect(answer.json.valueUpdatedAt).toBe(answer.json.createdAt);
    expect(await rowOf('KEPT')).toEqual(before);
    expect((await trailOf('KEPT')).at(-1)).toMatchObject({
      action: 'secret.updated',
      fields: ['description'],
    });
  });

  test('a new value overwrites the old one for good', async () => {
    const old = await create('OVERWRITTEN', { destinations: [api] });
    const before = await rowOf('OVERWRITTEN');
    const value = newCanary();
    const answer = await admin.send('PATCH', '/secrets/OVERWRITTEN', { value });
    expect(answer.json.valueUpdatedAt).toBe(answer.json.updatedAt);
    expect(await storedValue('OVERWRITTEN')).toBe(value);
    expect(value).not.toBe(old);
    const after = await rowOf('OVERWRITTEN');
    expect([Buffer.from(after.wrappedDek).equals(before.wrappedDek), after.valueVersion]).toEqual([
      false,
      2,
    ]);
  });

  test('an empty value is refused and says what to do', async () => {
    const value = await create('NOT_EMPTIED');
    const { status, problem } = await admin.send('PATCH', '/secrets/NOT_EMPTIED', { value: '' });
    expect([status, problem.errors]).toEqual([
      400,
      [
        {
          field: 'value',
          message: 'Enter a value. To keep the stored value, leave this field out of the request.',
        },
      ],
    ]);
    expect(await storedValue('NOT_EMPTIED')).toBe(value);
  });

  test('null clears the description', async () => {
    await create('CLEARED', { description: 'x' });
    expect(
      (await admin.send('PATCH', '/secrets/CLEARED', { description: null })).json.description,
    ).toBeNull();
  });

  test('with nothing that differs writes nothing', async () => {
    await create('UNCHANGED', { description: 'same', destinations: [api] });
    const answer = await admin.send('PATCH', '/secrets/UNCHANGED', {
      description: 'same',
      destinations: [`${api}/`],
    });
    expect([answer.status, answer.json.version, answer.json.updatedAt]).toEqual([200, 1, null]);
    expect((await trailOf('UNCHANGED')).at(-1)).toMatchObject({
      action: 'secret.update-unchanged',
    });
  });

  test('the same value again looks like any other: nobody can ask whether a guess is right', async () => {
    const value = await create('GUESSED');
    const [right, wrong] = [
      await admin.send('PATCH', '/secrets/GUESSED', { value }),
      await admin.send('PATCH', '/secrets/GUESSED', { value: newCanary() }),
    ];
    expect([right.json.version, wrong.json.version]).toEqual([2, 3]);
    expect(Object.keys(right.json)).toEqual(Object.keys(wrong.json));
  });

  test('with the entity tag of an older version changes nothing', async () => {
    await create('CONTESTED');
    const tag = (await admin.send('GET', '/secrets/CONTESTED')).headers.get('ETag') ?? '';
    const first = await admin.send(
      'PATCH',
      '/secrets/CONTESTED',
      { description: 'first' },
      { 'If-Match': tag },
    );
    const second = await admin.send(
      'PATCH',
      '/secrets/CONTESTED',
      { description: 'second' },
      { 'If-Match': tag },
    );
    expect([first.status, second.status, second.problem.type]).toEqual([
      200,
      412,
      '/problems/secret-changed',
    ]);
    expect((await admin.send('GET', '/secrets/CONTESTED')).json.description).toBe('first');
  });

  test('the tag of a deleted secret does not fit a new one of the same name', async () => {
    await create('REBORN');
    const tag = (await admin.send('GET', '/secrets/REBORN')).headers.get('ETag') ?? '';
    await admin.send('DELETE', '/secrets/REBORN');
    await create('REBORN');
    expect(
      (await admin.send('PATCH', '/secrets/REBORN', { description: 'x' }, { 'If-Match': tag }))
        .status,
    ).toBe(412);
    expect(
      (await admin.send('DELETE', '/secrets/REBORN', undefined, { 'If-Match': tag })).status,
    ).toBe(412);
  });
});

describe('destinations', () => {
  test('can be narrowed at any time; the value stays the same and is sealed anew', async () => {
    const value = await create('NARROWED', { destinations: [api, other] });
    const before = await rowOf('NARROWED');
    const answer = await admin.send('PATCH', '/secrets/NARROWED', { destinations: [api] });
    expect([
      answer.json.destinations,
      answer.json.valueUpdatedAt === answer.json.createdAt,
    ]).toEqual([[api], true]);
    expect(await storedValue('NARROWED')).toBe(value);
    expect(Buffer.from((await rowOf('NARROWED')).sealedValue).equals(before.sealedValue)).toBe(
      false,
    );
  });

  test('cannot be widened without a new value', async () => {
    await create('BOUND', { destinations: ['https://*.example.com'] });
    for (const destinations of [
      [api, 'https://evil.example'],
      ['https://example.com'],
      ['https://*.example.com:8443'],
      ['http://api.example.com'],
    ]) {
      const { status, problem } = await admin.send('PATCH', '/secrets/BOUND', { destinations });
      expect([status, problem.type, problem.errors?.[0]?.field]).toEqual([
        409,
        '/problems/destinations-widened',
        'destinations',
      ]);
    }
    expect((await rowOf('BOUND')).destinations).toEqual(['https://*.example.com']);
  });

  test('can be widened together with a new value', async () => {
    await create('WIDENED', { destinations: [api] });
    const value = newCanary();
    expect(
      (await admin.send('PATCH', '/secrets/WIDENED', { value, destinations: [api, other] })).json
        .destinations,
    ).toEqual([api, other]);
    expect(await storedValue('WIDENED')).toBe(value);
  });

  test('edited in the database close the safe: nothing opens, nothing is overwritten, the list still works', async () => {
    await create('TAMPERED', { destinations: [api, other] });
    await sql`update secrets set destinations = ${sql.array([api, 'https://evil.example', other], 25)} where name = 'TAMPERED'`;
    const before = await rowOf('TAMPERED');
    const narrowed = await admin.send('PATCH', '/secrets/TAMPERED', {
      destinations: ['https://evil.example'],
    });
    expect([narrowed.status, narrowed.problem.type]).toEqual([500, '/problems/secret-unreadable']);
    expect(await rowOf('TAMPERED')).toEqual(before);
    expect((await trailOf('TAMPERED')).at(-1)).toMatchObject({
      action: 'secret.unreadable',
      who: 'manager',
    });
    expect(
      node.lines.some(
        (line) => line.includes('"event":"secret.unreadable"') && line.includes(before.id),
      ),
    ).toBe(true);
    expect((await admin.send('GET', '/secrets?q=TAMPERED')).json.items).toHaveLength(1);
    expect(
      (await admin.send('PATCH', '/secrets/TAMPERED', { value: newCanary(), destinations: [api] }))
        .status,
    ).toBe(200);
  });
});

describe('delete', () => {
  test('removes the row and records it', async () => {
    await create('DELETED');
    expect((await admin.send('DELETE', '/secrets/DELETED')).status).toBe(204);
    expect((await admin.send('GET', '/secrets/DELETED')).status).toBe(404);
    expect((await trailOf('DELETED')).map(({ action }) => action)).toEqual([
      'secret.created',
      'secret.deleted',
    ]);
  });

  test('there is one shape for whatever is not there', async () => {
    const answers = await Promise.all([
      admin.send('GET', '/secrets/NOT_THERE'),
      admin.send('PATCH', '/secrets/NOT_THERE', { description: 'x' }),
      admin.send('DELETE', '/secrets/NOT_THERE'),
      admin.send('GET', `/secrets/${encodeURIComponent(newCanary())}`),
      admin.send('GET', '/nothing-here'),
    ]);
    for (const { status, problem } of answers) {
      expect([status, { ...problem, requestId: '' }]).toEqual([
        404,
        {
          type: '/problems/not-found',
          title: 'Not found',
          status: 404,
          detail: 'There is nothing at this address.',
          requestId: '',
        },
      ]);
    }
  });
});

test('a change whose audit event cannot be written does not happen', async () => {
  await create('AUDITED', { description: 'before' });
  await sql`alter table audit_events add constraint broken check (subject <> 'AUDITED' and subject <> 'UNAUDITED') not valid`;
  try {
    const answers = [
      await admin.send('POST', '/secrets', { name: 'UNAUDITED', value: newCanary() }),
      await admin.send('PATCH', '/secrets/AUDITED', { description: 'after' }),
      await admin.send('DELETE', '/secrets/AUDITED'),
    ];
    expect(answers.map(({ status, problem }) => [status, problem.type])).toEqual(
      answers.map(() => [500, '/problems/internal']),
    );
  } finally {
    await sql`alter table audit_events drop constraint broken`;
  }
  expect((await admin.send('GET', '/secrets/AUDITED')).json).toMatchObject({
    description: 'before',
    version: 1,
  });
  expect((await admin.send('GET', '/secrets/UNAUDITED')).status).toBe(404);
});

describe('list', () => {
  const names = ['alpha_1', 'Beta-2', 'beta_1', 'delta1', 'gamma'];

  beforeAll(async () => {
    for (const name of names)
      await create(`L-${name}`, {
        description: name === 'gamma' ? '100% _literal_ back\\slash ÄÖ' : 'listed',
      });
    await admin.send('PATCH', '/secrets/L-gamma', { value: newCanary() });
    await admin.send('PATCH', '/secrets/L-alpha_1', { value: newCanary() });
  });

  /** Reads all pages of a search. */
  async function pages(query: string, limit: number): Promise<string[][]> {
    const found: string[][] = [];
    let cursor: string | null = null;
    do {
      const answer = await admin.send(
        'GET',
        `/secrets?${query}&limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      expect(answer.status).toBe(200);
      found.push(answer.json.items.map((item: { name: string }) => item.name));
      cursor = answer.json.nextCursor;
    } while (cursor !== null);
    return found;
  }

  const byName = ['L-alpha_1', 'L-Beta-2', 'L-beta_1', 'L-delta1', 'L-gamma'];
  test.each([
    ['name', byName],
    ['-name', byName.toReversed()],
    ['createdAt', ['L-alpha_1', 'L-Beta-2', 'L-beta_1', 'L-delta1', 'L-gamma']],
    ['-createdAt', ['L-gamma', 'L-delta1', 'L-beta_1', 'L-Beta-2', 'L-alpha_1']],
    ['updatedAt', ['L-Beta-2', 'L-beta_1', 'L-delta1', 'L-gamma', 'L-alpha_1']],
    ['-updatedAt', ['L-alpha_1', 'L-gamma', 'L-delta1', 'L-beta_1', 'L-Beta-2']],
    ['lastUsedAt', ['L-Beta-2', 'L-alpha_1', 'L-beta_1', 'L-delta1', 'L-gamma']],
    ['-lastUsedAt', ['L-gamma', 'L-delta1', 'L-beta_1', 'L-alpha_1', 'L-Beta-2']],
  ])('sorted by %s, in pages of any size, each once', async (sort, expected) => {
    for (const limit of [1, 2, 5, 100]) {
      const found = await pages(`q=L-&sort=${sort}`, limit);
      expect(found.flat()).toEqual(expected);
      expect(found.every((page) => page.length <= limit)).toBe(true);
    }
  });

  test.each([
    ['l-BETA', ['L-Beta-2', 'L-beta_1']],
    ['LISTED', ['L-alpha_1', 'L-Beta-2', 'L-beta_1', 'L-delta1']],
    ['a_1', ['L-alpha_1', 'L-beta_1']],
    ['100%', ['L-gamma']],
    ['%', ['L-gamma']],
    ['_literal_', ['L-gamma']],
    ['k\\s', ['L-gamma']],
    ['äö', ['L-gamma']],
    ['nothing like it', []],
  ])('searching %j finds a part of name or description, literally', async (q, expected) => {
    const { json } = await admin.send('GET', `/secrets?q=${encodeURIComponent(q)}`);
    expect([json.items.map((item: { name: string }) => item.name), json.total]).toEqual([
      expected,
      expected.length,
    ]);
  });

  test('the total is that of the whole search on every page; past 1,000 it is not counted', async () => {
    const first = await admin.send('GET', '/secrets?q=L-&limit=2');
    const second = await admin.send('GET', `/secrets?limit=2&cursor=${first.json.nextCursor}`);
    expect([first.json.total, second.json.total, second.json.items[0].name]).toEqual([
      5,
      5,
      'L-beta_1',
    ]);
    await sql`
      insert into secrets (id, name, provider, version, destinations, value_version, kek_id, wrapped_dek, sealed_value, created_at, created_by, value_updated_at)
      select gen_random_uuid(), 'many-' || n, 'database', 1, '{}', 1, 'k', '', '', now(), 'test', now() from generate_series(1, 1001) n`;
    expect([
      (await admin.send('GET', '/secrets?q=many-&limit=1')).json.total,
      (await admin.send('GET', '/secrets?q=many-1&limit=1')).json.total,
    ]).toEqual([null, 113]);
    await sql`delete from secrets where name like 'many-%'`;
  });

  test('a page that begins at a row which is gone goes on behind it', async () => {
    const first = await admin.send('GET', '/secrets?q=L-&limit=2');
    await admin.send('DELETE', '/secrets/L-Beta-2');
    const second = await admin.send('GET', `/secrets?limit=2&cursor=${first.json.nextCursor}`);
    expect(second.json.items[0].name).toBe('L-beta_1');
  });
});
