import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { AuditEntry } from '@dropsafe/contract/audit';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import type { Client } from '../../testkit/client.ts';
import { startTestNode, type TestNode } from '../../testkit/node.ts';
import { appendEvents } from '../../testkit/trail.ts';

const id = '00000000-0000-4000-8000-0000000000aa';
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
    const planOf = async (condition: string) =>
      JSON.stringify(
        await sql.unsafe(
          `explain (format json) select * from audit_events where ${condition} order by -id limit 3`,
        ),
      );
    expect(await planOf("subject = 'OLD_1' and -id > -20")).toContain('audit_events_subject');
    expect(await planOf("action = 'secret.deleted'")).toContain('audit_events_action');
    expect(await planOf("principal_name = 'olga'")).toContain('audit_events_principal_name');
    expect(await planOf(`principal_id = '${id}'`)).toContain('audit_events_principal_id');
    await sql`reset enable_seqscan`;
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
    await appendEvents(sql, node.dataDir, 50_000, () => ({ requestId }));
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

  function openExport(query: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = { Cookie: reader.cookie ?? '' };
      request(`${node.url}/api/v1/audit-events/export?${query}`, { headers, agent: false }, resolve)
        .on('error', reject)
        .end();
    });
  }
});
