import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { AuditEntry } from '@dropsafe/contract/audit';
import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import type { Client } from '../../testkit/client.ts';
import { startTestNode, type TestNode } from '../../testkit/node.ts';
import { appendEvents } from '../../testkit/trail.ts';
import { auditEvents, subjectParts } from './audit.store.ts';
import { checkpointPath } from './checkpoint-file.ts';

const id = '00000000-0000-4000-8000-0000000000aa';
const dialect = new PgDialect({ casing: 'snake_case' });
let node: TestNode;
let reader: Client;
let sql: postgres.Sql;

beforeAll(async () => {
  node = await startTestNode();
  reader = await node.as('rita', ['AUDIT_READ']);
  const admin = await node.as('adam', ['SECRET_MANAGEMENT']);
  await admin.send('POST', '/secrets', { name: 'ONE', value: newCanary(), description: 'x' });
  await admin.send('GET', '/audit-events');
  sql = postgres(node.databaseUrl, { max: 1, onnotice: () => {} });
  await appendEvents(sql, node.dataDir, 25, (index) => ({
    principalKind: 'user',
    principalId: id,
    principalName: 'olga',
    action: index % 5 === 0 ? 'secret.deleted' : 'secret.updated',
    subject: `OLD_${index % 3}`,
  }));
  const withParts = [
    'team/anna',
    'anna/bea',
    'anna/Laptop',
    'zoe/anna/bea',
    'corp/ops/eu/anna',
    'ONE/https://api.example.com',
    'anna/anna',
    'anna/anna/anna',
    'joanna/annabel',
    'anna',
  ];
  await appendEvents(sql, node.dataDir, withParts.length, (index) => ({
    principalName: 'olga',
    action: index % 2 === 1 ? 'team.renamed' : 'team.member-added',
    subject: withParts[index] ?? '',
  }));
});

afterAll(async () => {
  await sql.end();
  await node.stop();
  expect(sweep('log', node.lines.join(''))).toEqual([]);
});

async function list(query: Record<string, string>): Promise<AuditEntry[]> {
  const answer = await reader.send('GET', `/audit-events?${String(new URLSearchParams(query))}`);
  expect([answer.status, answer.json.items !== undefined]).toEqual([200, true]);
  return answer.json.items;
}

/** All pages, one after the other. */
async function listAll(query: Record<string, string>): Promise<AuditEntry[]> {
  const items: AuditEntry[] = [];
  let cursor: string | null = null;
  do {
    const asked: URLSearchParams = new URLSearchParams({ ...query, ...(cursor && { cursor }) });
    const answer = await reader.send('GET', `/audit-events?${String(asked)}`);
    items.push(...answer.json.items);
    cursor = answer.json.nextCursor;
  } while (cursor !== null);
  return items;
}

