import {
  problems,
  problemType,
  type FieldError,
  type ProblemCode,
  type ProblemDocument,
  type Reference,
} from '@dropsafe/contract/problems';
import type { Permission } from '@dropsafe/contract/permissions';

/** What a problem may say beside its code. Nothing in here may repeat what the caller sent. */
export interface ProblemParams {
  /** A better sentence than the one of the list; fixed text only. */
  detail?: string;
  errors?: FieldError[];
  permissions?: readonly Permission[];
  /** Of `member-by-group`. Names that the provider gave, and nobody sent. */
  groups?: readonly { provider: string; group: string }[];
  /** Of `secret-in-use`. Names of integrations and of fields, which nobody sent. */
  references?: readonly Reference[];
  referenceCount?: number | null;
  retryAfterSeconds?: number;
  /** Of `unauthenticated`: what was wrong with the API key that was sent (RFC 6750, 3.1). */
  challenge?: 'invalid_request' | 'invalid_token';
  /** Of 405: the methods that exist. */
  allow?: readonly string[];
}

/** The one error that operations throw. `cause` goes to the log, never to the caller. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly params: ProblemParams;

  constructor(code: ProblemCode, params: ProblemParams = {}, options?: ErrorOptions) {
    super(code, options);
    this.name = 'Problem';
    this.code = code;
    this.params = params;
  }
}

/** One refused field as a problem: what most checks beyond the schemas end in. */
export function fieldProblem(field: string, message: string): Problem {
  return new Problem('validation-failed', { errors: [{ field, message }] });
}

/** The answer that tells a caller about a problem: `application/problem+json`, RFC 9457. */
export function toResponse(problem: Problem, requestId: string): Response {
  const { status, title, detail } = problems[problem.code];
  const { errors, permissions, groups, references, referenceCount } = problem.params;
  const { retryAfterSeconds, allow, challenge } = problem.params;
  const document: ProblemDocument = {
    type: problemType(problem.code),
    title,
    status,
    detail: problem.params.detail ?? detail,
    requestId,
    ...(errors && { errors }),
    ...(permissions && { permissions: [...permissions] }),
    ...(groups && { groups: [...groups] }),
    ...(references && { references: [...references] }),
    ...(referenceCount !== undefined && { referenceCount }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
  const headers = new Headers({ 'Content-Type': 'application/problem+json' });
  if (retryAfterSeconds !== undefined) headers.set('Retry-After', String(retryAfterSeconds));
  // RFC 9110, 11.6.1. Without an error when no key was sent at all; a browser asks its person nothing for this scheme.
  if (problem.code === 'unauthenticated')
    headers.set('WWW-Authenticate', challenge ? `Bearer error="${challenge}"` : 'Bearer');
  if (allow) headers.set('Allow', allow.join(', '));
  return new Response(JSON.stringify(document), { status, headers });
}
