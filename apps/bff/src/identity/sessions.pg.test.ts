import type { Session } from '@dropsafe/contract/sessions';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../testkit/client.ts';
import { createUser, startTestNode, testPassword, type TestNode } from '../../testkit/node.ts';

let node: TestNode;
let other: TestNode;
let sql: postgres.Sql;
let admin: Client;
let env: Record<string, string>;

beforeAll(async () => {
  node = await startTestNode({ DROPSAFE_TRUSTED_PROXIES: '127.0.0.1' });
  env = { DATABASE_URL: node.databaseUrl, DROPSAFE_DATA_DIR: node.dataDir };
  other = await startTestNode(env);
  sql = postgres(node.databaseUrl);
  admin = await node.as('keeper', ['ACCESS_MANAGEMENT']);
});

afterAll(async () => {
  await sql.end();
  await other.stop();
  await node.stop();
});

const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0';

async function signIn(name: string, headers: Record<string, string> = {}): Promise<Client> {
  const client = node.client();
  const { status } = await client.send(
    'POST',
    '/session',
    { username: name, password: testPassword },
    headers,
  );
  expect(status).toBe(200);
  return client;
}

const own = async (client: Client): Promise<Session[]> =>
  (await client.send('GET', '/sessions')).json.items;

const statuses = (...clients: Client[]) =>
  Promise.all(
    clients.map(
      async (client) => (await other.client(client.cookie).send('GET', '/session')).status,
    ),
  );

describe("one's own sessions", () => {
  test('are listed with where from and by what, the latest first, this one marked', async () => {
    await createUser(env, 'lister', []);
    const first = await signIn('lister', {
      'User-Agent': firefox,
      'X-Forwarded-For': '192.0.2.7',
    });
    const second = await signIn('lister', { 'User-Agent': 'made up' });
    const items = await own(first);
    expect(items).toEqual([
      expect.objectContaining({ agent: null, address: '127.0.0.1', isCurrent: false }),
      {
        id: expect.any(String),
        user: { id: expect.any(String), name: 'lister' },
        means: 'password',
        createdAt: expect.any(String),
        lastSeenAt: expect.any(String),
        expiresAt: expect.any(String),
        address: '192.0.2.7',
        agent: 'Firefox on Windows',
        isCurrent: true,
      },
    ]);
    expect((await own(second)).map(({ isCurrent }) => isCurrent)).toEqual([true, false]);
    const [row] = await sql`select string_agg(s::text, '') as dump from sessions s`;
    expect(row?.['dump']).not.toContain('Gecko');
  });

  test('those that are over are not among them', async () => {
    await createUser(env, 'tidy', []);
    const [here, idle, old] = [await signIn('tidy'), await signIn('tidy'), await signIn('tidy')];
    const ids = (await own(here)).map(({ id }) => id);
    await sql`update sessions set last_seen_at = now() - interval '31 minutes' where id = ${ids[1] ?? ''}`;
    await sql`update sessions set expires_at = now() where id = ${ids[0] ?? ''}`;
    expect((await own(here)).map(({ id }) => id)).toEqual([ids[2]]);
    expect(await statuses(here, idle, old)).toEqual([200, 401, 401]);
  });

  test('one is ended, on the very next request to any node', async () => {
    await createUser(env, 'ender', []);
    const [here, there] = [await signIn('ender'), await signIn('ender')];
    const [theirs] = (await own(here)).filter(({ isCurrent }) => !isCurrent);
    expect((await here.send('DELETE', `/sessions/${theirs?.id}`)).status).toBe(204);
    expect(await statuses(here, there)).toEqual([200, 401]);
    expect((await here.send('DELETE', `/sessions/${theirs?.id}`)).status).toBe(404);
  });

  test('all others are ended at once, and nobody else', async () => {
    await createUser(env, 'sweeper', []);
    await createUser(env, 'bystander', []);
    const [here, one, two] = [
      await signIn('sweeper'),
      await signIn('sweeper'),
      await signIn('sweeper'),
    ];
    const bystander = await signIn('bystander');
    expect((await here.send('DELETE', '/sessions')).status).toBe(204);
    expect(await statuses(here, one, two, bystander)).toEqual([200, 401, 401, 200]);
    const events = await sql`
      select action, subject from audit_events where principal_name = 'sweeper' order by id`;
    expect([...events]).toEqual([
      { action: 'session.ended', subject: 'sweeper' },
      { action: 'session.ended', subject: 'sweeper' },
    ]);
  });

  test.each(['DELETE /sessions', 'DELETE /all-sessions'])(
    'of somebody else is out of reach by %s',
    async (call) => {
      const name = call.replaceAll(/\W+/g, '-').toLowerCase();
      await createUser(env, `${name}-victim`, []);
      await createUser(env, `${name}-thief`, ['SECRET_MANAGEMENT']);
      const [victim, thief] = [await signIn(`${name}-victim`), await signIn(`${name}-thief`)];
      const [session] = await own(victim);
      const [method = '', path = ''] = call.split(' ');
      const refused = await thief.send(method, `${path}/${session?.id}`);
      const unknown = await thief.send(method, `${path}/${crypto.randomUUID()}`);
      // Whether it exists cannot be told from the answer.
      expect([refused.status, refused.problem.type]).toEqual(
        path === '/sessions'
          ? [404, '/problems/not-found']
          : [403, '/problems/permission-required'],
      );
      expect(unknown.status).toBe(refused.status);
      expect(await statuses(victim)).toEqual([200]);
    },
  );

  test.each(['not-an-id', '%00'])('none has the id %s', async (id) => {
    expect((await admin.send('DELETE', `/sessions/${id}`)).status).toBe(404);
    expect((await admin.send('DELETE', `/all-sessions/${id}`)).status).toBe(404);
  });
});

