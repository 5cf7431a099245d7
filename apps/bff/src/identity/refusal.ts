import type { ProblemCode } from '@dropsafe/contract/problems';

/**
 * @file Why a sign-in through a provider is refused: the precise reason for log and trail out of a closed list, and
 * what the person is told. Pure.
 */
const problemsByReason = {
  'provider-unreachable': 'identity-provider-unavailable',
  'provider-slow': 'identity-provider-unavailable',
  'provider-failed': 'identity-provider-unavailable',
  'certificate-refused': 'identity-provider-unavailable',
  'provider-said-no': 'identity-provider-refused',
  'issuer-wrong': 'identity-issuer-wrong',
  'issuer-changed': 'identity-issuer-wrong',
  'audience-wrong': 'identity-audience-wrong',
  'signature-wrong': 'identity-signature-wrong',
  'key-unknown': 'identity-signature-wrong',
  'algorithm-refused': 'identity-signature-wrong',
  'token-expired': 'identity-token-expired',
  'token-of-another-time': 'identity-token-expired',
  'state-unknown': 'sign-in-unknown',
  'state-used-or-expired': 'sign-in-unknown',
  'code-refused': 'sign-in-unknown',
  'nonce-wrong': 'sign-in-unknown',
  'client-refused': 'identity-answer-invalid',
  'answer-too-large': 'identity-answer-invalid',
  'answer-invalid': 'identity-answer-invalid',
  'name-missing': 'identity-name-refused',
  'name-refused': 'identity-name-refused',
  'name-taken': 'identity-name-taken',
  'user-disabled': 'identity-user-disabled',
  'user-unknown': 'identity-user-unknown',
  'logout-token-invalid': 'logout-refused',
  'logout-token-used': 'logout-refused',
} as const satisfies Record<string, ProblemCode>;

/** The precise reason, for the operator. */
export type RefusalReason = keyof typeof problemsByReason;

/** What the person or the provider is told. */
export function problemOf(reason: RefusalReason): ProblemCode {
  return problemsByReason[reason];
}

/** A sign-in or a logout that is refused. `code` names an error of the network, TLS or HTTP; neither holds what was sent. */
export class Refusal extends Error {
  readonly reason: RefusalReason;
  readonly code: string | undefined;

  constructor(reason: RefusalReason, code?: string) {
    super(reason);
    this.name = 'Refusal';
    this.reason = reason;
    this.code = code;
  }
}
