/**
 * @file P6 as an operator sees it: `dropsafe audit verify` names the first event that somebody altered, removed, added or
 * moved behind the back of the application, checkpoints show that the end was cut off, and what was dropped after it was
 * exported leaves a chain that still verifies.
 */
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { newCanary } from '../testkit/canary.ts';
import type { Client } from '../testkit/client.ts';
import { dumpTables } from '../testkit/dump.ts';
import { openOperator, startTestNode, type TestNode } from '../testkit/node.ts';
import { createTestDatabase } from '../testkit/postgres.ts';
import { runProgram, type Ended } from '../testkit/processes.ts';
import { appendEvents, readTrailKey } from '../testkit/trail.ts';
import { until } from '../testkit/until.ts';
import { checkpointPath, keepCheckpoints } from '../src/audit/checkpoint-file.ts';
import { checkpointKeysOf, signCheckpoint } from '../src/audit/checkpoint.ts';
import { parseLine } from '../src/audit/export.ts';
import { systemCaller } from '../src/base/caller.ts';
import { createLog } from '../src/base/log.ts';
import { Problem } from '../src/base/problem.ts';
import { AuditCommandError, verifyTrail } from '../src/cli/audit-commands.ts';

vi.setConfig({ testTimeout: 60_000 });

const program = join(import.meta.dirname, '../src/cli/cli.ts');
/** How many events there are, and how many of them are older than the others. */
const count = 1_500;
const old = 600;
const before = '2031-01-01';

let node: TestNode;
let auditor: Client;
let operator: Awaited<ReturnType<typeof openOperator>>;
let sql: postgres.Sql;
let beside: postgres.Sql;
let folder: string;
let exportFile: string;
let env: Record<string, string>;

beforeAll(async () => {
  node = await startTestNode();
  auditor = await node.as('rita', ['AUDIT_READ']);
  folder = await mkdtemp(join(tmpdir(), 'dropsafe-audit-'));
  exportFile = join(folder, 'export.ndjson');
  // A data directory of its own: into that of the node a checkpoint may come at any time.
  env = {
    DATABASE_URL: node.databaseUrl,
    DROPSAFE_DATA_DIR: folder,
    DROPSAFE_KEYSET_FILE: join(node.dataDir, 'keys/keyset.json'),
  };
  operator = await openOperator(env);
  sql = postgres(node.databaseUrl, { max: 1, onnotice: () => {} });
  beside = postgres(node.databaseUrl, { max: 1, onnotice: () => {} });
  const [first] = await sql<{ last: number }[]>`select last_id::int as last from audit_chain`;
  await appendEvents(sql, node.dataDir, count - (first?.last ?? 0) - 1, (index) => ({
    subject: `S${index}`,
    ...(index >= old && { at: new Date(Date.UTC(2032, 0, 1) + index).toISOString() }),
  }));
  const { text } = await auditor.send('GET', '/audit-events/export?format=ndjson');
  await writeFile(exportFile, text);
  await sql`create table kept_events as table audit_events`;
  await sql`create table kept_chain as table audit_chain`;
});

beforeEach(asItWasWritten);

async function asItWasWritten(): Promise<void> {
  await sql`delete from audit_events`;
  await sql`insert into audit_events table kept_events`;
  await sql`delete from audit_chain`;
  await sql`insert into audit_chain table kept_chain`;
  await sql`delete from audit_anchor`;
  await rm(checkpointPath(folder), { force: true });
}

