/**
 * @file A server that stands for somebody else's: it records what arrives, and fails in the ways in which servers fail. And
 * a stand-in for the name service, which may give another answer at the second question.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { SelfSigned } from './certificate.ts';
import { faults, type Fault } from './vault-faults.ts';

/** One request, as it arrived. */
export interface Arrived {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  rawHeaders: string[];
  body: string;
  /** The name of TLS that it asked for; false: none. */
  serverName: string | false | null;
  /** Which connection it came over, counted from 1. */
  connection: number;
}

/** A way to fail of its own, or an answer. */
export type UpstreamFault =
  | Extract<
      Fault,
      | 'no headers'
      | 'slow body'
      | 'connection reset'
      | 'huge answer'
      | 'cut answer'
      | 'repeats what was sent'
      | 'redirect'
    >
  | 'huge headers'
  | 'no HTTP'
  | 'no status'
  | 'another protocol';

/** A server. */
export interface Upstream {
  port: number;
  arrived: Arrived[];
  /** How many connections were opened, whatever came over them. */
  connections(): number;
  /** From now on it answers so: a fault, or a status. */
  answerWith(answer: UpstreamFault | number): void;
  /** Ends the connections that are open. */
  hangUp(): void;
  stop(): Promise<void>;
}

/** How it listens. */
export interface UpstreamOptions {
  tls?: SelfSigned;
  /** PEM: whose clients it takes; others it turns away. */
  clientAuthority?: string;
  /** Default 127.0.0.1. */
  address?: string;
  port?: number;
  /** Where its redirects lead to. */
  elsewhere?: string;
}

/** Starts one. */
export async function startUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const { tls, clientAuthority, address = '127.0.0.1', port = 0, elsewhere = '' } = options;
  const arrived: Arrived[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  const numbers = new WeakMap<Socket, number>();
  let answer: UpstreamFault | number = 200;

  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    const chunks: Buffer[] = [];
    // as: no encoding was set
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
    const { servername = null } = req.socket as { servername?: string | false }; // as: of a TLSSocket, not in the types
    arrived.push({
      method: req.method ?? '',
      url: req.url ?? '',
      headers: req.headers,
      rawHeaders: req.rawHeaders,
      body: Buffer.concat(chunks).toString('utf8'),
      serverName: servername,
      connection: numbers.get(req.socket) ?? 0,
    });
    respond(res, answer, elsewhere);
  };
  const listener = (req: IncomingMessage, res: ServerResponse) => {
    // A client that goes away while it sends.
    handle(req, res).catch(() => res.destroy());
  };
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer(
          {
            ...tls,
            ...(clientAuthority !== undefined && { ca: clientAuthority, requestCert: true }),
          },
          listener,
        );
  server.on('connection', (socket: Socket) => {
    connections += 1;
    open.add(socket);
    socket.on('error', () => {});
    if (tls === undefined) numbers.set(socket, connections);
    socket.once('close', () => open.delete(socket));
  });
  server.on('secureConnection', (socket: Socket) => numbers.set(socket, connections));
  await once(server.listen(port, address), 'listening');
  return {
    port: (server.address() as AddressInfo).port, // as: a TCP server
    arrived,
    connections: () => connections,
    answerWith: (next) => void (answer = next),
    hangUp: () => open.forEach((socket) => socket.destroy()),
    async stop() {
      open.forEach((socket) => socket.destroy());
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function respond(res: ServerResponse, answer: UpstreamFault | number, elsewhere: string): void {
  if (typeof answer === 'number') {
    res.writeHead(answer, { 'Content-Type': 'application/json' });
    res.end('{"ok":true}');
    return;
  }
  if (answer === 'huge headers') {
    res.writeHead(200, { 'X-Long': 'x'.repeat(64 * 1024) });
    res.end();
  } else if (answer === 'no HTTP') {
    res.socket?.end('220 mail.example.com ESMTP\r\n');
  } else if (answer === 'no status') {
    res.socket?.end('HTTP/1.1 000 Fine\r\nContent-Length: 0\r\n\r\n');
  } else if (answer === 'another protocol') {
    res.socket?.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    );
  } else {
    faults[answer](res, elsewhere);
  }
}

/** A name service in memory, as the guard of the product takes one. */
export interface Names {
  lookUp: (name: string) => Promise<readonly string[]>;
  /** Every question, in order. */
  asked: string[];
}

/** To the first question for a name comes its first answer, to the second the second one, and the last one to all others. */
export function createNames(answers: Record<string, readonly (readonly string[])[]>): Names {
  const asked: string[] = [];
  return {
    asked,
    async lookUp(name) {
      const before = asked.filter((one) => one === name).length;
      asked.push(name);
      const found = answers[name]?.[before] ?? answers[name]?.at(-1);
      if (found === undefined) throw new Error(`ENOTFOUND ${name}`);
      return found;
    },
  };
}
