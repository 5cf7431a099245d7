import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Client } from '../../testkit/client.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
  type Spoiled,
} from '../../testkit/identity-provider.ts';
import { startTestNode, type TestNode } from '../../testkit/node.ts';

let idp: IdentityProvider;
let node: TestNode;
/** Another node on the same database, which also admits nobody who is not known. */
let second: TestNode;
let admin: Client;
let sql: postgres.Sql;

beforeAll(async () => {
  idp = await startIdentityProvider();
  const providers = [
    idp.settings('corp'),
    idp.settings('other', { label: 'Other', createUsers: false, userNameClaim: 'nickname' }),
  ];
  const env = { DROPSAFE_OIDC: JSON.stringify(providers) };
  node = await startTestNode(env);
  const { databaseUrl, dataDir } = node;
  second = await startTestNode({
    ...env,
    DATABASE_URL: databaseUrl,
    DROPSAFE_DATA_DIR: dataDir,
  });
  sql = postgres(databaseUrl, { onnotice: () => {} });
  admin = await node.as('admin-of-tests', ['ACCESS_MANAGEMENT', 'AUDIT_READ']);
});

afterAll(async () => {
  await sql.end();
  await second.stop();
  await node.stop();
  await idp.stop();
});

/** A browser with the cookies of sign-ins that are under way, on a node. */
function browser(on: TestNode = node): Browser {
  const jar = new Map<string, string>();
  const client = on.client();
  const send = async (to: Client, path: string, body: unknown): Promise<Answer> => {
    const Cookie = [...jar].map(([name, content]) => `${name}=${content}`).join('; ');
    const answer = await to.send('POST', path, body, Cookie === '' ? {} : { Cookie });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', content = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/.test(line)) jar.delete(name);
      else if (name.startsWith('dropsafe-oidc-')) jar.set(name, content);
    }
    return answer;
  };
  return {
    client,
    jar,
    begin: async (provider = 'corp') => {
      const answer = await send(client, `/oidc/${provider}/sign-in`, {});
      return answer.json?.url ?? answer.problem.type;
    },
    finish: (back, provider = 'corp', to = client) =>
      send(to, `/oidc/${provider}/callback`, { parameters: new URL(back).search }),
  };
}

interface Browser {
  client: Client;
  jar: Map<string, string>;
  /** Answers where to go. */
  begin(provider?: string): Promise<string>;
  /** Comes back with an address of the provider's. */
  finish(back: URL | string, provider?: string, to?: Client): Promise<Answer>;
}

/** Signs in to the end. */
async function signIn(account: string, provider = 'corp', on = browser()): Promise<Answer> {
  return on.finish(await idp.signIn(await on.begin(provider), account), provider);
}

/** What the log of the first node says of a refusal. */
function reasonOf(answer: Answer): unknown {
  const id = answer.headers.get('X-Request-Id') ?? 'none';
  const line = node.lines.find(
    (text) => text.includes(id) && text.includes('"identity-provider.refused"'),
  );
  return line === undefined ? undefined : JSON.parse(line).reason;
}

const refusal = (answer: Answer) => [answer.status, answer.problem.type, reasonOf(answer)];

/** A name that no other test uses. */
const unique = (name: string) => `${name}-${crypto.randomUUID().slice(0, 8)}`;

test('the sign-in page learns which providers there are, and nothing else of them', async () => {
  const { json } = await node.client().send('GET', '/sign-in-methods');
  expect(json).toEqual({
    providers: [
      { name: 'corp', label: 'Example Corp' },
      { name: 'other', label: 'Other' },
    ],
  });
});

test('somebody signs in, is a user from then on, and the same one whatever they are called later', async () => {
  const account = unique('anna');
  const first = await signIn(account);
  expect([first.status, first.json.principal.name]).toEqual([200, account]);
  expect(first.json.permissions).toEqual([]);
  idp.setClaims(account, { preferred_username: unique('renamed') });
  const again = browser();
  const second_ = await signIn(account, 'corp', again);
  expect(second_.json.principal).toEqual(first.json.principal);
  const user = await admin.send('GET', `/users/${first.json.principal.id}`);
  expect(user.json).toMatchObject({
    name: account,
    hasPassword: false,
    invitedUntil: null,
    provider: { name: 'corp', hasSignedIn: true },
  });
  const { items } = (await again.client.send('GET', '/sessions')).json;
  expect(items[0]).toMatchObject({ means: 'oidc:corp', isCurrent: true });
  const events = await sql`select action, subject, means, principal_kind from audit_events
    where subject in (${account}, ${`${account}/oidc:corp`}) order by id`;
  expect(events.map(({ action, means }) => [action, means])).toEqual([
    ['user.created', null],
    ['user.linked', null],
    ['session.started', 'oidc:corp'],
    ['session.started', 'oidc:corp'],
  ]);
});