afterAll(async () => {
  await sql.end();
  await beside.end();
  await operator.close();
  await node.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs `dropsafe audit …` on this database. */
function audit(...args: string[]): Promise<Ended> {
  return runProgram(program, { args: ['audit', ...args], env }).ended;
}

/** What it says, and how it ends. */
async function said(...args: string[]): Promise<[number | null, string]> {
  const { code, stdout, stderr } = await audit(...args);
  return [code, stdout + stderr];
}

/** The same in this process, for many in a row: a process for each would take a second. */
async function verified(...files: string[]): Promise<string> {
  const options = { files, checkpoint: undefined, before: undefined };
  return verifyTrail(operator.trail, options, folder).catch((error: unknown) => {
    if (error instanceof AuditCommandError) return error.message;
    throw error;
  });
}

/** A checkpoint of this moment, as the file of a node. */
async function writeCheckpoint(path: string): Promise<void> {
  const keys = checkpointKeysOf(await readTrailKey(sql, join(node.dataDir, 'keys/keyset.json')));
  const [end] = await sql<{ id: number; mac: Uint8Array }[]>`
    select last_id::int as id, last_mac as mac from audit_chain`;
  if (end === undefined) throw new Error('The chain has no end.');
  await writeFile(
    path,
    JSON.stringify(signCheckpoint(keys, { ...end, at: '2032-01-02T00:00:00.000Z' })),
  );
}

/** Starts and stops beside the node, as every start and every other command of the terminal does. Answers what the log said. */
async function restart(): Promise<string[]> {
  const lines: string[] = [];
  await (
    await openOperator(
      env,
      createLog((line) => lines.push(line)),
    )
  ).close();
  return lines;
}

const swap = async (one: number, other: number) => {
  await sql`update audit_events set id = -1 where id = ${one}`;
  await sql`update audit_events set id = ${one} where id = ${other}`;
  await sql`update audit_events set id = ${other} where id = -1`;
};

describe('the database', () => {
  test('that was left alone holds, and so it says', async () => {
    expect(await said('verify')).toEqual([
      0,
      `${count} events hold, up to number ${count}. There is no checkpoint to compare with.\n`,
    ]);
  });

  test.each<[string, () => Promise<unknown>, string, number]>([
    [
      'an altered event',
      () => sql`update audit_events set subject = 'OTHER' where id in (700, 900)`,
      'Event 700 was altered.',
      699,
    ],
    [
      'an altered time, by a millisecond',
      () => sql`update audit_events set at = at + interval '1 ms' where id = 1`,
      'Event 1 was altered.',
      0,
    ],
    [
      'a removed event',
      () => sql`delete from audit_events where id = 700`,
      'Event 700 is missing.',
      699,
    ],
    [
      'a removed first event',
      () => sql`delete from audit_events where id < 3`,
      'Event 1 is missing.',
      0,
    ],
    [
      'an event put in before all others',
      () => sql`insert into audit_events select 0, at, principal_kind, principal_id, principal_name, action, subject,
        fields, permissions, address, request_id, means, mac from audit_events where id = 700`,
      'Event 0 is not where it was written.',
      0,
    ],
    [
      'an event put in at the end, with the MAC of another',
      () => sql`insert into audit_events select ${count + 1}, at, principal_kind, principal_id, principal_name, action, subject,
        fields, permissions, address, request_id, means, mac from audit_events where id = 700`,
      `Event ${count + 1} was altered.`,
      count,
    ],
    [
      'an event put in between, from which all others were moved on',
      async () => {
        await sql`update audit_events set id = -id - 1 where id >= 700`;
        await sql`update audit_events set id = -id where id < 0`;
        await sql`insert into audit_events select 700, at, principal_kind, principal_id, principal_name, action, subject,
          fields, permissions, address, request_id, means, mac from audit_events where id = 699`;
        await sql`update audit_chain set last_id = last_id + 1`;
      },
      'Event 700 was altered.',
      699,
    ],
    ['two events that changed places', () => swap(700, 900), 'Event 700 was altered.', 699],
    [
      'an end that was cut off',
      () => sql`delete from audit_events where id > 1400`,
      'The end was cut off: event 1401 is missing, and all after it.',
      1400,
    ],
    [
      'a trail that was emptied',
      () => sql`delete from audit_events`,
      'The end was cut off: event 1 is missing, and all after it.',
      0,
    ],
  ])(
    'with %s is found out, and the first such event is named',
    async (_, tamper, sentence, held) => {
      await tamper();
      const events = held === 0 ? '0 events before it hold.' : `${held} events before it hold.`;
      expect(await verified()).toBe(`${sentence} ${events}`);
    },
  );

  test('of which the end of the chain was made to fit is found out by the checkpoint', async () => {
    const checkpoint = checkpointPath(folder);
    await writeCheckpoint(checkpoint);
    expect(await said('verify')).toEqual([0, `${count} events hold, up to number ${count}.\n`]);
    await sql`delete from audit_events where id > 1400`;
    await sql`update audit_chain set last_id = 1400,
      last_mac = (select mac from audit_events where id = 1400)`;
    const cut =
      'The end was cut off: event 1401 is missing, and all after it. 1400 events before it hold.\n';
    expect(await said('verify')).toEqual([1, cut]);
    // The same when somebody wrote on from there.
    await appendEvents(sql, node.dataDir, 200);
    expect(await said('verify')).toEqual([
      1,
      `Event ${count} was altered. ${count - 1} events before it hold.\n`,
    ]);
    await rm(checkpoint);
    expect((await said('verify'))[0]).toBe(0);
  });

  test('is not compared with a checkpoint that somebody else signed', async () => {
    const path = join(folder, 'forged.json');
    await writeCheckpoint(path);
    const forged = (await readFile(path, 'utf8')).replace(`"id":${count}`, '"id":1400');
    await writeFile(path, forged);
    expect(await said('verify', '--checkpoint', path)).toEqual([
      1,
      'The checkpoint was not signed with the key of this trail.\n',
    ]);
    expect((await said('verify', '--checkpoint', join(folder, 'none.json')))[0]).toBe(1);
  });

  test('without its end of the chain is not repaired by verifying, and what was taken away is said', async () => {
    await sql`delete from audit_events where id > 1400`;
    await sql`delete from audit_chain`;
    const left = await dumpTables(beside);
    const gone = `The end of the chain was taken away, so that nobody can tell whether event 1401 was there. 1400 events before it hold.\n`;
    expect(await said('verify')).toEqual([1, gone]);
    expect(await said('verify')).toEqual([1, gone]);
    expect(await dumpTables(beside)).toBe(left);
    // What was altered before that comes first, and gets no new MAC at the next start.
    await sql`update audit_events set subject = 'OTHER' where id = 700`;
    const altered = 'Event 700 was altered. 699 events before it hold.';
    expect(await verified()).toBe(altered);
    await restart();
    expect(await verified()).toBe(altered);
  });

  test('that nobody has started with yet is left as it is', async () => {
    const database = await createTestDatabase();
    const { code, stderr } = await runProgram(program, {
      args: ['audit', 'verify'],
      env: { ...env, DATABASE_URL: database.url },
    }).ended;
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^This database has no tables of this version/),
    ]);
    const there = postgres(database.url, { max: 1 });
    expect(await dumpTables(there)).toBe('');
    await there.end();
    await database.drop();
  });

  test.each<[string, () => Promise<unknown>, number]>([
    ['of which the end is gone', () => sql`delete from audit_events where id > 1400`, 1400],
    ['of which everything is gone', () => sql`delete from audit_events`, 0],
    [
      'of which all is gone that retention had left',
      async () => {
        await said('drop', '--before', before, '--exported', exportFile);
        await sql`delete from audit_events`;
      },
      Number.NaN,
    ],
  ])(
    '%s, and the end of the chain with it, has a mark of that after the next start',
    async (_, tamper, last) => {
      await tamper();
      await sql`delete from audit_chain`;
      const lines = await restart();
      const [anchor] = await sql`select last_id::int as id from audit_anchor`;
      const left: number = Number.isNaN(last) ? anchor?.['id'] : last;
      expect([
        ...(await sql`select id::int, principal_kind, action, subject from audit_events order by id desc limit 1`),
      ]).toEqual([
        { id: left + 1, principal_kind: 'system', action: 'audit.end-missing', subject: `${left}` },
      ]);
      const errors = lines.filter((line) => line.includes('"event":"audit.end-missing"'));
      expect(errors.map((line) => JSON.parse(line))).toMatchObject([
        { level: 'error', lastLeft: left },
      ]);
      expect(await verified()).toMatch(
        new RegExp(
          `hold.*, up to number ${left + 1}\\. .*Event ${left + 1} says that the end of the chain had been taken away\\.$`,
        ),
      );
      // Once is enough.
      expect(await restart()).toEqual([]);
    },
  );
});

