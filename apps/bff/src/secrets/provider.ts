/** @file What the front door asks of a provider, wherever it keeps its values. */
import type {
  Capabilities,
  ProviderHealth,
  ProviderName,
  ProviderType,
} from '@dropsafe/contract/providers';
import type { SecretMetadata, SecretName } from '@dropsafe/contract/secrets';
import type { SecretField } from '../audit/event.ts';
import type { Caller } from '../base/caller.ts';
import type { Redacted } from '../base/redacted.ts';
import type { IdentifiedSecret, ResolvableSecret, StoredSecret } from './secrets.store.ts';

/** A value on its way in or out. */
export type Value = Redacted<Uint8Array>;

/** A secret that is to be added. */
export interface Addition extends Pick<SecretMetadata, 'description' | 'destinations'> {
  name: SecretName;
  /** The provider that it is copied from, when it is a copy: others of its name may be there then. */
  copiedFrom?: ProviderName;
}

/** What there is to say about a secret whose value lives elsewhere. */
export interface Binding extends Pick<SecretMetadata, 'description' | 'destinations'> {
  fields: Exclude<SecretField, 'value'>[];
}

/** A change that was decided on (secret.ts): everything as it is to be afterwards. */
export interface DecidedChange extends Pick<SecretMetadata, 'description' | 'destinations'> {
  fields: SecretField[];
  seal: 'keep' | 'reseal' | 'replace';
  /** The new value, when `seal` is `replace`. */
  value: Value | undefined;
  /** The last reference to the secret that was looked at: nothing comes of the change when there is a later one. */
  lastReference?: number | undefined;
}

/**
 * A provider: one place where secrets live. Every change writes its event to the trail (P6). Throws
 * `provider-unavailable` for whatever does not work there, within its time limit.
 */
export interface SecretProvider {
  readonly name: ProviderName;
  readonly type: ProviderType;
  readonly capabilities: Capabilities;
  /** Where values go that are put into it, as a destination; null when they stay on this installation. */
  readonly origin: string | null;
  /** Adds a secret. Nothing comes of a name that is taken; never overwrites. */
  create(caller: Caller, addition: Addition, value: Value): Promise<IdentifiedSecret | undefined>;
  /** The secret as it is at this moment, its catalogue entry brought up to date; undefined when it is gone. */
  read(found: StoredSecret): Promise<StoredSecret | undefined>;
  /** Changes what was read. Nothing comes of it when it is another by now. Throws `secret-unreadable`. */
  update(
    caller: Caller,
    seen: StoredSecret,
    change: DecidedChange,
  ): Promise<IdentifiedSecret | undefined>;
  /**
   * Deletes what was read, for good. Nothing comes of it when it is another by now, or where it lives in this database when there is a
   * reference after `lastReference`.
   */
  delete(caller: Caller, seen: StoredSecret, lastReference?: number): Promise<true | undefined>;
  /**
   * The value as it is at this moment, for one use at the destinations that were found; whoever asks wipes it. Nothing comes of
   * it when these are others by now. Throws `not-found`, `secret-unusable`, `secret-unreadable` (also when the destinations are not those
   * that were bound).
   */
  resolve(found: ResolvableSecret): Promise<Value | undefined>;
  /**
   * Names where the value may be sent that somebody has put there past Dropsafe, and what it is for. Nothing comes of it when the
   * secret is another by now. Throws `provider-cannot` where values and destinations are stored together.
   */
  bind(caller: Caller, seen: StoredSecret, binding: Binding): Promise<IdentifiedSecret | undefined>;
  /** Brings the catalogue in step with what is there. Where the rows are the secrets there is nothing to do. */
  keepInStep(): Promise<void>;
  /** How it is doing; never throws, answers within some two seconds. */
  health(): Promise<Pick<ProviderHealth, 'status' | 'reason'>>;
  close(): Promise<void>;
}
