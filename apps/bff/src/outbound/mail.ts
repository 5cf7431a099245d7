/**
 * @file Speaks to a mail server, over nodemailer. Promises: the name is resolved once, its addresses are judged, and nodemailer is
 * given a connection to one of them, so that it resolves and opens nothing itself; nothing is sent before TLS: at once
 * (`smtps://`), or by STARTTLS, which is demanded (`smtp://`); TLS is verified; everything has an end in time. An error is an
 * `OutboundFailure`: nothing of what the server said is in it.
 */
import type { Socket } from 'node:net';
import type { SMTPTransportOptions } from 'nodemailer';
import { openSocket, tlsOptions, WayFailure } from '../base/way-out.ts';
import type { AllowedTarget } from './destination.ts';
import { OutboundFailure, type OutboundReason } from './failure.ts';
import { usualLimits, type OutboundLimits } from './guarded-fetch.ts';
import { literalOf, type HostGuard } from './host-guard.ts';
import { loginOf, type Login } from './inject.ts';
import { createTurns } from './turns.ts';
import { reasonOf, reasonOfCode } from './way-reason.ts';

/** A mail server, and who we are to it. */
export interface MailServer {
  /** `smtps://host:port` or `smtp://host:port`. */
  target: AllowedTarget;
  /** Undefined for a server that wants none: then nothing is said but a greeting. */
  login?: Login | undefined;
  /** PEM: trusted in place of the usual authorities. */
  authorities?: string | undefined;
}

/** Speaks to mail servers. */
export interface Mail {
  /** Signs in, or greets, and goes. Throws an `OutboundFailure`. */
  verify(server: MailServer, signal?: AbortSignal): Promise<void>;
}

/** Speaks to whatever mail server the guard lets pass. */
export function createMail(guard: HostGuard, limits: OutboundLimits = usualLimits): Mail {
  const turns = createTurns(limits);

  return {
    async verify({ target, login, authorities }, signal) {
      const { host, port, isImplicit } = readTarget(target);
      const auth = login && loginOf(target, login);
      const total = AbortSignal.timeout(limits.totalMs);
      const end = signal === undefined ? total : AbortSignal.any([signal, total]);
      const giveBack = await turns.take(`${host}:${port}`, end);
      let socket: Socket | undefined;
      try {
        const [address = ''] = await guard.addressesOf(host, end);
        socket = await openSocket({
          address,
          port,
          tls: isImplicit ? { host, authorities } : undefined,
          connectMs: limits.connectMs,
          signal: end,
        });
        await greet(socket, { host, isImplicit, authorities, auth, ms: limits.totalMs });
      } catch (error) {
        throw failureOf(error, end);
      } finally {
        socket?.destroy();
        giveBack();
      }
    },
  };
}

/** As `mayReceive` has read it. */
function readTarget({ href }: AllowedTarget): { host: string; port: number; isImplicit: boolean } {
  const { protocol, hostname, port } = new URL(href);
  const isImplicit = protocol === 'smtps:';
  if (!isImplicit && protocol !== 'smtp:') throw new OutboundFailure('target-unusable');
  return { host: hostname, port: port === '' ? (isImplicit ? 465 : 25) : Number(port), isImplicit };
}

async function greet(
  connection: Socket,
  how: {
    host: string;
    isImplicit: boolean;
    authorities: string | undefined;
    auth: { user: string; pass: string } | undefined;
    ms: number;
  },
): Promise<void> {
  // At the first use: most nodes send no mail.
  const { createTransport } = await import('nodemailer');
  const options: SMTPTransportOptions = {
    getSocket: (_, give) => give(null, { connection, secured: how.isImplicit }),
    host: literalOf(how.host) ?? how.host,
    // Not the name of this machine.
    name: '[127.0.0.1]',
    secure: how.isImplicit,
    requireTLS: !how.isImplicit,
    tls: tlsOptions(how.host, how.authorities),
    // Also when the server does not say that it takes any.
    ...(how.auth !== undefined && { auth: how.auth, forceAuth: true }),
    connectionTimeout: how.ms,
    greetingTimeout: how.ms,
    socketTimeout: how.ms,
    maxResponseSize: 64 * 1024,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  };
  const transport = createTransport(options);
  try {
    await transport.verify();
  } finally {
    transport.close();
  }
}

/** Nodemailer's message, `response` and `command` repeat what the server said. */
function failureOf(error: unknown, signal: AbortSignal): OutboundFailure {
  if (error instanceof OutboundFailure) return error;
  if (error instanceof WayFailure) return new OutboundFailure(reasonOf(error));
  if (signal.aborted) return new OutboundFailure('timeout');
  const { code, originalCode, command } = textsOf(error);
  return new OutboundFailure(
    reasonOfCode(originalCode) ??
      (code === 'ETLS' && command === 'STARTTLS' ? 'starttls-missing' : undefined) ??
      reasonByCode[code] ??
      (code === '' ? 'connection-lost' : 'not-smtp'),
  );
}

const reasonByCode: Record<string, OutboundReason> = {
  EAUTH: 'login-refused',
  ENOAUTH: 'login-refused',
  ETLS: 'tls-failed',
  ETIMEDOUT: 'timeout',
  ESOCKET: 'connection-lost',
};

function textsOf(error: unknown): Record<'code' | 'originalCode' | 'command', string> {
  const read = (name: string) =>
    error instanceof Error && name in error ? String(Reflect.get(error, name)) : '';
  return { code: read('code'), originalCode: read('originalCode'), command: read('command') };
}