describe('an exported file', () => {
  const changed = async (change: (lines: string[]) => string[]) => {
    const path = join(folder, 'changed.ndjson');
    const lines = (await readFile(exportFile, 'utf8')).trimEnd().split('\n');
    await writeFile(path, `${change(lines).join('\n')}\n`);
    return verified(path);
  };

  test('that was left alone holds, however many there are of it', async () => {
    expect((await said('verify', '--file', exportFile))[1]).toContain(`${count} events hold`);
    const lines = (await readFile(exportFile, 'utf8')).split('\n');
    const parts = [join(folder, 'a.ndjson'), join(folder, 'b.ndjson')] as const;
    await writeFile(parts[0], `${lines.slice(0, 800).join('\n')}\n`);
    await writeFile(parts[1], lines.slice(800).join('\n'));
    const [code, text] = await said('verify', '--file', parts[0], '--file', parts[1]);
    expect([code, text]).toEqual([0, expect.stringContaining(`${count} events hold`)]);
  });

  test.each<[string, (lines: string[]) => string[], string]>([
    [
      'an altered line',
      (lines) => lines.with(699, lines[699]?.replace('S6', 'S7') ?? ''),
      'Event 700 was altered.',
    ],
    ['a removed line', (lines) => lines.toSpliced(699, 1), 'Event 700 is missing.'],
    [
      'a doubled line',
      (lines) => lines.toSpliced(699, 0, lines[699] ?? ''),
      'Event 700 is not where it was written.',
    ],
    [
      'two lines that changed places',
      (lines) => lines.with(699, lines[700] ?? '').with(700, lines[699] ?? ''),
      'Event 700 is missing.',
    ],
    [
      'a broken line',
      (lines) => lines.with(699, '{"id":'),
      'Event 700 cannot be read in the file.',
    ],
  ])('with %s is found out', async (_, change, sentence) => {
    expect((await changed(change)).startsWith(sentence)).toBe(true);
  });

  test('of which the end is gone is found out by a checkpoint that is given', async () => {
    const path = join(folder, 'checkpoint.json');
    await writeCheckpoint(path);
    expect(await changed((lines) => lines.slice(0, 1400))).toContain('1400 events hold');
    const [code, text] = await said(
      'verify',
      '--file',
      join(folder, 'changed.ndjson'),
      '--checkpoint',
      path,
    );
    expect([code, text.startsWith('The end was cut off: event 1401')]).toEqual([1, true]);
  });

  test('that is not there is said to be', async () => {
    expect(await said('verify', '--file', join(folder, 'none'))).toEqual([
      1,
      'A file cannot be read (ENOENT).\n',
    ]);
  });
});

