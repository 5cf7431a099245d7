import { BlockList } from 'node:net';
import { Tainted } from '@dropsafe/contract/expression-evaluation';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { selfSigned } from '../../testkit/certificate.ts';
import {
  startMailServer,
  type MailServer,
  type MailServerOptions,
} from '../../testkit/mail-server.ts';
import { createNames } from '../../testkit/upstream.ts';
import { Redacted } from '../base/redacted.ts';
import { mayReceive } from './destination.ts';
import { OutboundFailure } from './failure.ts';
import { usualLimits } from './guarded-fetch.ts';
import { createHostGuard } from './host-guard.ts';
import { createMail } from './mail.ts';

const tls = selfSigned({ names: ['mail.test'] });
const password = newCanary();
const servers: MailServer[] = [];
const told: string[] = [];

afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  servers.length = 0;
});
afterAll(() => {
  expect(sweep('errors', told.join('\n'))).toEqual([]);
});

async function start(options: Partial<MailServerOptions> = {}): Promise<MailServer> {
  const server = await startMailServer({
    tls,
    security: 'implicit',
    user: 'dropsafe',
    password,
    ...options,
  });
  servers.push(server);
  return server;
}

function mailWith(limits = {}) {
  const allowed = new BlockList();
  allowed.addAddress('127.0.0.1');
  const names = createNames({
    'mail.test': [['127.0.0.1'], ['127.0.0.2']],
    'other.test': [['127.0.0.1']],
    'inside.test': [['10.0.0.1']],
  });
  const guard = createHostGuard({ allowed, lookUp: names.lookUp });
  return { mail: createMail(guard, { ...usualLimits, totalMs: 3_000, ...limits }), names };
}

/** What signing in comes to: `ok`, or the reason. */
async function verify(
  href: string,
  { user = 'dropsafe', secret = password, authorities = tls.cert, limits = {} } = {},
): Promise<string> {
  const verdict = mayReceive(href, []);
  if (verdict.kind !== 'allowed') throw new Error('The target of a test is not allowed.');
  const login = { userName: user, password: new Tainted(new Redacted(secret)) };
  try {
    await mailWith(limits).mail.verify({ target: verdict.target, login, authorities });
    return 'ok';
  } catch (error) {
    if (!(error instanceof OutboundFailure)) throw error;
    told.push(`${error.message}${error.stack ?? ''}${JSON.stringify(error)}`);
    return error.reason;
  }
}

describe('signing in', () => {
  test('over TLS at once', async () => {
    const server = await start();
    expect(await verify(`smtps://mail.test:${server.port}`)).toBe('ok');
    expect(server.secured[0]).toBe('EHLO [127.0.0.1]');
    expect(server.secured[1]).toMatch(/^AUTH PLAIN /);
  });

  test('by STARTTLS, and nothing of it before', async () => {
    const server = await start({ security: 'starttls' });
    expect(await verify(`smtp://mail.test:${server.port}`)).toBe('ok');
    expect(server.plain).toEqual(['EHLO [127.0.0.1]', 'STARTTLS']);
    expect(server.secured).toContainEqual(expect.stringMatching(/^AUTH PLAIN /));
  });

  test('with a wrong password is told, and nothing of what the server says', async () => {
    const server = await start({ isTelltale: true });
    const secret = newCanary();
    expect(await verify(`smtps://mail.test:${server.port}`, { secret })).toBe('login-refused');
  });

  test('never without TLS', async () => {
    const server = await start({ security: 'none' });
    expect(await verify(`smtp://mail.test:${server.port}`)).toBe('starttls-missing');
    expect(server.plain.join('\n')).not.toMatch(/AUTH/);
  });
});

describe('the guard stands before mail, too', () => {
  test('the name is resolved once, and its second answer gets nothing', async () => {
    const server = await start();
    const trap = await start({ address: '127.0.0.2', port: server.port });
    const { mail, names } = mailWith();
    const verdict = mayReceive(`smtps://mail.test:${server.port}`, []);
    if (verdict.kind !== 'allowed') throw new Error('The target of a test is not allowed.');
    const login = { userName: 'dropsafe', password: new Tainted(new Redacted(password)) };
    const request = { target: verdict.target, login, authorities: tls.cert };
    await mail.verify(request);
    expect(names.asked).toEqual(['mail.test']);
    await expect(mail.verify(request)).rejects.toMatchObject({ reason: 'address-refused' });
    expect(trap.connections()).toBe(0);
  });

  test.each(['smtps://inside.test', 'smtps://127.0.0.2', 'smtps://[::ffff:7f00:2]', 'smtp://0'])(
    '%s',
    async (href) => {
      expect(await verify(href)).toBe('address-refused');
    },
  );

  test.each(['implicit', 'starttls'] as const)('TLS is verified: %s', async (security) => {
    const { port } = await start({ security });
    const scheme = security === 'implicit' ? 'smtps' : 'smtp';
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await verify(`${scheme}://other.test:${port}`)).toBe('tls-name');
      expect(await verify(`${scheme}://127.0.0.1:${port}`)).toBe('tls-name');
      expect(
        await verify(`${scheme}://mail.test:${port}`, { authorities: selfSigned().cert }),
      ).toBe('tls-untrusted');
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
    for (const server of servers) expect(server.secured).toEqual([]);
  });

  test('a server that says nothing is not waited for', async () => {
    const { port } = await start({ greeting: '' });
    expect(await verify(`smtps://mail.test:${port}`, { limits: { totalMs: 1_500 } })).toBe(
      'timeout',
    );
  });

  test('another protocol is told', async () => {
    const { port } = await start({ greeting: `HTTP/1.1 400 Bad Request ${password}` });
    expect(await verify(`smtps://mail.test:${port}`)).toBe('not-smtp');
  });

  test('a login cannot smuggle commands', async () => {
    const server = await start();
    const secret = 'x\r\nRCPT TO:<a@attacker.test>';
    await verify(`smtps://mail.test:${server.port}`, { secret, user: 'u\r\nVRFY x' });
    expect(server.secured.map((line) => line.split(' ')[0])).toEqual(['EHLO', 'AUTH']);
  });
});