describe('the list', () => {
  test('tells who did what, newest first, and never a value', async () => {
    const events = await list({ principal: 'adam' });
    expect(events).toMatchObject([
      { action: 'permission.denied', subject: 'audit-events', permissions: ['AUDIT_READ'] },
      {
        action: 'secret.created',
        subject: 'ONE',
        fields: ['value', 'description'],
        principal: { kind: 'user', name: 'adam', means: 'password' },
        address: '127.0.0.1',
      },
    ]);
    const all = await listAll({});
    expect(all.map((event) => event.id)).toEqual(all.map((_, index) => all.length - index));
    expect(sweep('list', JSON.stringify(all))).toEqual([]);
  });

  test.each<[string, Record<string, string>, (event: AuditEntry) => boolean]>([
    ['a name', { principal: 'olga' }, ({ principal }) => principal.name === 'olga'],
    ['an id', { principal: id.toUpperCase() }, ({ principal }) => principal.id === id],
    ['an action', { action: 'secret.deleted' }, ({ action }) => action === 'secret.deleted'],
    ['a subject', { subject: 'OLD_1' }, ({ subject }) => subject === 'OLD_1'],
    ['a subject that is not there', { subject: 'OLD' }, () => false],
    [
      'a part of a subject',
      { subject: 'anna' },
      ({ subject }) => subject.split('/').includes('anna'),
    ],
    ['a last part', { subject: 'Laptop' }, ({ subject }) => subject.endsWith('/Laptop')],
    [
      'a part with slashes in it',
      { subject: 'https://api.example.com' },
      ({ subject }) => subject === 'ONE/https://api.example.com',
    ],
    ['a group', { subject: 'ops/eu' }, ({ subject }) => subject === 'corp/ops/eu/anna'],
    ['a subject of parts', { subject: 'anna/bea' }, ({ subject }) => subject.includes('anna/bea')],
    [
      'a part, and everything else',
      { subject: 'anna', principal: 'olga', action: 'team.renamed' },
      ({ action, subject }) => action === 'team.renamed' && subject.split('/').includes('anna'),
    ],
    ['a first moment', { from: '2030-01-01T00:00:10Z' }, ({ at }) => at >= '2030-01-01T00:00:10'],
    ['a last moment', { to: '2030-01-01T00:00:10Z' }, ({ at }) => at < '2030-01-01T00:00:10'],
    [
      'both, and everything else',
      {
        from: '2030-01-01T00:00:03Z',
        to: '2030-01-01T00:00:20Z',
        principal: 'olga',
        action: 'secret.updated',
        subject: 'OLD_0',
      },
      ({ at, action, subject }) =>
        at >= '2030-01-01T00:00:03' &&
        at < '2030-01-01T00:00:20' &&
        action === 'secret.updated' &&
        subject === 'OLD_0',
    ],
  ])('is filtered by %s, page by page without a gap', async (_, query, fits) => {
    const wanted = (await listAll({})).filter(fits).map((event) => event.id);
    for (const limit of ['1', '3', '1000'])
      expect((await listAll({ ...query, limit })).map((event) => event.id)).toEqual(wanted);
  });

  test('refuses a cursor of another filter, and one that it never made', async () => {
    const { json } = await reader.send('GET', '/audit-events?subject=OLD_1&limit=1');
    const cursor: string = json.nextCursor;
    const statusOf = async (query: string) =>
      (await reader.send('GET', `/audit-events?${query}`)).status;
    expect(await statusOf(`cursor=${cursor}&subject=OLD_1`)).toBe(200);
    expect(await statusOf(`cursor=${cursor}&subject=OLD_2`)).toBe(400);
    expect(await statusOf(`cursor=${cursor}&action=secret.updated`)).toBe(400);
    expect(await statusOf('cursor=made-up')).toBe(400);
  });

  test.each([
    'action=secret.stolen',
    'from=yesterday',
    'from=0000-01-01T00:00:00Z',
    'to=2026-13-01T00:00:00Z',
    'principal=',
    'subject=%00',
    'limit=0',
    'value=1',
  ])('refuses %s', async (query) => {
    expect((await reader.send('GET', `/audit-events?${query}`)).status).toBe(400);
  });

  test('finds its events by an index of the filter, however rare they are', async () => {
    // Of an empty table the planner would read all in any case.
    await sql`set enable_seqscan = off`;
    const planOf = async (condition: string): Promise<string> =>
      JSON.stringify(
        await sql.unsafe(
          `explain (format json) select * from audit_events where ${condition} order by -id limit 3`,
        ),
      );
    expect(await planOf("subject = 'OLD_1' and -id > -20")).toContain('audit_events_subject');
    const parts = subjectParts(auditEvents.subject);
    const textOf = (part: SQL) => dialect.sqlToQuery(part).sql;
    for (const part of ['first', 'rest'] as const)
      expect(
        await planOf(`${textOf(parts.hasParts)} and ${textOf(parts[part])} = 'anna'`),
      ).toContain(`audit_events_subject_${part}`);
    for (const part of ['last', 'middle'] as const)
      expect(
        await planOf(`${textOf(parts.hasThree)} and ${textOf(parts[part])} = 'anna'`),
      ).toContain(`audit_events_subject_${part}`);
    expect(await planOf("action = 'secret.deleted'")).toContain('audit_events_action');
    expect(await planOf("principal_name = 'olga'")).toContain('audit_events_principal_name');
    expect(await planOf(`principal_id = '${id}'`)).toContain('audit_events_principal_id');
    await sql`reset enable_seqscan`;
  });
});