describe('dropping what is old', () => {
  test('leaves a chain that goes on from there, and an event about it', async () => {
    const [first] = await sql<{ n: number }[]>`
      select count(*)::int as n from audit_events where at < ${before} and id < ${count}`;
    const dropped = first?.n ?? 0;
    expect(dropped).toBeGreaterThanOrEqual(old);
    const [code, text] = await said('drop', '--before', before, '--exported', exportFile);
    expect([code, text]).toEqual([
      0,
      `${dropped} events were dropped. Keep the exported file: it is the only copy.\n`,
    ]);
    const [left] = await sql`select min(id)::int as first, max(id)::int as last from audit_events`;
    expect(left).toEqual({ first: dropped + 1, last: count + 1 });
    expect([
      ...(await sql`select principal_kind, principal_name, action, subject from audit_events order by id desc limit 1`),
    ]).toEqual([
      {
        principal_kind: 'system',
        principal_name: 'terminal',
        action: 'audit.dropped',
        subject: `1-${dropped}`,
      },
    ]);
    const rest = count + 1 - dropped;
    expect((await said('verify'))[1]).toContain(`${rest} events hold, up to number ${count + 1}.`);
    // The file still verifies, the node still writes, and the second time there is nothing left to do.
    expect((await said('verify', '--file', exportFile))[0]).toBe(0);
    expect((await auditor.send('GET', '/audit-events/export?format=csv')).status).toBe(200);
    expect((await said('verify'))[1]).toContain(`${rest + 1} events hold`);
    expect(await said('drop', '--before', before, '--exported', exportFile)).toEqual([
      0,
      'There is nothing to drop.\n',
    ]);
    // What is left can be tampered with no better than before, and neither can what stands in place of the rest.
    await sql`delete from audit_events where id = ${dropped + 1}`;
    expect((await said('verify'))[1]).toContain(`Event ${dropped + 1} is missing. 0 events`);
    await sql`update audit_anchor set last_id = ${dropped + 1},
      last_mac = (select mac from kept_events where id = ${dropped + 1})`;
    expect(await said('verify')).toEqual([
      1,
      `The anchor at event ${dropped + 1}, which stands in place of dropped events, is not genuine.\n`,
    ]);
  });

  test('keeps the newest event, whatever is asked for', async () => {
    expect((await said('drop', '--before', '2099-12-31', '--exported', exportFile))[0]).toBe(0);
    const [left] = await sql`select min(id)::int as first, max(id)::int as last from audit_events`;
    expect(left).toEqual({ first: count, last: count + 1 });
    expect((await said('verify'))[0]).toBe(0);
  });

  test.each<[string, (lines: string[]) => string[], string]>([
    ['lacks an event', (lines) => lines.toSpliced(99, 1), 'Event 100 is not in the exported file'],
    ['ends too early', (lines) => lines.slice(0, 99), 'Event 100 is not in the exported file'],
    [
      'was altered',
      (lines) => lines.with(99, lines[99]?.replace('nobody', 'other').replace('"S', '"T') ?? ''),
      'Event 100 is not in the exported file',
    ],
  ])('is refused when the file %s; everything stays', async (_, change, sentence) => {
    const path = join(folder, 'lacking.ndjson');
    const lines = (await readFile(exportFile, 'utf8')).trimEnd().split('\n');
    await writeFile(path, `${change(lines).join('\n')}\n`);
    const [code, text] = await said('drop', '--before', before, '--exported', path);
    expect([code, text.startsWith(sentence)]).toEqual([1, true]);
    expect([...(await sql`select count(*)::int as n from audit_events`)]).toEqual([{ n: count }]);
  });

  test('is refused where the chain does not hold, and without a day', async () => {
    await sql`update audit_events set subject = 'OTHER' where id = 100`;
    expect(await said('drop', '--before', before, '--exported', exportFile)).toEqual([
      1,
      'The chain does not hold at event 100. Nothing was dropped.\n',
    ]);
    const [code, text] = await said('drop', '--before', 'yesterday', '--exported', exportFile);
    expect([code, text]).toEqual([
      1,
      'Give --before as a day such as 2026-01-31, or a moment in UTC.\n',
    ]);
    expect((await said('drop', '--exported', exportFile))[1]).toContain(
      'There is no such command.',
    );
  });
});

