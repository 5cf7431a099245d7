/** @file The ways in which the vault of the tests fails, and the proxies before it. */
import type { ServerResponse } from 'node:http';

/** How it fails. */
export type Fault =
  | 'sealed'
  | 'denied'
  | 'no such mount'
  | 'rate limited'
  | 'error 500'
  | 'HTML with 502'
  | 'HTML with 200'
  | 'unavailable'
  | 'no headers'
  | 'slow body'
  | 'connection reset'
  | 'huge answer'
  | 'cut answer'
  | 'another shape'
  | 'repeats what was sent'
  | 'redirect';

const json = (res: ServerResponse, status: number, body: unknown, headers = {}) => {
  res.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  res.end(JSON.stringify(body));
};
const html = (res: ServerResponse, status: number) => {
  res.writeHead(status, { 'Content-Type': 'text/html' });
  res.end('<html><body><h1>A proxy that nobody expected</h1></body></html>');
};

/** Each way to fail, as an answer. `elsewhere` is where a redirect leads to. */
export const faults: Record<Fault, (res: ServerResponse, elsewhere: string) => void> = {
  sealed: (res) => json(res, 503, { errors: ['Vault is sealed'] }),
  denied: (res) => json(res, 403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] }),
  'no such mount': (res) =>
    json(res, 404, { errors: ['no handler for route "secret/x". route entry not found.'] }),
  'rate limited': (res) =>
    json(
      res,
      429,
      { errors: ['request path "secret/x": rate limit quota exceeded'] },
      { 'Retry-After': '7' },
    ),
  'error 500': (res) => json(res, 500, { errors: ['1 error occurred:\n\t* internal error\n\n'] }),
  'HTML with 502': (res) => html(res, 502),
  'HTML with 200': (res) => html(res, 200),
  unavailable: (res) => html(res, 503),
  'no headers': () => {},
  'slow body': (res) => {
    res.writeHead(200, { 'Content-Type': 'application/json' });
    res.write('{"data":');
    // Never idle for long: only a limit on the whole request ends it.
    const timer = setInterval(() => res.write(' '), 20);
    res.once('close', () => clearInterval(timer));
  },
  'connection reset': (res) => void res.socket?.resetAndDestroy(),
  'huge answer': (res) => {
    res.writeHead(200, { 'Content-Type': 'application/json' });
    const part = Buffer.alloc(256 * 1024, ' ');
    const more = (): void => {
      while (!res.destroyed && res.write(part));
      if (!res.destroyed) res.once('drain', more);
    };
    more();
  },
  'cut answer': (res) => {
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' });
    res.write('{"data":{"data":');
    setImmediate(() => res.socket?.destroy());
  },
  'another shape': (res) => json(res, 200, { data: { keys: 7, data: [], versions: null } }),
  'repeats what was sent': (res) =>
    json(res, 500, { errors: [JSON.stringify(res.req.headers), res.req.url] }),
  redirect: (res, elsewhere) => {
    res.writeHead(307, { Location: `${elsewhere}/v1/secret/x` });
    res.end();
  },
};
