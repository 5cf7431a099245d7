/**
 * @file Passkeys, a part of this room's front door: signing in with one, and one's own. Promises: every challenge is good
 * for one answer, on any node; whatever is refused at sign-in looks the same from outside, and log and trail say why in a
 * word of a closed list; nobody adds a passkey without the password, or to a session that has ended.
 */
import { randomUUID } from 'node:crypto';
import {
  mostPasskeys,
  type AddPasskey,
  type Passkey,
  type PasskeyCreation,
  type PasskeyRequest,
  type PasskeySignIn,
} from '@dropsafe/contract/passkeys';
import type { Audit } from '../audit/audit.ts';
import type { AnonymousCaller, Caller, UserCaller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import type { Log } from '../base/log.ts';
import { Problem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import { addressKey, createUseUpAttempt } from './attempts.ts';
import { derive } from './challenge.ts';
import { insertChallenge, useUpChallenge, type Purpose } from './challenges.store.ts';
import { createConfirmPassword } from './confirm-password.ts';
import {
  findPasskey,
  insertPasskey,
  listCredentials,
  listPasskeys,
  lockForAddition,
  lockForSignIn,
  renamePasskey,
  touchPasskey,
  type PasskeyOfUser,
} from './passkeys.store.ts';
import type { RelyingParty } from './relying-party.ts';
import { removePasskeys } from './remove-passkeys.ts';
import type { OpenedSession, StartSession } from './start-session.ts';
import { isUuid } from './uuid.ts';
import {
  algorithms,
  bytesOf,
  isCounterPlausible,
  PasskeyRefusal,
  verifyAssertion,
  verifyCreation,
  type Ceremony,
  type RefusalReason,
} from './webauthn.ts';

/** How long a challenge is good for. */
export const challengeMinutes = 5;

/** What was begun: what the browser is asked for, and the token for its cookie. */
export interface Begun<Asked> {
  asked: Asked;
  token: string;
}

/** The operations on passkeys. `site` is where they are asked for; `token` is what the browser has from the beginning. */
export interface Passkeys {
  beginSignIn(caller: AnonymousCaller, site: RelyingParty): Promise<Begun<PasskeyRequest>>;
  /** Throws `passkey-refused`, `too-many-attempts`. */
  signIn(
    caller: AnonymousCaller,
    input: {
      site: RelyingParty;
      token: string | undefined;
      answer: PasskeySignIn;
      agent: string | null;
    },
  ): Promise<OpenedSession>;
  /** The caller's own. */
  listOwn(caller: UserCaller): Promise<Passkey[]>;
  /** Throws `too-many-passkeys`, `validation-failed` for `currentPassword`, `too-many-attempts`, `overloaded`. */
  begin(
    caller: UserCaller,
    input: { site: RelyingParty; currentPassword: Redacted<string> },
  ): Promise<Begun<PasskeyCreation>>;
  /** Throws `passkey-not-added`, `too-many-passkeys`, `unauthenticated`. */
  add(
    caller: UserCaller,
    input: { site: RelyingParty; token: string | undefined; answer: AddPasskey },
  ): Promise<Passkey>;
  /** Throws `not-found`, for somebody else's as well. */
  renameOwn(caller: UserCaller, id: string, name: string): Promise<Passkey>;
  /** Throws `not-found`, for somebody else's as well. */
  removeOwn(caller: UserCaller, id: string): Promise<void>;
}

/** Passkeys in this database. */
export function createPasskeys(
  database: Database,
  audit: Audit,
  log: Log,
  startSession: StartSession,
): Passkeys {
  const { queries } = database;
  const useUpAttempt = createUseUpAttempt(audit);
  const confirmPassword = createConfirmPassword(database, audit);

  async function begin(purpose: Purpose): Promise<{ challenge: string; token: string }> {
    const token = await insertChallenge(queries, purpose, challengeMinutes);
    return { challenge: derive(token, 'webauthn-challenge'), token };
  }

  /** What was begun in this browser, for this purpose; it is over with this. Throws `PasskeyRefusal`. */
  async function resume(
    token: string | undefined,
    purpose: Purpose,
    site: RelyingParty,
  ): Promise<Ceremony> {
    if (token === undefined || !(await useUpChallenge(queries, token, purpose)))
      throw new PasskeyRefusal('no-challenge');
    return { challenge: derive(token, 'webauthn-challenge'), site };
  }

  const note = (caller: Caller, reason: RefusalReason) =>
    log.info('passkey.refused', { requestId: caller.requestId, reason });

  /** Tells the log and the trail who and why, and the caller neither. */
  async function refuse(
    caller: Caller,
    reason: RefusalReason,
    passkey: PasskeyOfUser | undefined,
  ): Promise<Problem> {
    note(caller, reason);
    await audit.change(caller, async (_, tell) => {
      const subject = passkey?.user.name ?? 'unknown user';
      tell({ action: 'session.refused', subject, fields: [reason] });
      if (reason === 'counter-went-back' && passkey !== undefined)
        tell({ action: 'passkey.cloned', subject: `${passkey.user.name}/${passkey.name}` });
    });
    return new Problem('passkey-refused');
  }

  return {
    async beginSignIn(_, site) {
      const { challenge, token } = await begin('passkey');
      const asked = { challenge, rpId: site.id, timeout, userVerification: 'required' } as const;
      return { asked, token };
    },

    async signIn(caller, { site, token, answer, agent }) {
      // By address only. The lock of an account after too many wrong passwords does not hold here: anybody who knows a
      // name can bring it about, and there is nothing about a passkey that could be guessed.
      await useUpAttempt(caller, addressKey(caller.address), async (reason) => ({
        action: 'session.refused',
        subject: 'unknown user',
        fields: [reason],
      }));
      let passkey: PasskeyOfUser | undefined;
      try {
        const ceremony = await resume(token, 'passkey', site);
        passkey = await findPasskey(queries, bytesOf(answer.id));
        if (passkey === undefined) throw new PasskeyRefusal('unknown-passkey');
        const { id, user, publicKey } = passkey;
        if (answer.userHandle !== userHandleOf(user.id)) throw new PasskeyRefusal('wrong-user');
        const said = await verifyAssertion(answer, publicKey, ceremony);
        const found = passkey;
        return await startSession(caller, { means: 'passkey', agent }, async (tx) => {
          // As they are now: removed or disabled meanwhile, or used elsewhere at the same moment.
          const held = await lockForSignIn(tx, found);
          if (typeof held === 'string') throw new PasskeyRefusal(held);
          if (!isCounterPlausible(held.counter, said.counter))
            throw new PasskeyRefusal('counter-went-back');
          await touchPasskey(tx, id, said);
          return held.user;
        });
      } catch (error) {
        if (!(error instanceof PasskeyRefusal)) throw error;
        throw await refuse(caller, error.reason, passkey);
      }
    },

    async listOwn(caller) {
      return listPasskeys(queries, caller.id);
    },

    async begin(caller, { site, currentPassword }) {
      await confirmPassword(caller, currentPassword);
      const credentials = await listCredentials(queries, caller.id);
      if (credentials.length >= mostPasskeys) throw new Problem('too-many-passkeys');
      const { challenge, token } = await begin(`new-passkey:${caller.id}`);
      const { id, name } = caller;
      const asked: PasskeyCreation = {
        challenge,
        rp: { id: site.id, name: 'Dropsafe' },
        user: { id: userHandleOf(id), name, displayName: name },
        pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
        timeout,
        attestation: 'none',
        authenticatorSelection: {
          // Found by the authenticator itself: no name is typed, and no list of credentials is given out.
          residentKey: 'required',
          requireResidentKey: true,
          userVerification: 'required',
        },
        excludeCredentials: credentials.map(({ credentialId, transports }) => ({
          type: 'public-key',
          id: Buffer.from(credentialId).toString('base64url'),
          transports,
        })),
      };
      return { asked, token };
    },

    async add(caller, { site, token, answer }) {
      const { name, transports } = answer;
      try {
        const made = await verifyCreation(
          answer,
          await resume(token, `new-passkey:${caller.id}`, site),
        );
        return await audit.change(caller, async (tx, tell) => {
          const count = await lockForAddition(tx, caller);
          if (count === undefined) throw new Problem('unauthenticated');
          if (count >= mostPasskeys) throw new Problem('too-many-passkeys');
          const passkey = { ...made, id: randomUUID(), userId: caller.id, name, transports };
          const added = await insertPasskey(tx, passkey);
          if (added === undefined) throw new PasskeyRefusal('known-already');
          tell({ action: 'passkey.added', subject: `${caller.name}/${name}` });
          return added;
        });
      } catch (error) {
        if (!(error instanceof PasskeyRefusal)) throw error;
        note(caller, error.reason);
        throw new Problem('passkey-not-added');
      }
    },

    async renameOwn(caller, id, name) {
      const renamed = await audit.change(caller, async (tx, tell) => {
        if (!isUuid(id)) return undefined;
        const found = await renamePasskey(tx, caller.id, id, name);
        if (found !== undefined && found.before !== name)
          tell({ action: 'passkey.renamed', subject: `${caller.name}/${found.before}/${name}` });
        return found;
      });
      if (renamed === undefined) throw new Problem('not-found');
      return renamed.passkey;
    },

    async removeOwn(caller, id) {
      const count = await audit.change(caller, async (tx, tell) =>
        isUuid(id) ? removePasskeys(tx, tell, caller, id) : 0,
      );
      if (count === 0) throw new Problem('not-found');
    },
  };
}

/** As long as the challenge is good for: people have to find their key first. */
const timeout = challengeMinutes * 60_000;

/** How an authenticator remembers a user: the bytes of the id, which say nothing about anybody (WebAuthn, 14.6.1). */
function userHandleOf(userId: string): string {
  return Buffer.from(userId.replaceAll('-', ''), 'hex').toString('base64url');
}
