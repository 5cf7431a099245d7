import { BlockList } from 'node:net';
import type { Integration } from '@dropsafe/contract/integrations';
import { SecretNameSchema } from '@dropsafe/contract/secrets';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/event.ts';
import { newCanary } from '../../testkit/canary.ts';
import { selfSigned } from '../../testkit/certificate.ts';
import { createNames, startUpstream, type Upstream } from '../../testkit/upstream.ts';
import { systemCaller } from '../base/caller.ts';
import { Redacted } from '../base/redacted.ts';
import { createPermissions } from '../permissions/permissions.ts';
import type { UsableSecret } from '../secrets/secrets.ts';
import { createOutbound } from './outbound.ts';

const certificate = selfSigned({ names: ['upstream.test'] });
const id = '0a1b2c3d-0000-4000-8000-000000000000';
let upstream: Upstream;
let origin: string;
beforeAll(async () => {
  upstream = await startUpstream({ tls: certificate });
  origin = `https://upstream.test:${upstream.port}`;
});
afterAll(() => upstream.stop());

/**
 * A test of an integration whose one secret is, each time that it is found, the next of these: bound to `destinations`, and with a value
 * or, without one, replaced by the time it is opened.
 */
async function testWith(
  seen: readonly { destinations: string[]; value?: string }[],
  longestTestMs = 12_000,
) {
  const told: AuditEvent[] = [];
  const counted: unknown[] = [];
  let found = 0;
  const unused = () => Promise.reject(new Error('It is not asked for here.'));
  const audit: Audit = {
    change: unused,
    groupedChange: () => unused,
    recordAlone: async (_, event) => void told.push(event),
    recordSeldom: unused,
  };
  const integration: Integration = {
    id,
    name: 'GitHub',
    type: 'http',
    description: null,
    isDisabled: true,
    version: 1,
    createdAt: '',
    createdBy: '',
    updatedAt: null,
    updatedBy: null,
    fields: {
      baseUrl: origin,
      auth: 'bearer',
      token: "{{ secret('KEY') }}",
      caCertificate: certificate.cert,
    },
  };
  const secretOf = ({ destinations, value }: (typeof seen)[0]): UsableSecret => ({
    id,
    name: SecretNameSchema.parse('KEY'),
    state: 'ready',
    destinations,
    open: async () =>
      value === undefined ? undefined : new Redacted<Uint8Array>(Buffer.from(value)),
  });
  const allowed = new BlockList();
  allowed.addAddress('127.0.0.1');
  const outbound = createOutbound(
    audit,
    createPermissions(audit),
    { find: async () => integration, check: unused, checkDraft: unused },
    {
      find: async () => seen.slice(found, (found += 1)).map(secretOf),
      count: (secrets, integrationId, hasSucceeded) =>
        counted.push([secrets.length, integrationId, hasSucceeded]),
    },
    { allowed, lookUp: createNames({ 'upstream.test': [['127.0.0.1']] }).lookUp, longestTestMs },
  );
  const checks = await outbound.test(systemCaller('start', 'test'), id);
  outbound.close();
  return {
    letters: checks.map(({ status }) => status[0]).join(''),
    sentence: checks.find(({ status }) => status === 'FAILED')?.explanation,
    found,
    counted,
    told: told.map(({ action, subject }) => `${action} ${subject}`),
  };
}

test('a secret that is replaced between the verdict and its opening is found and judged anew', async () => {
  const value = newCanary();
  expect(
    await testWith([{ destinations: [origin] }, { destinations: [origin], value }]),
  ).toMatchObject({
    letters: 'PPPPPPPPP',
    found: 2,
    counted: [[1, id, true]],
    told: ['integration.tested GitHub'],
  });
  expect(upstream.arrived.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${value}`]);
});

test('its new destinations decide then, and not those of before', async () => {
  const before = upstream.connections();
  expect(
    await testWith([
      { destinations: [origin] },
      { destinations: ['https://other.test'], value: newCanary() },
    ]),
  ).toEqual({
    letters: 'FSSSSSSSS',
    sentence: 'KEY: Its destinations do not name this host.',
    found: 2,
    counted: [[1, id, false]],
    told: ['integration.tested GitHub', `secret.use-refused KEY/${origin}`],
  });
  expect(upstream.connections()).toBe(before);
});

test('one that does not stand still ends the test with a sentence', async () => {
  const moving = { destinations: [origin] };
  expect(await testWith([moving, moving, moving])).toMatchObject({
    letters: 'PFSSSSSSS',
    sentence: expect.stringContaining('changed in this very moment'),
    found: 3,
    counted: [[1, id, false]],
  });
});

test('a host that does not answer is not waited for, with a sentence', async () => {
  upstream.answerWith('no headers');
  const begun = performance.now();
  expect(await testWith([{ destinations: [origin], value: newCanary() }], 400)).toMatchObject({
    letters: 'PPPPPPPFS',
    sentence: expect.stringContaining('within the time'),
    counted: [[1, id, false]],
  });
  expect(performance.now() - begun).toBeLessThan(2_000);
  upstream.answerWith(200);
});
