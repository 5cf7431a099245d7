/**
 * @file The one way to mount a route: an operation of the contract and a handler. Here and nowhere else a request is
 * read (cookie or API key → caller, origin check, body, schemas) and an answer is written (strict schema: a field that the contract
 * does not name throws, so it is never sent).
 */
import type { Checked, Operation } from '@dropsafe/contract/operations';
import type { FieldError } from '@dropsafe/contract/problems';
import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import type { z } from 'zod';
import type { AnonymousCaller, KeyCaller, UserCaller } from './caller.ts';
import { inTime } from './in-time.ts';
import { Problem, fieldProblem } from './problem.ts';

/** What every request carries from the first middleware on. */
export interface RequestEnv {
  /** Node's own request and answer. */
  Bindings: HttpBindings;
  Variables: { requestId: string; address: string | null; operation: string };
}
/** The request and the answer under way. */
export type RequestContext = Context<RequestEnv>;

/** Finds out who is calling; see `identity/authenticate.http.ts`. */
export interface Authenticate {
  /** The person or the program that calls. Throws `unauthenticated`, `cross-site-request`. */
  demandCaller(c: RequestContext): Promise<UserCaller | KeyCaller>;
  /** The person who calls. Throws `unauthenticated`, `cross-site-request`, `person-required`. */
  demandPerson(c: RequestContext): Promise<UserCaller>;
  /** For signing in. Throws `cross-site-request`, but not where servers send by themselves. */
  anonymous(c: RequestContext, isSentByServer: boolean): AnonymousCaller;
}

/** A request as a handler gets it: checked by the contract. */
export interface Call<O extends Operation> {
  caller: O['access'] extends 'anybody'
    ? AnonymousCaller
    : O['access'] extends 'person'
      ? UserCaller
      : UserCaller | KeyCaller;
  params: Checked<O['params']>;
  query: Checked<O['query']>;
  body: Checked<O['body']>;
  ifMatch: string | undefined;
}

/** What a handler answers. */
export interface Reply<O extends Operation> {
  /** The body, as the contract's schema takes it; absent for 204; a `StreamedBody` where the operation `streams`. */
  body: O['answer'] extends z.ZodType
    ? z.input<O['answer']>
    : O['streams'] extends readonly (infer T extends string)[]
      ? StreamedBody<T>
      : undefined;
  etag?: string;
  location?: string;
}

/** A body that is sent bit by bit, at the pace of who reads it. What goes wrong once it has begun cuts it off. */
export interface StreamedBody<MediaType extends string = string> {
  mediaType: MediaType;
  /** What a browser saves it as. */
  fileName: string;
  chunks: AsyncIterable<string>;
}

/** A set of routes below `/api/v1`. */
export interface Routes {
  api: Hono<RequestEnv>;
  mount: <O extends Operation>(
    operation: O,
    handler: (call: Call<O>, c: RequestContext) => Promise<Reply<O>>,
  ) => void;
}

/**
 * Finding out who calls, and then the operation, are answered 503 when they take longer: a server that is frozen gives no
 * error. Longer than every wait inside (base/database.ts).
 */
const longestStepMs = 15_000;

/** An empty set of routes. `onCut` is told of what cut a streamed answer off, when there is nobody left to tell. */
export function createRoutes(
  authenticate: Authenticate,
  onCut: (error: unknown, c: RequestContext) => void,
): Routes {
  const api = new Hono<RequestEnv>();
  return {
    api,
    mount(operation, handler) {
      const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1');
      api.on(operation.method, path, async (c) => {
        c.set('operation', `${operation.method} ${operation.path}`);
        // All of it before asking who calls (Hono keeps it): whoever sends the last byte late must not act on what they might do
        // before. It may take as long as Node gives a request; app.ts has bounded its size.
        if (operation.body !== undefined) await c.req.arrayBuffer();
        const found =
          operation.access === 'anybody'
            ? authenticate.anonymous(c, operation.isSentByProvider === true)
            : await inTime(
                operation.access === 'person'
                  ? authenticate.demandPerson(c)
                  : authenticate.demandCaller(c),
                longestStepMs,
              );
        // as: `access` decides among the three, in the type of Call as well as here.
        const caller = found as Call<typeof operation>['caller'];
        const call = {
          caller,
          params: check(operation.params, c.req.param(), 'path'),
          query: check(operation.query, readQuery(c, operation), 'query'),
          body:
            operation.body &&
            check(
              operation.body,
              await (operation.isForm === true ? readForm(c) : readBody(c)),
              'body',
            ),
          ifMatch: c.req.header('If-Match'),
        } as Call<typeof operation>; // as: the schemas of the operation made these parts
        const reply = await inTime(handler(call, c), longestStepMs);
        // as: `streams` decides, in the type of Reply as well as here.
        if (operation.streams !== undefined) return stream(c, reply.body as StreamedBody, onCut);
        return present(c, operation, reply);
      });
    },
  };
}

