/** @file A mail server that takes one user, and records what it was told: before TLS and after it. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { SelfSigned } from './certificate.ts';

/** A server. */
export interface MailServer {
  port: number;
  /** Lines, as they came. */
  plain: string[];
  secured: string[];
  connections(): number;
  stop(): Promise<void>;
}

/** How it is. */
export interface MailServerOptions {
  tls: SelfSigned;
  /** At once, by STARTTLS, or not at all. */
  security: 'implicit' | 'starttls' | 'none';
  user: string;
  password: string;
  address?: string;
  port?: number;
  /** Says nothing, or something else. */
  greeting?: string;
  /** Repeats the password in its refusal. */
  isTelltale?: boolean;
}

/** Starts one. */
export async function startMailServer(options: MailServerOptions): Promise<MailServer> {
  const { tls, security, address = '127.0.0.1', port = 0 } = options;
  const open = new Set<Socket>();
  const [plain, secured]: [string[], string[]] = [[], []];
  let connections = 0;

  function speak(socket: Socket, isSecure: boolean, greeting: string): void {
    const say = (...lines: string[]) => socket.write(lines.map((line) => `${line}\r\n`).join(''));
    socket.on('error', () => {});
    if (greeting !== '') say(greeting);
    let rest = '';
    socket.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        (isSecure ? secured : plain).push(line);
        const [verb = '', ...words] = line.split(' ');
        if (verb === 'EHLO')
          say(
            '250-mail.test',
            ...(security === 'starttls' && !isSecure ? ['250-STARTTLS'] : []),
            '250 AUTH PLAIN LOGIN',
          );
        else if (verb === 'STARTTLS' && security === 'starttls') {
          socket.removeAllListeners('data');
          socket.write('220 Go ahead\r\n', () => {
            const secureContext = createSecureContext(tls);
            speak(new TLSSocket(socket, { isServer: true, secureContext }), true, '');
          });
          return;
        } else if (verb === 'AUTH') {
          const [, user, password] = Buffer.from(words[1] ?? '', 'base64')
            .toString()
            .split('\0');
          const isRight = user === options.user && password === options.password;
          say(
            isRight
              ? '235 Welcome'
              : `535 Not you${options.isTelltale ? `: ${password ?? ''}` : ''}`,
          );
        } else if (verb === 'QUIT') socket.end('221 Bye\r\n');
        else say('502 What?');
      }
    });
  }

  const greeting = options.greeting ?? '220 mail.test ESMTP';
  const isImplicit = security === 'implicit';
  const listener = (socket: Socket) => speak(socket, isImplicit, greeting);
  const server = isImplicit ? createTlsServer(tls, listener) : createServer(listener);
  server.on('connection', (socket: Socket) => {
    connections += 1;
    open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => open.delete(socket));
  });
  await once(server.listen(port, address), 'listening');
  return {
    port: (server.address() as AddressInfo).port, // as: a TCP server
    plain,
    secured,
    connections: () => connections,
    async stop() {
      open.forEach((socket) => socket.destroy());
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
