/**
 * @file The front door to the key encryption keys: proves this node's keyset against the database at the start, then
 * seals and opens. Nothing else touches a key. Promises: no start with a wrong or missing key, and no new keyset
 * beside a database that already has one (P7).
 */
import { randomBytes } from 'node:crypto';
import type { Database } from '../base/database.ts';
import type { Log } from '../base/log.ts';
import { Problem } from '../base/problem.ts';
import { Redacted } from '../base/redacted.ts';
import { StartError } from '../base/start-error.ts';
import {
  OpenError,
  openNamedKey,
  openValue,
  opensCheck,
  sealCheck,
  sealNamedKey,
  sealValue,
  type SealContext,
  type SealedValue,
} from './envelope.ts';
import { makeKeyset, parseKeyset, type Keyring } from './keyring.ts';
import { readKeysetFile, writeKeysetFile } from './keyset-file.ts';
import { findNamedKey, insertKek, insertNamedKey, listKeks, reserveWraps } from './keys.store.ts';

export type { SealContext, SealedValue } from './envelope.ts';

/** Where the keyset comes from: the text of `DROPSAFE_KEYSET`, else the file. */
export interface KeysetSource {
  text: Redacted<string> | undefined;
  file: string;
}

/** Seals and opens values. */
export interface Keys {
  /** Seals a value under the primary KEK. */
  seal(context: SealContext, value: Redacted<Uint8Array>): Promise<SealedValue>;
  /** Opens a sealed value. Throws `secret-unreadable`, whatever is wrong; the log has the secret's id. */
  open(context: SealContext, sealed: SealedValue): Redacted<Uint8Array>;
  /**
   * The key of this name for another room: 32 random bytes, made at the first time and stored under a KEK. To be called
   * at the start, while no other node does the same. Throws a `StartError` when it was altered.
   */
  namedKey(name: string): Promise<Redacted<Uint8Array>>;
  /** Whether that was made before. */
  hasNamedKey(name: string): Promise<boolean>;
}

/**
 * With random 96-bit IVs a key may be used 2^32 times (NIST SP 800-38D, 8.3). Counted in blocks: one write to a shared
 * row per value would make all writers wait for each other, and a block lost with its process costs nothing.
 */
const maxWraps = 2 ** 32;
const wrapBlock = 4096;

/**
 * Reads the keyset and proves it, key by key, against what the database has seen. Makes a first keyset only when the
 * database has never seen any. To be called while no other node does the same. Throws a `StartError`.
 */
export async function openKeys(database: Database, source: KeysetSource, log: Log): Promise<Keys> {
  const known = await listKeks(database.queries);
  const keyring = await readOrMakeKeyset(
    source,
    known.map((kek) => kek.id),
    log,
  );
  for (const { id, checkValue } of known) {
    const kek = keyring.byId.get(id);
    if (kek === undefined) {
      throw new StartError(
        `The keyset has no key ${id}, which this database needs. Bring back the keyset that belongs to it. Nothing was changed.`,
      );
    }
    if (!opensCheck(kek, checkValue)) {
      throw new StartError(
        `The key ${id} in the keyset is not the one that this database was written with. Bring back the keyset that belongs to it. Nothing was changed.`,
      );
    }
  }
  for (const kek of keyring.byId.values()) {
    if (!known.some(({ id }) => id === kek.id))
      await insertKek(database.queries, kek.id, sealCheck(kek));
  }
  return createKeys(database, keyring, log);
}

async function readOrMakeKeyset(
  source: KeysetSource,
  known: readonly string[],
  log: Log,
): Promise<Keyring> {
  const given = await readKeyset(source, known);
  if (given !== undefined) return given;
  const made = makeKeyset(new Date());
  await writeKeysetFile(source.file, made);
  log.info('keyset.created', { file: source.file });
  return parseKeyset(made, source.file);
}

