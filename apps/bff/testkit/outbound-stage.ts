/**
 * @file What tests of connections are played on: a whole node that knows the names `*.test` and may reach two addresses of this machine, a
 * server that stands for somebody else's, and clients whose every answer is swept for values.
 */
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { Check } from '@dropsafe/contract/outbound';
import { permissionNames, type Permission } from '@dropsafe/contract/permissions';
import postgres from 'postgres';
import { newCanary, sweep, type Leak } from './canary.ts';
import { selfSigned, type SelfSigned } from './certificate.ts';
import { createProgram, type Answer, type Client } from './client.ts';
import { dumpTables } from './dump.ts';
import { startTestNode, type TestNode } from './node.ts';
import { createNames, startUpstream, type Names, type Upstream } from './upstream.ts';

/** The stage. */
export interface OutboundStage {
  node: TestNode;
  sql: postgres.Sql;
  names: Names;
  /** `https://upstream.test:port`, at 127.0.0.1. Its certificate is good for every name here. */
  upstream: Upstream;
  origin: string;
  certificate: SelfSigned;
  /** Everything that was found where no value may be. */
  leaks: Leak[];
  /** Somebody who may do everything with integrations and secrets. Tests are limited: whoever makes many takes another `tester`. */
  manager: Client;
  /** A program with these permissions. Each has a limit of its own. */
  newProgram(permissions: readonly Permission[]): Promise<Client>;
  /** Creates a secret; answers its name. */
  newSecret(secret?: { value?: string; destinations?: string[] }): Promise<string>;
  newIntegration(type: string, fields: object): Promise<string>;
  /** Tests a configuration that is not saved, as somebody new when the one before has made many. */
  testDraft(type: string, fields: object): Promise<Answer>;
  /** The same for one that is saved. */
  test(id: string): Promise<Answer>;
  /** What the trail tells after `id`, without what is told of making it all ready. */
  trailSince(id: number): Promise<string[]>;
  lastEvent(): Promise<number>;
  /** Sweeps log and database, and ends everything; answers all leaks. */
  stop(): Promise<Leak[]>;
}

/** An expression that names a secret. */
export const mention = (secret: string, filter = '') => `{{ secret('${secret}')${filter} }}`;

/** The checks as letters, and what the first that failed says, or the last. Throws for an answer that has none. */
export function shownOf(answer: Answer): [letters: string, explanation: string] {
  if (answer.status !== 200) throw new Error(`No checks: ${answer.status} ${answer.text}`);
  const checks = answer.json.checks as Check[]; // as: the contract's schema made them
  const told = checks.find(({ status }) => status === 'FAILED') ?? checks.at(-1);
  return [checks.map(({ status }) => status[0]).join(''), told?.explanation ?? ''];
}

/** Below the limit of the product, so that a tester is never the one who meets it. */
const testsOfOne = 18;

/** Sets the stage. `answers` are further names, as `createNames` takes them. */
export async function setOutboundStage(
  answers: Parameters<typeof createNames>[0] = {},
): Promise<OutboundStage> {
  const certificate = selfSigned({
    names: ['upstream.test', 'mail.test', 'attacker.test', 'rebound.test'],
  });
  // Mail and webhooks have no field for an authority of one's own.
  setDefaultCACertificates([...getCACertificates('default'), certificate.cert]);
  const names = createNames({
    'upstream.test': [['127.0.0.1']],
    'mail.test': [['127.0.0.1']],
    'attacker.test': [['127.0.0.2']],
    ...answers,
  });
  const leaks: Leak[] = [];
  const upstream = await startUpstream({ tls: certificate });
  const node = await startTestNode(
    { DROPSAFE_OUTBOUND_ALLOW: '127.0.0.1,127.0.0.2' },
    names.lookUp,
  );
  const sql = postgres(node.databaseUrl, { max: 2 });
  const onAnswer = (request: string, { text, headers }: Answer) => {
    leaks.push(...sweep(request, text), ...sweep(request, JSON.stringify([...headers])));
  };
  const manager = await node.as('stage-manager', permissionNames, onAnswer);
  const origin = `https://upstream.test:${upstream.port}`;
  let count = 0;

  const stage: OutboundStage = {
    node,
    sql,
    names,
    upstream,
    origin,
    certificate,
    leaks,
    manager,
    async newProgram(permissions) {
      const body = { name: `program ${(count += 1)}`, permissions };
      const made = await manager.send('POST', '/api-keys', body);
      return createProgram(node.url, made.json.token, onAnswer);
    },
    async newSecret({ value = newCanary(), destinations = [origin] } = {}) {
      const name = `S_${(count += 1)}`;
      const made = await manager.send('POST', '/secrets', { name, value, destinations });
      if (made.status !== 201) throw new Error(made.text);
      return name;
    },
    async newIntegration(type, fields) {
      const body = { name: `integration ${(count += 1)}`, type, fields };
      const made = await manager.send('POST', '/integrations', body);
      if (made.status !== 201) throw new Error(made.text);
      return made.json.id;
    },
    testDraft: async (type, fields) =>
      (await tester()).send('POST', '/integrations/tests', { type, fields }),
    test: async (id) => (await tester()).send('POST', `/integrations/${id}/tests`),
    async lastEvent() {
      const [row] = await sql<{ id: string }[]>`select max(id) as id from audit_events`;
      return Number(row?.id);
    },
    async trailSince(id) {
      const rows = await sql<{ action: string; subject: string }[]>`
        select action, subject from audit_events where id > ${id} and action not like 'api-key.%' order by id`;
      return rows.map(({ action, subject }) => `${action} ${subject}`);
    },
    async stop() {
      leaks.push(...sweep('database', await dumpTables(sql)));
      await sql.end();
      await node.stop();
      await upstream.stop();
      leaks.push(...sweep('log', node.lines.join('')));
      return leaks;
    },
  };

  let current: Client | undefined;
  let tests = 0;
  async function tester(): Promise<Client> {
    if (current === undefined || tests >= testsOfOne) {
      current = await stage.newProgram(['INTEGRATION_MANAGEMENT', 'SECRET_MANAGEMENT']);
      tests = 0;
    }
    tests += 1;
    return current;
  }
  return stage;
}
