// Here as well as in main.tsx: a bundle may run what all pages share before it.
import './zod-without-eval.ts';
import type { Operation } from '@dropsafe/contract/operations';
import {
  ProblemSchema,
  problems,
  type FieldError,
  type ProblemCode,
  type ProblemDocument,
  type Reference,
} from '@dropsafe/contract/problems';
import type { z } from 'zod';

/**
 * @file The one way to the API. A call is an operation of the contract with its input; the answer is parsed by the
 * contract's schema, and whatever goes wrong becomes one `ApiProblem`. No message here contains anything that was sent.
 */

const base = '/api/v1';

/** Longer than any answer takes: the server gives up earlier by itself. */
const timeoutMs = 60_000;

/** What a call needs, by the parts that its operation has. */
export type CallInput<O extends Operation> = (O extends { params: infer S extends z.ZodType }
  ? { params: z.input<S> }
  : { params?: never }) &
  (O extends { query: infer S extends z.ZodType } ? { query: z.input<S> } : { query?: never }) &
  (O extends { body: infer S extends z.ZodType } ? { body: z.input<S> } : { body?: never }) & {
    /** The version that the caller has seen; another one in the database refuses the change. */
    ifMatch?: string | undefined;
    signal?: AbortSignal | undefined;
  };

/** What a call answers with; `undefined` where there is no body. */
export type CallAnswer<O extends Operation> = O extends { answer: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;

/** A problem of the API, or of the way to it. */
export class ApiProblem extends Error {
  /** The stable name; `unreachable` and `unexpected-answer` are the web app's own. */
  readonly code: ProblemCode | 'unreachable' | 'unexpected-answer';
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly requestId: string | undefined;
  readonly fieldErrors: readonly FieldError[];
  readonly permissions: readonly string[];
  readonly groups: readonly { provider: string; group: string }[];
  /** Of `secret-in-use`: the first of the integrations that would stop working, and how many they are; null for more than 1 000. */
  readonly references: readonly Reference[];
  readonly referenceCount: number | null;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ApiProblem['code'],
    document: Omit<ProblemDocument, 'type' | 'requestId'> & { requestId?: string | undefined },
  ) {
    super(document.title);
    this.name = 'ApiProblem';
    this.code = code;
    this.status = document.status;
    this.title = document.title;
    this.detail = document.detail;
    this.requestId = document.requestId;
    this.fieldErrors = document.errors ?? [];
    this.permissions = document.permissions ?? [];
    this.groups = document.groups ?? [];
    this.references = document.references ?? [];
    this.referenceCount = document.referenceCount ?? null;
    this.retryAfterSeconds = document.retryAfterSeconds;
  }
}

/** Asks the API. The session cookie goes along by itself. Throws `ApiProblem`, or `AbortError` when `signal` says so. */
export async function call<const O extends Operation>(
  operation: O,
  input: CallInput<O>,
): Promise<{ data: CallAnswer<O>; etag: string | undefined }> {
  const response = await send(operation, input);
  if (response.status !== operation.status) throw await readProblem(response);
  const etag = response.headers.get('ETag') ?? undefined;
  // as: an operation without an answer has `undefined` as its CallAnswer, which the compiler does not work out here.
  if (operation.answer === undefined) return { data: undefined as CallAnswer<O>, etag };
  const answer = operation.answer.safeParse(await response.json().catch(() => undefined));
  if (!answer.success) throw unexpectedAnswer(response);
  // as: parsed by this operation's own schema; the type parameter is not narrowed by a value.
  return { data: answer.data as CallAnswer<O>, etag };
}

async function send(operation: Operation, input: CallInput<Operation>): Promise<Response> {
  const headers = new Headers({ Accept: 'application/json', 'X-Requested-With': 'dropsafe' });
  if (input.ifMatch !== undefined) headers.set('If-Match', input.ifMatch);
  // Without an end a form would wait for ever on a connection that is half dead, and could not even be closed.
  const timeout = AbortSignal.timeout(timeoutMs);
  const init: RequestInit = {
    method: operation.method,
    headers,
    credentials: 'same-origin',
    signal: input.signal === undefined ? timeout : AbortSignal.any([input.signal, timeout]),
  };
  if (operation.body !== undefined) {
    headers.set('Content-Type', 'application/json');
    init.body = JSON.stringify(input.body);
  }
  try {
    return await fetch(
      addressOf(operation, { params: input.params ?? {}, query: input.query ?? {} }),
      init,
    );
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable();
  }
}

/** Parameters and query strings are text and numbers only. */
type Flat = Record<string, string | number | undefined>;

/** Where a call goes. For a link, which the browser follows itself. */
export function addressOf(
  operation: Operation,
  { params = {}, query: asked = {} }: { params?: Flat; query?: Flat },
): string {
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  return `${base}${path}${query.size === 0 ? '' : `?${query}`}`;
}

async function readProblem(response: Response): Promise<ApiProblem> {
  const document = ProblemSchema.safeParse(await response.json().catch(() => undefined));
  const code = document.success ? document.data.type.replace('/problems/', '') : '';
  return document.success && isProblemCode(code)
    ? new ApiProblem(code, document.data)
    : unexpectedAnswer(response);
}

function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problems, code);
}

const unreachable = () =>
  new ApiProblem('unreachable', {
    status: 0,
    title: 'Dropsafe cannot be reached',
    detail: 'It is not known whether the request arrived. Check the connection and try again.',
  });

/** Something between here and Dropsafe answered, or a Dropsafe of another version. */
const unexpectedAnswer = (response: Response) =>
  new ApiProblem('unexpected-answer', {
    status: response.status,
    title: 'Dropsafe did not answer as expected',
    detail: `The answer (status ${response.status}) could not be read. Reload the page and try again.`,
    requestId: response.headers.get('X-Request-Id') ?? undefined,
  });

/** True when the session has ended: sign in and ask again. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiProblem && error.code === 'unauthenticated';
}