describe('the state', () => {
  test('tells the oldest event, what was dropped, and the last checkpoint with whether it holds', async () => {
    const state = async () => (await reader.send('GET', '/audit-events/state')).json;
    const path = checkpointPath(node.dataDir);
    const written = JSON.parse(await readFile(path, 'utf8'));
    const { at } = (await listAll({})).at(-1) ?? {};
    const usual = {
      oldest: { id: 1, at },
      dropped: null,
      checkpoint: { id: written.id, at: written.at, holds: true },
    };
    expect(await state()).toEqual(usual);
    await sql`update audit_events set mac = sha256(mac) where id = ${written.id}`;
    expect(await state()).toMatchObject({ checkpoint: { id: written.id, holds: false } });
    await sql`update audit_events set mac = ${Buffer.from(written.mac, 'hex')} where id = ${written.id}`;
    await writeFile(path, JSON.stringify({ ...written, id: written.id - 1 }));
    expect(await state()).toMatchObject({ checkpoint: { id: null, at: null, holds: false } });
    await rm(path);
    await sql`insert into audit_anchor values (1, 7, '\\x00', '\\x00')`;
    expect(await state()).toEqual({
      ...usual,
      dropped: { upTo: 7, isGenuine: false },
      checkpoint: null,
    });
    await sql`delete from audit_anchor`;
  });
});

