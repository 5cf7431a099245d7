/**
 * @file What every provider promises, through the API of a whole node on a real PostgreSQL. A new provider is run through it by one
 * more line in providers-conformance.pg.test.ts. What it cannot do it has to refuse; what only Dropsafe can do there (`seed`
 * and `break` are left out then) is not asked of it.
 */
import { join } from 'node:path';
import type { Capabilities, ProviderFailureReason } from '@dropsafe/contract/providers';
import { BindSecretSchema } from '@dropsafe/contract/secrets';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemCaller } from '../src/base/caller.ts';
import { newCanary, sweep, type Leak } from '../testkit/canary.ts';
import type { Answer, Client } from '../testkit/client.ts';
import { dumpTables } from '../testkit/dump.ts';
import { openOperator, startTestNode, type TestNode } from '../testkit/node.ts';
import { connectTo, readStored } from '../testkit/opened.ts';
import { until } from '../testkit/until.ts';

/** A place for secrets, and what a test can do there past Dropsafe. */
export interface PlaceUnderTest {
  /** Its entry in `DROPSAFE_PROVIDERS`. */
  entry: { type: string; name?: string } & Record<string, unknown>;
  /** Further variables of the node. */
  env?: Record<string, string>;
  /** Puts a value there, or replaces it, while the node runs. */
  seed?: (name: string, value: string) => Promise<void>;
  remove?: (name: string) => Promise<void>;
  /** Makes it fail from now on, in one of the ways of `failures`. */
  break?: (reason: ProviderFailureReason) => Promise<void>;
  mend?: () => Promise<void>;
  stop?: () => Promise<void>;
}

/** A provider to be tried. */
export interface ProviderUnderTest {
  capabilities: Pick<Capabilities, 'create' | 'update' | 'delete'>;
  /** Makes a place that holds these; without them where only Dropsafe puts any there. */
  start: (initial: ReadonlyMap<string, string>) => Promise<PlaceUnderTest>;
  /** True when only Dropsafe puts any there: then the suite does. */
  isSeededByDropsafe?: true;
  /** What it can say of itself once it is broken. */
  failures?: readonly ProviderFailureReason[];
  /** Within this it answers that it is broken. */
  limitMs?: number;
}

