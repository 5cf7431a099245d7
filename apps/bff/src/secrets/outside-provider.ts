/**
 * @file What a provider has to do whose values live outside of this database: environment, files, a vault. It knows
 * nothing of callers, permissions, the trail and the database: `catalogued-provider.ts` adds all of that. A new provider is
 * one file that implements this, and one entry in `providers.ts`.
 */
import type {
  Capabilities,
  ProviderFailureReason,
  ProviderHealth,
  ProviderType,
} from '@dropsafe/contract/providers';
import type { SecretName, SecretState } from '@dropsafe/contract/secrets';
import type { Redacted } from '../base/redacted.ts';

/** What a provider tells of one secret. Never anything of the value. */
export interface OutsideSecret {
  name: SecretName;
  state: SecretState;
  /** Another text whenever the value is another; null where only looking at this one secret would tell. Nothing of the value. */
  revision: string | null;
  /** When the value was last changed, by the clock of the provider; null where nobody knows. */
  changedAt: Date | null;
}

/** What came of asking for a value. */
export type Resolved =
  | { kind: 'value'; value: Redacted<Uint8Array>; revision: string }
  /** It is there, but cannot be used. */
  | { kind: 'unusable'; state: Exclude<SecretState, 'ready'> }
  | { kind: 'missing' };

/** What came of a change: the secret as it is now, or why there was none. */
export type Changed =
  | { kind: 'changed'; secret: OutsideSecret }
  /** Created: there is one already. Updated, deleted: it is another than the one that was seen, or is gone. Nothing was changed. */
  | { kind: 'conflict' };

/** Values outside of this database. Whatever does not work throws a `ProviderFailure`, within the provider's time limit. */
export interface OutsideProvider {
  readonly type: Exclude<ProviderType, 'database'>;
  readonly capabilities: Capabilities;
  /** Where values go, as a destination in canonical form; null when they stay on this machine. */
  readonly origin: string | null;
  /** All secrets, in any order. What cannot be the name of a secret is left out, and told in the log by who reads it. */
  list(): Promise<OutsideSecret[]>;
  /** One secret as it is at this moment, with its revision. */
  read(name: SecretName): Promise<OutsideSecret | undefined>;
  /** The value as it is at this moment, byte for byte; nothing is kept from before. Never torn, never empty. */
  resolve(name: SecretName): Promise<Resolved>;
  /** Adds a secret; never overwrites one. Called only where `capabilities.create`. */
  create(name: SecretName, value: Redacted<Uint8Array>): Promise<Changed>;
  /** Replaces the value, if it is still that of `revision`. Called only where `capabilities.update`. */
  update(name: SecretName, revision: string, value: Redacted<Uint8Array>): Promise<Changed>;
  /** Deletes the secret for good, if it is still that of `revision`. Called only where `capabilities.delete`. */
  delete(name: SecretName, revision: string): Promise<Changed>;
  /** How it is doing; never throws, answers within two seconds. */
  health(): Promise<Pick<ProviderHealth, 'status' | 'reason'>>;
  /** Lets go of timers and connections. */
  close(): Promise<void>;
}

/** Why a provider did not do what it was asked. `cause` may go to the log; it must not hold a value or a token. */
export class ProviderFailure extends Error {
  readonly reason: ProviderFailureReason;

  constructor(reason: ProviderFailureReason, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'ProviderFailure';
    this.reason = reason;
  }
}

/** Whoever asks has not looked at the capabilities: a mistake of ours. */
const refuse = () => Promise.reject(new ProviderFailure('misconfigured'));

/** What providers have in common that only read, and whose values stay on this machine. */
export const readOnly = {
  capabilities: {
    create: false,
    update: false,
    delete: false,
    descriptions: false,
    destinations: false,
  },
  origin: null,
  create: refuse,
  update: refuse,
  delete: refuse,
} as const satisfies Partial<OutsideProvider>;
