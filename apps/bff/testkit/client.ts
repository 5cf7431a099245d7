/** @file HTTP clients: one as a browser behaves (it keeps the cookie and comes from the page's own origin), and a program's. */
import type { ProblemDocument } from '@dropsafe/contract/problems';

/** An answer, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON. Not checked: tests say what they expect of it. */
  // oxlint-disable-next-line typescript/no-explicit-any
  json: any;
  problem: ProblemDocument;
}

/** Somebody at a browser, or a program. */
export interface Client {
  /** The node that it talks to. */
  url: string;
  send(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  signIn(username: string, password: string): Promise<Answer>;
  /** The session cookie, for use on another node. */
  cookie: string | undefined;
}

/** Sees every answer; for the leak sweep. */
export type OnAnswer = (request: string, answer: Answer) => void;

/** A client of the node at `url`; paths are below `/api/v1`. */
export function createClient(url: string, cookie?: string, onAnswer?: OnAnswer): Client {
  return createSender(url, cookie, { Origin: url, 'X-Requested-With': 'dropsafe' }, onAnswer);
}

/** A program with an API key: it has no cookie, and none of a browser's headers. */
export function createProgram(url: string, token: string, onAnswer?: OnAnswer): Client {
  return createSender(url, undefined, { Authorization: `Bearer ${token}` }, onAnswer);
}

function createSender(
  url: string,
  cookie: string | undefined,
  usual: Record<string, string>,
  onAnswer: OnAnswer | undefined,
): Client {
  const client: Client = {
    url,
    cookie,
    async send(method, path, body, headers = {}) {
      // oxlint-disable-next-line no-restricted-globals -- a test is a caller, not the product
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        redirect: 'manual',
        headers: {
          ...usual,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...(client.cookie !== undefined && { Cookie: client.cookie }),
          ...headers,
        },
        ...(body !== undefined && {
          body:
            typeof body === 'string' || body instanceof Uint8Array
              ? Buffer.from(body)
              : JSON.stringify(body),
        }),
      });
      const text = await response.text();
      const set = response.headers.getSetCookie().find((line) => /^(__Host-)?dropsafe=/.test(line));
      if (set !== undefined)
        client.cookie =
          /^[^=]+=;/.test(set) || /Max-Age=0/.test(set) ? undefined : set.split(';')[0];
      const json: unknown = /[/+]json/.test(response.headers.get('Content-Type') ?? '')
        ? JSON.parse(text)
        : undefined;
      const answer: Answer = {
        status: response.status,
        headers: response.headers,
        text,
        json,
        problem: json as ProblemDocument,
      }; // as: see `json`
      onAnswer?.(`${method} ${path}`, answer);
      return answer;
    },
    signIn: (username, password) => client.send('POST', '/session', { username, password }),
  };
  return client;
}