describe('two drops at once', () => {
  const [early, late] = ['2030-01-01T00:01:00Z', '2031-01-01'];
  const terminal = systemCaller('terminal', 'test');
  const refused =
    /^Somebody else dropped events of the trail meanwhile. Nothing was dropped by this one/;

  /** Drops what is in the file; before it reads that, it calls `onAsked` and waits for `gate`. */
  const drop = (day: string, onAsked = () => {}, gate: Promise<unknown> = Promise.resolve()) =>
    operator.trail.drop(terminal, { before: day, exported: exportedEvents(onAsked, gate) }).then(
      (dropped) => `${dropped}`,
      (error: unknown) => (error instanceof Problem ? error.params.errors?.[0]?.message : error),
    );

  async function* exportedEvents(onAsked: () => void, gate: Promise<unknown>) {
    onAsked();
    await gate;
    for (const line of (await readFile(exportFile, 'utf8')).split('\n')) yield parseLine(line);
  }

  /** How many statements wait for a lock. */
  async function waiting(): Promise<number> {
    const [found] = await beside<{ n: number }[]>`select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    return found?.n ?? 0;
  }

  const anchorId = async () => (await sql`select last_id::int as id from audit_anchor`)[0]?.['id'];

  test.each([
    ['further', late, early],
    ['less far', early, late],
  ])(
    'of which the one that goes %s is done first: the other is refused, and what is left holds',
    async (_, first, second) => {
      const [asked, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const waits = drop(second, asked.resolve, gate.promise);
      await asked.promise;
      const dropped = await drop(first);
      expect(await anchorId()).toBe(Number(dropped));
      gate.resolve();
      expect(await waits).toMatch(refused);
      expect(await anchorId()).toBe(Number(dropped));
      expect(await verified()).toContain(
        `${count + 1 - Number(dropped)} events hold, up to number`,
      );
    },
  );

  test('that meet at the anchor: one waits for the other and is refused, with an anchor from before and without', async () => {
    for (const [one, two] of [
      [early, '2030-01-01T00:02:00Z'],
      [late, '2030-01-01T00:03:00Z'],
    ] as const) {
      let outcomes: Promise<unknown[]> | undefined;
      // Nobody can append, so that the first of them holds the anchor until the second has come to it.
      await sql.begin(async (tx) => {
        await tx`select from audit_chain for update`;
        outcomes = Promise.all([drop(one), drop(two)]);
        await until('both to wait', async () => (await waiting()) === 2);
      });
      const answers = (await outcomes) ?? [];
      expect(answers.filter((text) => refused.test(String(text)))).toHaveLength(1);
      expect(await verified()).toContain('events hold, up to number');
    }
  });

  test('one that comes upon what the other dropped says so, and does not call it a fault', async () => {
    const at = '2098-01-01T00:00:00.000Z';
    await appendEvents(sql, node.dataDir, 20, () => ({ at }));
    const { text } = await auditor.send('GET', '/audit-events/export?format=ndjson');
    const path = join(folder, 'longer.ndjson');
    await writeFile(path, text);
    const gate = Promise.withResolvers<void>();
    let read = 0;
    async function* slowly() {
      for (const line of text.trimEnd().split('\n')) {
        if ((read += 1) === 500) await gate.promise;
        yield parseLine(line);
      }
    }
    const slow = operator.trail.drop(terminal, { before: '2099-01-01', exported: slowly() });
    await until('the first part to be read', () => read === 500);
    expect((await said('drop', '--before', '2098-01-01', '--exported', path))[0]).toBe(0);
    gate.resolve();
    await expect(slow).rejects.toMatchObject({
      params: { errors: [{ message: expect.stringMatching(refused) }] },
    });
  });

  test('are no fault to somebody who verifies meanwhile, and has read the anchor of before', async () => {
    const dropped = Number(await drop(early));
    await sql`create table dropped_anchor as table audit_anchor`;
    await asItWasWritten();
    let verifying: Promise<string> | undefined;
    await sql.begin(async (tx) => {
      await tx`lock table audit_chain in access exclusive mode`;
      verifying = verified();
      await until('it to ask for the end of the chain', async () => (await waiting()) === 1);
      await tx`delete from audit_events where id <= ${dropped}`;
      await tx`insert into audit_anchor table dropped_anchor`;
    });
    expect(await verifying).toContain(`${count - dropped} events hold, up to number ${count}.`);
    await sql`drop table dropped_anchor`;
  });
});

describe('the checkpoint file of a node', () => {
  test('is there from the start, private, whole, and has the newest event at the end', async () => {
    const database = await createTestDatabase();
    const dataDir = await mkdtemp(join(tmpdir(), 'dropsafe-checkpoint-'));
    const one = await startTestNode({ DATABASE_URL: database.url, DROPSAFE_DATA_DIR: dataDir });
    const path = join(dataDir, 'audit-checkpoint.json');
    const started = JSON.parse(await readFile(path, 'utf8'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const admin = await one.as('adam', ['SECRET_MANAGEMENT']);
    await admin.send('POST', '/secrets', { name: 'ONE', value: newCanary() });
    await one.stop();
    const ended = JSON.parse(await readFile(path, 'utf8'));
    const there = postgres(database.url, { max: 1, onnotice: () => {} });
    const [end] = await there<{ id: number; mac: Uint8Array }[]>`
      select last_id::int as id, last_mac as mac from audit_chain`;
    expect([ended.id, ended.mac]).toEqual([end?.id, Buffer.from(end?.mac ?? []).toString('hex')]);
    expect(ended.id).toBeGreaterThan(started.id);
    expect(await readdir(dataDir)).toEqual(['audit-checkpoint.json', 'keys']);
    const lines = one.lines.filter((line) => line.includes('"event":"audit.checkpoint"'));
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject(ended);
    await there.end();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  test('follows the events, and is never replaced once the chain does not hold to it', async () => {
    const lines: string[] = [];
    const log = createLog((line) => lines.push(line));
    const path = join(folder, 'followed.json');
    const idOf = async () => JSON.parse(await readFile(path, 'utf8')).id as number;
    const stop = await keepCheckpoints(operator.trail, path, log, 20);
    expect(await idOf()).toBe(count);
    await appendEvents(sql, node.dataDir, 3);
    await until('a newer checkpoint', async () => (await idOf()) === count + 3);
    // Cut off, and made to fit.
    await sql`delete from audit_events where id > 1400`;
    await sql`update audit_chain set last_id = 1400,
      last_mac = (select mac from audit_events where id = 1400)`;
    await until('a warning', () => lines.some((line) => line.includes('audit.checkpoint-broken')));
    await stop();
    expect(await idOf()).toBe(count + 3);
    expect(lines.filter((line) => line.includes('audit.checkpoint-broken'))).toHaveLength(1);
  });

  test('that cannot be written is told in the log, and everything goes on', async () => {
    const lines: string[] = [];
    const path = join(folder, 'no-folder');
    await writeFile(path, '');
    await chmod(path, 0o600);
    const log = createLog((line) => lines.push(line));
    const stop = await keepCheckpoints(operator.trail, join(path, 'file.json'), log);
    await stop();
    expect(lines.some((line) => line.includes('audit.checkpoint-failed'))).toBe(true);
  });
});