function present<O extends Operation>(c: RequestContext, operation: O, reply: Reply<O>): Response {
  if (reply.etag !== undefined) c.header('ETag', reply.etag);
  if (reply.location !== undefined) c.header('Location', reply.location);
  if (operation.answer === undefined) return c.body(null, operation.status);
  c.header('Content-Type', 'application/json');
  c.status(operation.status);
  return c.body(JSON.stringify(operation.answer.parse(reply.body)));
}

function stream(
  c: RequestContext,
  { mediaType, fileName, chunks }: StreamedBody,
  onCut: (error: unknown, c: RequestContext) => void,
): Response {
  c.header('Content-Type', mediaType);
  c.header('Content-Disposition', `attachment; filename="${fileName}"`);
  const encoder = new TextEncoder();
  async function* encoded() {
    try {
      for await (const chunk of chunks) yield encoder.encode(chunk);
    } catch (error) {
      onCut(error, c);
      // Status and headers are out. A connection that breaks is how a reader learns that this was not the end.
      c.env.outgoing.destroy();
    }
  }
  // Pulled one by one: nothing is read ahead of a slow reader, and one who leaves ends the reading.
  const pieces = encoded();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return();
      },
    },
    { highWaterMark: 0 },
  );
  return c.body(body);
}

/** How many faults of a request are named: a body has room for very many, and this comes before any permission. */
const mostErrors = 50;

function check(
  schema: z.ZodType | undefined,
  input: unknown,
  part: 'path' | 'query' | 'body',
): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const errors = issues.slice(0, mostErrors).map((issue) => fieldErrorOf(issue, part));
  if (issues.length > mostErrors) {
    const more = issues.length - mostErrors;
    errors.push({ field: '', message: `There are ${more} more faults like these.` });
  }
  throw new Problem('validation-failed', { errors });
}

/** Only our own messages and our own field names go out: the name of an unknown field may be a pasted value. */
function fieldErrorOf(issue: z.core.$ZodIssue, part: string): FieldError {
  if (issue.code === 'unrecognized_keys') {
    return {
      field: issue.path.join('.'),
      message: `There is a field in the ${part} that this request does not have. Look at its name, or leave it out.`,
    };
  }
  if (issue.path.length === 0) return { field: '', message: 'Must be one JSON object.' };
  return { field: issue.path.join('.'), message: issue.message };
}

function readQuery(c: RequestContext, operation: Operation): Record<string, string> {
  const entries = Object.entries(c.req.queries());
  if (operation.query === undefined && entries.length > 0)
    throw fieldProblem('', 'This request has no query parameters.');
  return Object.fromEntries(
    entries.map(([name, [first = '', ...more]]) => {
      if (more.length > 0)
        throw fieldProblem(
          /^[a-z]{1,16}$/.test(name) ? name : '',
          'Give each query parameter once.',
        );
      return [name, first];
    }),
  );
}

/** A form of text fields, each there once. */
async function readForm(c: RequestContext): Promise<Record<string, string>> {
  if (
    !/^application\/x-www-form-urlencoded\s*(;\s*charset=utf-8\s*)?$/i.test(
      c.req.header('Content-Type') ?? '',
    )
  )
    throw new Problem('unsupported-media-type', {
      detail: 'Send the body as application/x-www-form-urlencoded.',
    });
  const fields = [...new URLSearchParams(await c.req.text())];
  if (new Set(fields.map(([name]) => name)).size < fields.length)
    throw fieldProblem('', 'Give each field once.');
  return Object.fromEntries(fields);
}

async function readBody(c: RequestContext): Promise<unknown> {
  if (!/^application\/json\s*(;\s*charset=utf-8\s*)?$/i.test(c.req.header('Content-Type') ?? ''))
    throw new Problem('unsupported-media-type');
  const bytes = await c.req.arrayBuffer();
  let body: unknown;
  try {
    // Fatal: invalid UTF-8 would otherwise be stored as replacement characters. The library's message repeats the text.
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    throw new Problem('malformed-request');
  }
  // JSON.parse makes it a field of its own, which schemas pass over.
  if (typeof body === 'object' && body !== null && Object.hasOwn(body, '__proto__')) {
    throw fieldProblem(
      '',
      'There is a field in the body that this request does not have. Look at its name, or leave it out.',
    );
  }
  return body;
}