/** The keyset as it is given; undefined when there is none, and none is needed. */
async function readKeyset(
  source: KeysetSource,
  known: readonly string[],
): Promise<Keyring | undefined> {
  if (source.text !== undefined) return parseKeyset(source.text, 'DROPSAFE_KEYSET');
  const text = await readKeysetFile(source.file);
  if (text !== undefined) return parseKeyset(text, source.file);
  if (known.length > 0) {
    throw new StartError(
      `The keyset file ${source.file} is missing, but this database needs the key ${known.join(', ')}. Bring the file back; without it the values cannot be opened. Nothing was changed.`,
    );
  }
  return undefined;
}

async function createKeys(database: Database, keyring: Keyring, log: Log): Promise<Keys> {
  const { primary } = keyring;
  let left = 0;
  let reserving: Promise<boolean> | undefined;

  /** False when the key has been used as often as it may be. */
  async function reserve(): Promise<boolean> {
    const isReserved = await reserveWraps(database.queries, primary.id, wrapBlock, maxWraps);
    if (isReserved) left += wrapBlock;
    else log.warn('key.exhausted', { kekId: primary.id });
    return isReserved;
  }

  function reserveOnce(): Promise<boolean> {
    reserving ??= reserve().finally(() => (reserving = undefined));
    return reserving;
  }

  /** Looks again after the wait: more may have waited than a block has room for. */
  async function takeOne(): Promise<void> {
    if (left > 0) {
      left -= 1;
      return;
    }
    if (!(await reserveOnce())) {
      throw new Problem('internal', {
        detail:
          'The primary key has been used as often as it may be. The operator must add a new one.',
      });
    }
    await takeOne();
  }

  if (!(await reserve())) {
    throw new StartError(
      `The key ${primary.id} has been used as often as it may be. Add a new key to the keyset and make it "primary"; keep the old one, which opens what it has sealed. Nothing was changed.`,
    );
  }
  return {
    async seal(context, value) {
      // Asked for long before it is needed: sealing happens inside transactions, and if all of them waited here for
      // one more connection of the pool that they occupy, none would ever get it.
      if (left < wrapBlock / 2)
        reserveOnce().catch((error: unknown) => log.error('key.reserve-failed', error));
      await takeOne();
      return sealValue(primary, context, value);
    },
    open(context, sealed) {
      try {
        const kek = keyring.byId.get(sealed.kekId);
        if (kek === undefined) throw new OpenError();
        return openValue(kek, context, sealed);
      } catch (error) {
        log.error('secret.unreadable', error, { secretId: context.secretId, kekId: sealed.kekId });
        throw new Problem('secret-unreadable', {}, { cause: error });
      }
    },
    async namedKey(name) {
      const found = await findNamedKey(database.queries, name);
      if (found === undefined) {
        const key = new Redacted<Uint8Array>(randomBytes(32));
        const sealedKey = sealNamedKey(primary, name, key.reveal());
        await insertNamedKey(database.queries, { name, kekId: primary.id, sealedKey });
        return key;
      }
      return openFound(keyring, name, found);
    },
    hasNamedKey: async (name) => (await findNamedKey(database.queries, name)) !== undefined,
  };
}

/**
 * The key of this name for whoever only looks, and changes nothing; undefined when it was never made. Throws a `StartError` when it
 * does not open.
 */
export async function readNamedKey(
  { queries }: Database,
  source: KeysetSource,
  name: string,
): Promise<Redacted<Uint8Array> | undefined> {
  const found = await findNamedKey(queries, name);
  if (found === undefined) return undefined;
  const keyring = await readKeyset(source, [found.kekId]);
  return keyring && openFound(keyring, name, found);
}

type FoundKey = NonNullable<Awaited<ReturnType<typeof findNamedKey>>>;

function openFound(keyring: Keyring, name: string, found: FoundKey): Redacted<Uint8Array> {
  try {
    const kek = keyring.byId.get(found.kekId);
    if (kek === undefined) throw new OpenError();
    return openNamedKey(kek, name, found.sealedKey);
  } catch (error) {
    throw new StartError(
      `The key "${name}" in the database does not open. It was altered, or belongs to another keyset. Nothing was changed.`,
      { cause: error },
    );
  }
}
