/**
 * @file The load, in a process of its own: keep-alive connections that each send the next request when the last one was
 * answered. Raw sockets and ready-made bytes, because on two cores whatever the generator needs is taken from the
 * server. Talks to its parent by messages.
 */
import { connect } from 'node:net';

/** What to send, again and again. */
export interface Load {
  port: number;
  connections: number;
  durationMs: number;
  method: string;
  /** `{name}` stands for one of `names`, or for a fresh name when there are none; in the body, too. */
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  names: string[];
  /** What every answer must have. */
  status: number;
}

/** What came of it. */
export interface LoadResult {
  requestsPerSecond: number;
  latenciesMs: number[];
  bytesPerAnswer: number;
}

let freshNames = 0;

/** A fresh name never comes twice, in whichever process: the start time is in it. */
const freshPrefix = `fresh_${Date.now().toString(36)}_${process.pid}`;

async function run(load: Load): Promise<LoadResult> {
  const began = performance.now();
  const until = began + load.durationMs;
  const latenciesMs: number[] = [];
  const bytes = await Promise.all(
    Array.from({ length: load.connections }, () => keepAsking(load, until, latenciesMs)),
  );
  const seconds = (performance.now() - began) / 1_000;
  return {
    requestsPerSecond: latenciesMs.length / seconds,
    latenciesMs,
    bytesPerAnswer: Math.round(bytes.reduce((sum, each) => sum + each, 0) / latenciesMs.length),
  };
}

/** One connection. Answers how many bytes came back. */
function keepAsking(load: Load, until: number, latenciesMs: number[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: load.port, host: '127.0.0.1', noDelay: true });
    let received = 0;
    let sentAt = 0;
    let answer: Buffer[] = [];
    let answerBytes = 0;
    let expectedBytes = 0;
    const send = () => {
      sentAt = performance.now();
      socket.write(requestOf(load));
    };
    socket.once('connect', send);
    socket.once('error', (error) =>
      reject(new Error(`${load.method} ${load.path}: ${error.message}`)),
    );
    socket.on('data', (chunk) => {
      received += chunk.length;
      answerBytes += chunk.length;
      answer.push(chunk);
      if (expectedBytes === 0) {
        const sized = sizeOf(answer.length === 1 ? chunk : Buffer.concat(answer), load.status);
        if (typeof sized === 'string') {
          socket.destroy();
          reject(new Error(`${load.method} ${load.path}: ${sized}`));
          return;
        }
        expectedBytes = sized;
      }
      if (expectedBytes === 0 || answerBytes < expectedBytes) return;
      const now = performance.now();
      latenciesMs.push(now - sentAt);
      answer = [];
      answerBytes = expectedBytes = 0;
      if (now < until) return send();
      socket.end();
      resolve(received);
    });
  });
}

/** How long the answer will be; 0 while its head is not there yet; a text when it is not the one that was expected. */
function sizeOf(answer: Buffer, status: number): number | string {
  const headEnd = answer.indexOf('\r\n\r\n');
  if (headEnd < 0) return 0;
  const head = answer.toString('latin1', 0, headEnd);
  if (!head.startsWith(`HTTP/1.1 ${status}`)) return answer.toString();
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  return length === undefined ? `no Content-Length in\n${head}` : headEnd + 4 + Number(length);
}

function requestOf({ method, path, headers, body, names, port }: Load): string {
  const name = names[Math.floor(Math.random() * names.length)] ?? `${freshPrefix}_${freshNames++}`;
  const filled = body?.replaceAll('{name}', name);
  return [
    `${method} ${path.replaceAll('{name}', name)} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    ...Object.entries(headers).map(([field, content]) => `${field}: ${content}`),
    ...(filled === undefined
      ? []
      : ['Content-Type: application/json', `Content-Length: ${filled.length}`]),
    '',
    filled ?? '',
  ].join('\r\n');
}

process.on('message', (load: Load) => {
  run(load).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