describe('an export', () => {
  test('as NDJSON has every event with its MAC, oldest first, its own among them', async () => {
    const { status, headers, text } = await reader.send(
      'GET',
      '/audit-events/export?format=ndjson',
    );
    expect([status, headers.get('Content-Type'), headers.get('Content-Disposition')]).toEqual([
      200,
      'application/x-ndjson; charset=utf-8',
      'attachment; filename="audit-events.ndjson"',
    ]);
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map((event) => event.id)).toEqual(events.map((_, index) => index + 1));
    expect(events.every(({ mac }) => /^[0-9a-f]{64}$/.test(mac))).toBe(true);
    expect(events.at(-1)).toMatchObject({
      action: 'audit.exported',
      subject: 'ndjson',
      fields: [],
      principal: { name: 'rita' },
    });
    expect(sweep('export', text)).toEqual([]);
  });

  test('as CSV has the events that fit, and no cell is a formula', async () => {
    await appendEvents(sql, node.dataDir, 1, () => ({ subject: '=cmd()', requestId: 'csv' }));
    const { headers, text } = await reader.send(
      'GET',
      `/audit-events/export?format=csv&subject=${encodeURIComponent('=cmd()')}`,
    );
    expect(headers.get('Content-Type')).toBe('text/csv; charset=utf-8; header=present');
    const [head, record, ...rest] = text.split('\r\n');
    expect(head?.startsWith('id,at,principalKind,')).toBe(true);
    expect(record).toContain(`,"'=cmd()",`);
    expect(rest).toEqual(['']);
    expect(await list({ action: 'audit.exported', limit: '1' })).toMatchObject([
      { subject: 'csv', fields: ['subject'] },
    ]);
  });

  test('refuses a format that it does not have, and records nothing then', async () => {
    const before = (await list({ limit: '1' }))[0]?.id;
    expect((await reader.send('GET', '/audit-events/export?format=xml')).status).toBe(400);
    expect((await reader.send('GET', '/audit-events/export')).status).toBe(400);
    expect((await list({ limit: '1' }))[0]?.id).toBe(before);
  });

  test('of 50,000 events comes in constant memory, whatever the pace of the reader', async () => {
    const requestId = 'R'.repeat(2_000);
    // Every other one fits one filter of the next test, and two fit both.
    await appendEvents(sql, node.dataDir, 50_000, (index) => {
      const fitsBoth = index === 100 || index === 40_000;
      return {
        requestId,
        ...((fitsBoth || index % 2 === 0) && { principalName: 'robot' }),
        ...((fitsBoth || index % 2 === 1) && { action: 'secret.copied' }),
      };
    });
    setFlagsFromString('--expose-gc');
    // as: the function that this flag adds
    const collect = runInNewContext('gc') as () => void;
    const usedMiB = () => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return (heapUsed + external) / 2 ** 20;
    };
    const answer = await openExport('format=ndjson');
    const before = usedMiB();
    let [bytes, lines, sampled, highest] = [0, 0, 0, 0];
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      lines += chunk.toString('latin1').split('\n').length - 1;
      if (bytes - sampled < 4 * 2 ** 20) continue;
      sampled = bytes;
      highest = Math.max(highest, usedMiB());
    }
    expect(lines).toBeGreaterThan(50_000);
    expect(bytes / 2 ** 20).toBeGreaterThan(100);
    expect(highest - before).toBeLessThan(40);
  });

  test('and a page of two filters that are common and rarely meet go through a part at a time, and come to all that fit both', async () => {
    const query = { principal: 'robot', action: 'secret.copied' };
    const answer = await reader.send('GET', `/audit-events?${String(new URLSearchParams(query))}`);
    expect([answer.json.items.length, typeof answer.json.nextCursor]).toEqual([0, 'string']);
    const both = [expect.any(Number), expect.any(Number)];
    const found = (await listAll(query)).map((event) => event.id);
    expect(found).toEqual(both);
    const ofEarlier = { ...query, to: '2030-01-01T08:00:00Z' };
    expect((await listAll(ofEarlier)).map((event) => event.id)).toEqual([found[1]]);
    expect((await listAll({ ...query, limit: '1' })).map((event) => event.id)).toEqual(found);
    const { text } = await reader.send(
      'GET',
      `/audit-events/export?format=ndjson&${String(new URLSearchParams(query))}`,
    );
    const exported = text.trimEnd().split('\n');
    expect(exported.map((line) => JSON.parse(line).id)).toEqual(found.toReversed());
  });

  test('that its reader leaves is over, and the node goes on', async () => {
    const answer = await openExport('format=csv');
    await once(answer, 'data');
    answer.destroy();
    expect(await list({ limit: '1' })).toHaveLength(1);
    expect(node.lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  test('that the database leaves is cut off, so that nobody takes it for all, and the log says so', async () => {
    const answer = await openExport('format=ndjson');
    await once(answer, 'data');
    await sql`alter table audit_events rename to audit_events_away`;
    const ended = new Promise((resolve) => answer.once('error', resolve));
    answer.resume();
    expect(await ended).toMatchObject({ code: 'ECONNRESET' });
    await sql`alter table audit_events_away rename to audit_events`;
    expect(node.lines.some((line) => line.includes('"event":"answer.cut-off"'))).toBe(true);
  });

  test.each<[string, (userId: string) => postgres.PendingQuery<postgres.Row[]>, number]>([
    ['loses the permission', (userId) => sql`delete from grants where principal_id = ${userId}`, 1],
    ['is signed out', (userId) => sql`delete from sessions where user_id = ${userId}`, 0],
  ])('whose reader %s meanwhile is cut off', async (how, take, denials) => {
    const leaver = await node.as(`who ${how}`.replaceAll(' ', '-'), ['AUDIT_READ']);
    const userId: string = (await leaver.send('GET', '/session')).json.principal.id;
    const answer = await openExport('format=ndjson', leaver);
    await once(answer, 'data');
    answer.pause();
    await take(userId);
    const ended = new Promise((resolve) => answer.once('error', resolve).once('end', resolve));
    answer.resume();
    expect(await ended).toMatchObject({ code: 'ECONNRESET' });
    const denied = await sql`select subject, permissions from audit_events
      where principal_id = ${userId} and action = 'permission.denied'`;
    expect(denied).toHaveLength(denials);
  });

  function openExport(query: string, client = reader): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = { Cookie: client.cookie ?? '' };
      request(`${node.url}/api/v1/audit-events/export?${query}`, { headers, agent: false }, resolve)
        .on('error', reject)
        .end();
    });
  }
});