/** Declares the tests of a provider. */
export function describeProvider(
  type: string,
  { capabilities, start, isSeededByDropsafe, failures = [], limitMs = 10_000 }: ProviderUnderTest,
): void {
  describe(`the provider ${type}`, { timeout: 60_000 }, () => {
    const initial = new Map([
      ['PLAIN', newCanary()],
      ['LINES', `${newCanary(3)}\n`],
      ['LARGE', largest(newCanary())],
      ['Odd-name_1', newCanary()],
      ['BOUND', newCanary()],
      ['ALTERED', newCanary()],
    ]);
    const leaks: Leak[] = [];
    // Beside it there are the database and the environment.
    const isEnv = type === 'env';
    let place: PlaceUnderTest;
    let name: string;
    let settings: Record<string, string>;
    let node: TestNode;
    let admin: Client;
    let sql: postgres.Sql;
    let operator: Awaited<ReturnType<typeof openOperator>>;

    beforeAll(async () => {
      place = await start(initial);
      name = place.entry.name ?? place.entry.type;
      const others = [{ type: 'database' }, { type: 'env' }];
      const providers = [place.entry, ...others.filter((each) => each.type !== place.entry.type)];
      const env = {
        DROPSAFE_PROVIDERS: JSON.stringify(providers),
        ...place.env,
      };
      node = await startTestNode({
        ...env,
        ...(!isEnv && { DROPSAFE_SECRET_ELSEWHERE: newCanary() }),
      });
      settings = { ...env, DATABASE_URL: node.databaseUrl, DROPSAFE_DATA_DIR: node.dataDir };
      sql = connectTo(node.databaseUrl);
      operator = await openOperator(settings);
      admin = await node.as('manager', ['SECRET_MANAGEMENT'], watch);
      if (isSeededByDropsafe)
        for (const [each, value] of initial) await created({ name: each, value });
    });

    afterAll(async () => {
      leaks.push(...sweep('log', node.lines.join('')), ...sweep('database', await dumpTables(sql)));
      await operator.close();
      await sql.end();
      await node.stop();
      await place.stop?.();
      expect(leaks).toEqual([]);
    });

    function watch(request: string, { text, headers }: Answer): void {
      leaks.push(...sweep(request, text), ...sweep(request, JSON.stringify([...headers])));
    }

    const send = (...request: Parameters<Client['send']>) => admin.send(...request);
    const path = (secret: string) => `/secrets/${secret}`;
    const etagOf = async (secret: string) =>
      (await send('GET', path(secret))).headers.get('ETag') ?? '';
    const listed = async () =>
      (await send('GET', `/secrets?provider=${name}&limit=1000`)).json.items.map(
        (item: { name: string }) => item.name,
      ) as string[]; // as: the product checks its own answers

    async function created(input: { name: string; value: string } & Record<string, unknown>) {
      const answer = await send('POST', '/secrets', { provider: name, ...input });
      expect(answer.status).toBe(201);
      return answer;
    }

    /** A secret that is there, however it comes there. */
    async function there(secret: string, value: string): Promise<void> {
      if (capabilities.create) await created({ name: secret, value });
      else if (place.seed !== undefined) {
        await place.seed(secret, value);
        await until(`${secret} is listed`, async () => (await listed()).includes(secret));
      }
    }

    /** What a use would get, byte for byte: copied into the database by the server, and opened there past it. */
    async function valueOf(secret: string): Promise<string | undefined> {
      const read = async () =>
        (await readStored(sql, join(node.dataDir, 'keys/keyset.json'))).secrets.get(secret)?.value;
      if (name === 'database') return read();
      const { status } = await send('POST', `${path(secret)}/copies`, copying());
      expect(status).toBe(201);
      const value = await read();
      expect((await send('DELETE', `${path(secret)}?provider=database`)).status).toBe(204);
      return value;
    }
    const copying = () => ({ from: name, to: 'database' });

    const eventsOf = async (secret: string): Promise<string[]> => {
      const rows = await sql<{ told: string }[]>`
        select concat_ws(' ', replace(action, 'secret.', ''), array_to_string(fields, ',')) as told from audit_events
        where subject = ${secret} or subject like ${`${secret}/%`} order by id`;
      return rows.map(({ told }) => told);
    };
    /** A change elsewhere is told before it is asked for. */
    const told = (event: string) => (name === 'database' ? [event] : ['change-started', event]);

    const bind = (secret: string, destinations: string[], description = 'of the operator') =>
      operator.secrets.bind(
        systemCaller('terminal', 'test'),
        BindSecretSchema.parse({ name: secret, provider: name, description, destinations }),
      );

    /** Says what a secret is for and where it may be sent, as far as nobody needs its value for that. */
    async function describeAs(secret: string, destinations: string[]): Promise<void> {
      if (name !== 'database') await bind(secret, destinations);
      else {
        const change = { description: 'of the operator', destinations, value: newCanary() };
        expect((await send('PATCH', path(secret), change)).status).toBe(200);
      }
    }

    test('is listed with what it can do, and is up', async () => {
      const { json } = await send('GET', '/providers');
      expect(json.items[0]).toMatchObject({
        name,
        type: place.entry.type,
        capabilities,
        health: { status: 'up', reason: null },
      });
    });

    test('lists its secrets page by page, and finds them by a part of the name', async () => {
      const found: string[] = [];
      for (let query = `provider=${name}&limit=2`; ;) {
        const { json } = await send('GET', `/secrets?${query}`);
        for (const item of json.items) {
          expect(item).toMatchObject({ provider: name, state: 'ready', isUsed: true, alsoIn: [] });
          found.push(item.name);
        }
        if (json.nextCursor === null) break;
        query = `limit=2&cursor=${json.nextCursor}`;
      }
      expect(found).toEqual(['ALTERED', 'BOUND', 'LARGE', 'LINES', 'Odd-name_1', 'PLAIN']);
      const search = await send('GET', `/secrets?provider=${name}&q=odd-NAME_`);
      expect(search.json).toMatchObject({ items: [{ name: 'Odd-name_1' }], total: 1 });
      const all = await send('GET', '/secrets');
      expect(all.json.items).toHaveLength(initial.size + (isEnv ? 0 : 1));
    });

    test('describes one, and knows no other', async () => {
      const { status, json, headers } = await send('GET', path('PLAIN'));
      expect(status).toBe(200);
      expect(json).toMatchObject({ name: 'PLAIN', provider: name, description: null, destinations: [], version: 1 }); // prettier-ignore
      expect(headers.get('ETag')).toMatch(/^"[^"]+"$/);
      const unknown: [string, string, unknown?][] = [
        ['GET', path('NOT_THERE')],
        ['PATCH', path('NOT_THERE'), { description: 'x' }],
        ['DELETE', path('NOT_THERE')],
        ['DELETE', `${path('NOT_THERE')}?provider=${name}`],
      ];
      if (name !== 'database') unknown.push(['POST', `${path('NOT_THERE')}/copies`, copying()]);
      for (const request of unknown) expect((await send(...request)).status).toBe(404);
    });

    test('gives its values byte for byte', async () => {
      for (const secret of ['PLAIN', 'LINES', 'LARGE', 'Odd-name_1'])
        expect(await valueOf(secret)).toBe(initial.get(secret));
    });

    test('refuses what it cannot do, and says what it can', async () => {
      const can = ['GET', 'HEAD', capabilities.update && 'PATCH', capabilities.delete && 'DELETE'];
      const allowed = can.filter(Boolean).join(', ');
      const requests = [
        ['create', 'POST', '/secrets', { name: 'NEW', value: newCanary(), provider: name }],
        ['create', 'POST', '/secrets/ELSEWHERE/copies', { from: 'env', to: name }],
        ['update', 'PATCH', path('PLAIN'), { description: 'x' }],
        ['delete', 'DELETE', path('PLAIN'), undefined],
      ] as const;
      for (const [capability, method, target, body] of requests) {
        // A copy into itself is refused before that.
        if (capabilities[capability] || (isEnv && target.endsWith('copies'))) continue;
        const { status, headers, problem } = await send(method, target, body);
        expect([status, problem.detail]).toEqual([405, `The provider ${name} cannot ${capability} secrets.`]); // prettier-ignore
        expect(headers.get('Allow')).toBe(method === 'POST' ? 'GET, HEAD, POST' : allowed);
      }
    });

    test.runIf(capabilities.create)('creates, and never overwrites', async () => {
      const value = newCanary();
      const wanted = { name: 'CREATED', value, description: 'new', destinations: ['https://a.example'] }; // prettier-ignore
      const { json } = await created(wanted);
      expect(json).toMatchObject({ provider: name, description: 'new', destinations: ['https://a.example'], createdBy: 'manager', isUsed: true, version: 1 }); // prettier-ignore
      expect(await eventsOf('CREATED')).toEqual(told('created value,description,destinations'));
      expect((await send('POST', '/secrets', { ...wanted, value: newCanary(), provider: name })).status).toBe(409); // prettier-ignore
      expect(await valueOf('CREATED')).toBe(value);
      if (place.seed !== undefined) {
        // There, and in no list yet.
        const theirs = newCanary();
        await place.seed('CREATED_THERE', theirs);
        const { status } = await send('POST', '/secrets', { name: 'CREATED_THERE', value: newCanary(), provider: name }); // prettier-ignore
        expect(status).toBe(409);
        await until('it is listed', async () => (await listed()).includes('CREATED_THERE'));
        expect(await valueOf('CREATED_THERE')).toBe(theirs);
      }
    });

    test.runIf(capabilities.update)('updates what was seen, and nothing else', async () => {
      await there('UPDATED', newCanary());
      const seen = await etagOf('UPDATED');
      const value = newCanary();
      const first = await send('PATCH', path('UPDATED'), { value }, { 'If-Match': seen });
      expect(first.status).toBe(200);
      expect(first.json).toMatchObject({ updatedBy: 'manager' });
      expect(first.headers.get('ETag')).not.toBe(seen);
      expect(first.headers.get('ETag')).toBe(await etagOf('UPDATED'));
      expect((await eventsOf('UPDATED')).slice(-told('').length)).toEqual(told('updated value'));
      const late = await send('PATCH', path('UPDATED'), { value: newCanary() }, { 'If-Match': seen }); // prettier-ignore
      expect([late.status, late.problem.type]).toEqual([412, '/problems/secret-changed']);
      expect(await valueOf('UPDATED')).toBe(value);
      expect((await send('PATCH', path('UPDATED'), { description: 'kept' })).status).toBe(200);
      expect(await valueOf('UPDATED')).toBe(value);
    });

    test('does not overwrite what somebody changed there', async ({ skip }) => {
      if (!capabilities.update || place.seed === undefined) return skip();
      await there('CHANGED_THERE', newCanary());
      const seen = await etagOf('CHANGED_THERE');
      const theirs = newCanary();
      await place.seed('CHANGED_THERE', theirs);
      const change = [path('CHANGED_THERE'), { value: newCanary() }, { 'If-Match': seen }] as const;
      expect((await send('PATCH', ...change)).status).toBe(412);
      expect((await send('DELETE', change[0], undefined, change[2])).status).toBe(412);
      expect(await valueOf('CHANGED_THERE')).toBe(theirs);
      expect((await send('GET', change[0])).json).toMatchObject({ updatedBy: `provider ${name}` });
    });

    test.runIf(capabilities.delete)('deletes for good', async () => {
      await there('DELETED', newCanary());
      const seen = await etagOf('DELETED');
      expect((await send('DELETE', path('DELETED'), undefined, { 'If-Match': '"other"' })).status).toBe(412); // prettier-ignore
      expect((await send('DELETE', path('DELETED'), undefined, { 'If-Match': seen })).status).toBe(204); // prettier-ignore
      expect((await eventsOf('DELETED')).slice(-told('').length)).toEqual(told('deleted'));
      expect((await send('GET', path('DELETED'))).status).toBe(404);
      expect(await listed()).not.toContain('DELETED');
      if (name !== 'database')
        expect((await send('POST', `${path('DELETED')}/copies`, copying())).status).toBe(404);
      if (!capabilities.create) return;
      // The name is free again, and nothing of the old one comes back.
      const value = newCanary();
      const { json } = await created({ name: 'DELETED', value });
      expect(json).toMatchObject({ description: null, destinations: [] });
      expect(await valueOf('DELETED')).toBe(value);
    });

    test('keeps description and destinations, which can grow with a new value only', async () => {
      const both = ['https://a.example', 'https://b.example'];
      await describeAs('BOUND', both);
      expect((await send('GET', path('BOUND'))).json).toMatchObject({ description: 'of the operator', destinations: both }); // prettier-ignore
      if (capabilities.update) {
        const narrowed = await send('PATCH', path('BOUND'), {
          destinations: ['https://a.example'],
        });
        expect(narrowed.status).toBe(200);
        const value = newCanary();
        for (const further of [{}, { description: 'x' }]) {
          const widened = await send('PATCH', path('BOUND'), { destinations: both, ...further });
          expect([widened.status, widened.problem.type]).toEqual([409, '/problems/destinations-widened']); // prettier-ignore
        }
        const anew = await send('PATCH', path('BOUND'), { destinations: both, value });
        expect([anew.status, anew.json.destinations]).toEqual([200, both]);
        expect(await valueOf('BOUND')).toBe(value);
      } else if (name !== 'database') {
        const copied = await send('POST', `${path('BOUND')}/copies`, copying());
        expect(copied.json).toMatchObject({ description: 'of the operator', destinations: both });
      }
    });

    test('refuses to use a value whose destinations were altered in the database', async () => {
      await describeAs('ALTERED', ['https://a.example', 'https://b.example']);
      const alter = (destinations: string) =>
        sql`update secrets set destinations = ${destinations}::text[] where name = 'ALTERED' and provider = ${name}`;
      const use = () =>
        name === 'database'
          ? send('PATCH', path('ALTERED'), { destinations: ['https://a.example'] })
          : send('POST', `${path('ALTERED')}/copies`, copying());
      for (const altered of [
        '{https://a.example,https://evil.example}',
        '{https://b.example,https://a.example}',
      ]) {
        // prettier-ignore
        await alter(altered);
        const { status, problem } = await use();
        expect([status, problem.type]).toEqual([500, '/problems/secret-unreadable']);
        expect((await eventsOf('ALTERED')).at(-1)).toBe('unreadable');
      }
      await alter('{https://a.example,https://b.example}');
      expect((await use()).status).toBeLessThan(300);
    });

    test.runIf(capabilities.create)(
      'takes copies, but only of what may be sent there',
      async () => {
        const { json } = await send('GET', '/providers');
        const { origin } = json.items[0];
        const from = { from: 'env', to: name };
        if (origin !== null) {
          const refused = await send('POST', '/secrets/ELSEWHERE/copies', from);
          expect([refused.status, refused.problem.type]).toEqual([409, '/problems/destination-not-bound']); // prettier-ignore
          await operator.secrets.bind(
            systemCaller('terminal', 'test'),
            BindSecretSchema.parse({ name: 'ELSEWHERE', provider: 'env', destinations: [origin] }),
          );
        }
        const copied = await send('POST', '/secrets/ELSEWHERE/copies', from);
        expect(copied.status).toBe(201);
        expect(copied.json).toMatchObject({ provider: name, isUsed: true, alsoIn: ['env'] });
        expect((await eventsOf('ELSEWHERE')).at(-1)).toMatch(/^copied value/);
        expect((await send('POST', '/secrets/ELSEWHERE/copies', from)).status).toBe(409);
      },
    );

    test('shows what vanishes and comes back there, with what was said of it', async ({ skip }) => {
      if (place.seed === undefined || place.remove === undefined) return skip();
      await place.seed('VANISHING', newCanary());
      await until('it is listed', async () => (await listed()).includes('VANISHING'));
      await bind('VANISHING', ['https://a.example']);
      await place.remove('VANISHING');
      expect((await send('POST', `${path('VANISHING')}/copies`, copying())).status).toBe(404);
      await until('it is listed no more', async () => !(await listed()).includes('VANISHING'));
      expect((await send('GET', path('VANISHING'))).status).toBe(404);
      const value = newCanary();
      await place.seed('VANISHING', value);
      await until('it is listed again', async () => (await listed()).includes('VANISHING'));
      const { json } = await send('GET', path('VANISHING'));
      expect(json).toMatchObject({ description: 'of the operator', destinations: ['https://a.example'] }); // prettier-ignore
      expect(await valueOf('VANISHING')).toBe(value);
    });

    test.each(failures)(
      'when it is down (%s) it says so within its time, and holds up nobody else',
      async (reason) => {
        const before = await listed();
        await place.break?.(reason);
        try {
          const began = performance.now();
          const used = await send('POST', `${path('PLAIN')}/copies`, copying());
          expect([used.status, used.problem.type]).toEqual([503, '/problems/provider-unavailable']);
          expect(performance.now() - began).toBeLessThan(limitMs);
          for (const method of ['PATCH', 'DELETE'] as const) {
            const can = method === 'PATCH' ? capabilities.update : capabilities.delete;
            const body = method === 'PATCH' ? { value: newCanary() } : undefined;
            expect((await send(method, path('PLAIN'), body)).status).toBe(can ? 503 : 405);
          }
          const { json } = await send('GET', '/providers');
          expect(json.items[0].health).toMatchObject({ status: 'down', reason });
          expect(json.items[1].health).toMatchObject({ status: 'up', reason: null });
          expect(await listed()).toEqual(before);
          expect((await send('GET', path('PLAIN'))).json).toMatchObject({ name: 'PLAIN', provider: name }); // prettier-ignore
          const other = { name: `BESIDE_${reason}`, value: newCanary(), provider: 'database' }; // prettier-ignore
          expect((await send('POST', '/secrets', other)).status).toBe(201);
          expect(node.lines.join('')).toContain('"event":"provider.failed"');
        } finally {
          await place.mend?.();
        }
        await until('it is used again', async () => {
          const { status } = await send('POST', `${path('PLAIN')}/copies`, copying());
          return status === 201;
        });
        await send('DELETE', `${path('PLAIN')}?provider=database`);
        expect(await valueOf('PLAIN')).toBe(initial.get('PLAIN'));
        expect(await listed()).toEqual(before);
      },
    );
  });
}

/** The text, made as long as a value may be. */
const largest = (text: string) => text + 'x'.repeat(64 * 1024 - Buffer.byteLength(text));