describe("everybody's sessions", () => {
  test('are searched by the name of the user, page by page', async () => {
    await createUser(env, 'many_one', []);
    for (let n = 0; n < 5; n += 1) await signIn('many_one');
    const whole = await admin.send('GET', '/all-sessions?q=Y_ON');
    expect([whole.json.total, whole.json.items.length]).toEqual([5, 5]);
    const ids: string[] = [];
    for (let cursor = ''; ;) {
      const { json } = await admin.send('GET', `/all-sessions?q=Y_ON&limit=2${cursor}`);
      expect(json.total).toBe(5);
      ids.push(...json.items.map(({ id }: Session) => id));
      if (json.nextCursor === null) break;
      cursor = `&cursor=${json.nextCursor}`;
    }
    expect(ids).toEqual(whole.json.items.map(({ id }: Session) => id));
    expect((await admin.send('GET', '/all-sessions?q=%25')).json.total).toBe(0);
    expect((await admin.send('GET', '/all-sessions?cursor=made-up')).status).toBe(400);
    const mine = (await admin.send('GET', '/all-sessions?q=keeper')).json.items;
    expect(mine.map(({ isCurrent }: Session) => isCurrent)).toEqual([true]);
  });

  test('any of them is ended by who manages access, in their name', async () => {
    await createUser(env, 'suspect', ['SECRET_MANAGEMENT']);
    const suspect = await signIn('suspect');
    const [session] = await own(suspect);
    expect((await admin.send('DELETE', `/all-sessions/${session?.id}`)).status).toBe(204);
    expect(await statuses(suspect)).toEqual([401]);
    const [event] = await sql`
      select principal_name, action from audit_events where subject = 'suspect' order by id desc limit 1`;
    expect(event).toEqual({ principal_name: 'keeper', action: 'session.ended' });
  });

  test('are counted up to a thousand, and found by a name in any spelling', async () => {
    await createUser(env, 'Crowded', []);
    await sql`insert into sessions (id, token_hash, user_id, expires_at)
      select gen_random_uuid(), sha256(n::text::bytea), id, now() + interval '1 hour'
      from users, generate_series(1, 1001) as n where name = 'Crowded'`;
    const { json } = await admin.send('GET', '/all-sessions?q=ｃｒＯＷ&limit=2');
    expect([json.total, json.items.length]).toEqual([null, 2]);
    expect(json.nextCursor).not.toBeNull();
  });

  test('of one user there are a hundred: signing in ends the oldest of more, as the trail tells', async () => {
    const client = await signIn('crowded');
    const items = await own(client);
    expect([items.length, items[0]?.isCurrent]).toEqual([100, true]);
    const events = await sql`select action, count(*)::int from audit_events
      where subject = 'Crowded' and action like 'session%' group by action order by action`;
    expect([...events]).toEqual([
      { action: 'session.ended', count: 902 },
      { action: 'session.started', count: 1 },
    ]);
    await signIn('crowded');
    const later = await own(client);
    expect([later.length, later.map(({ id }) => id)]).toEqual([
      100,
      [later[0]?.id, ...items.slice(0, 99).map(({ id }) => id)],
    ]);
  });

  test('that are over are removed in passing, whosever they were, a hundred at a time', async () => {
    const over = async () => {
      const [row] = await sql`select count(*)::int from sessions where expires_at < now()`;
      return row?.['count'];
    };
    await sql`delete from sessions where expires_at < now()`;
    await sql`update sessions set expires_at = now() - interval '1 second' where user_id = (select id from users where name = 'Crowded')`;
    await sql`insert into sessions (id, token_hash, user_id, expires_at)
      select gen_random_uuid(), sha256(('over' || n)::bytea), id, now() - interval '1 minute'
      from users, generate_series(1, 50) as n where name = 'Crowded'`;
    expect(await over()).toBe(150);
    await createUser(env, 'somebody-else', []);
    await signIn('somebody-else');
    expect(await over()).toBe(50);
    await signIn('somebody-else');
    expect(await over()).toBe(0);
  });

  test('of a disabled user there are none', async () => {
    await createUser(env, 'disabled-one', []);
    await signIn('disabled-one');
    await sql`update users set is_disabled = true where name = 'disabled-one'`;
    expect((await admin.send('GET', '/all-sessions?q=disabled-one')).json.total).toBe(0);
  });
});
