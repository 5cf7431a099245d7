/**
 * @file The front door to signing in through a provider of OpenID Connect: to where, who came back, and what the provider
 * says has ended. Promises: what comes back fits the browser that began, once; who a user is at a provider never changes
 * hands by a name alone; every refusal is in the trail and in the log, with its precise reason.
 */
import { randomUUID } from 'node:crypto';
import { UserNameSchema, canonicalName } from '@dropsafe/contract/names';
import type { SignInMethods } from '@dropsafe/contract/sign-in';
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent, RefusedBecause } from '../audit/event.ts';
import type { AnonymousCaller, Caller, IdentityProviderCaller } from '../base/caller.ts';
import type { Database, Transaction } from '../base/database.ts';
import type { Log } from '../base/log.ts';
import { Problem } from '../base/problem.ts';
import { takeFailureBack } from './attempts.store.ts';
import { addressKey, createUseUpAttempt } from './attempts.ts';
import { derive } from './challenge.ts';
import { insertChallenge, useUpChallenge } from './challenges.store.ts';
import { readGroups } from './claims.ts';
import { keepTeamsInStep } from './group-teams.ts';
import { useUpLogoutToken } from './logout-tokens.store.ts';
import { findAwaited, findIdentity, linkIdentity } from './oidc-identities.store.ts';
import type { Oidc, Proven } from './oidc.ts';
import { findSignedIn, lockAccess } from './people.store.ts';
import { Refusal, problemOf, type RefusalReason } from './refusal.ts';
import { endSessions, hasSessions, type SessionChoice } from './sessions.store.ts';
import type { SignInProvider } from './sign-in-providers.ts';
import type { OpenedSession, StartSession } from './start-session.ts';
import { insertUser } from './users.store.ts';

/** A sign-in that has begun: where the browser goes, and what it keeps meanwhile. */
export interface BegunSignIn {
  url: string;
  /** For a cookie that only this browser has. */
  token: string;
  /** What the answer will be recognised by; it is public. */
  state: string;
}

/** What came back to a browser. */
export interface ReturnedSignIn {
  provider: string;
  /** Where this installation is for the browser. */
  origin: string;
  parameters: string;
  /** The token that the browser kept under a state. */
  tokenOf: (state: string) => string | undefined;
  /** Browser and system in words. */
  agent: string | null;
}

/** Signing in through a provider. An unknown provider is `not-found` everywhere. */
export interface SignInThrough {
  /** How one can sign in beside the password. */
  methods(caller: AnonymousCaller): SignInMethods;
  /** Throws `identity-provider-unavailable`. */
  begin(caller: AnonymousCaller, input: { provider: string; origin: string }): Promise<BegunSignIn>;
  /** Opens a session for who came back. Throws `too-many-attempts` and what refusal.ts lists. */
  finish(caller: AnonymousCaller, input: ReturnedSignIn): Promise<OpenedSession>;
  /** Ends what a logout token names. Throws `logout-refused`, `identity-provider-unavailable`. */
  logOut(caller: AnonymousCaller, provider: string, logoutToken: string): Promise<void>;
  /** Ends the session that the provider names by its own id, in a page that it shows. Throws `logout-refused`. */
  logOutInFrame(
    caller: AnonymousCaller,
    provider: string,
    ended: { iss: string; sid: string },
  ): Promise<void>;
}

/** How long somebody may take at the provider. */
const minutes = 10;
/** Longer than a logout token is accepted (oidc.ts). */
const logoutTokenMinutes = 15;

/** A provider, and the adapter to it. */
interface Provider {
  settings: SignInProvider;
  oidc: () => Promise<Oidc>;
}

/** Loaded with the first sign-in: the libraries take 15 MB, and most installations begin without a provider. */
function onDemand(settings: SignInProvider): Provider['oidc'] {
  let loaded: Promise<Oidc> | undefined;
  return () => {
    loaded ??= import('./oidc.ts').then(({ createOidc }) => createOidc(settings));
    return loaded;
  };
}

/** Sign-in through these providers. */
export function createSignInThrough(
  database: Database,
  audit: Audit,
  log: Log,
  startSession: StartSession,
  providers: readonly SignInProvider[],
  idleMinutes: number,
): SignInThrough {
  const useUpAttempt = createUseUpAttempt(audit);
  const providersByName = new Map(
    providers.map((settings) => [settings.name, { settings, oidc: onDemand(settings) }]),
  );

  function demandProvider(name: string): Provider {
    const found = providersByName.get(name);
    if (found === undefined) throw new Problem('not-found');
    return found;
  }

  /** Tells the operator precisely, and the caller what to do. `onRefused` tells the trail. */
  async function explaining<T>(
    { requestId }: Caller,
    provider: string,
    work: () => Promise<T>,
    onRefused: (reason: RefusalReason, problem: Problem) => Promise<void>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { reason, code } = error;
      const problem = new Problem(problemOf(reason));
      const cause = code === undefined ? {} : { code };
      log.warn('identity-provider.refused', { requestId, provider, reason, ...cause });
      await onRefused(reason, problem);
      throw problem;
    }
  }

  async function prove(
    { settings, oidc }: Provider,
    { origin, parameters, tokenOf }: ReturnedSignIn,
  ): Promise<Proven> {
    const query = new URLSearchParams(parameters);
    const state = query.get('state') ?? '';
    const token = tokenOf(state);
    if (token === undefined || derive(token, 'state') !== state) throw new Refusal('state-unknown');
    // Before anything is asked of the provider: whatever becomes of it, this was the one time.
    if (!(await useUpChallenge(database.queries, token, `oidc:${settings.name}`)))
      throw new Refusal('state-used-or-expired');
    return (await oidc()).exchange(redirectUri(origin, settings.name), token, query);
  }

  /** Who somebody is here, in the transaction that opens the session. */
  async function identify(
    tx: Transaction,
    tell: (event: AuditEvent) => void,
    { name: provider, issuer, createUsers }: SignInProvider,
    { subject, userName }: Proven,
  ): Promise<{ id: string; name: string }> {
    const known = await findLinked(tx, provider, issuer, subject);
    if (known !== undefined) return known;
    // Who can sign in changes. Also: a new person in two tabs at once is one user, whom the second tab finds.
    await lockAccess(tx);
    const quicker = await findLinked(tx, provider, issuer, subject);
    if (quicker !== undefined) return quicker;
    const name = readUserName(userName);
    const awaited = await findAwaited(tx, provider, canonicalName(name));
    if (awaited === undefined && !createUsers) throw new Refusal('user-unknown');
    const user = awaited ?? (await createUser(tx, tell, name));
    await linkIdentity(tx, user.id, { provider, issuer, subject });
    tell({ action: 'user.linked', subject: `${user.name}/oidc:${provider}` });
    return user;
  }

  /** Ends sessions in the name of a provider. Throws what `work` throws; then none has ended. */
  async function endInNameOf(
    caller: AnonymousCaller,
    provider: string,
    work: (tx: Transaction) => Promise<SessionChoice>,
  ): Promise<void> {
    await audit.change(inNameOf(caller, provider), async (tx, tell) => {
      const choice = await work(tx);
      for (const name of await endSessions(tx, choice, idleMinutes))
        tell({ action: 'session.ended', subject: name });
    });
  }

  return {
    methods: () => ({ providers: providers.map(({ name, label }) => ({ name, label })) }),

    async begin(caller, { provider, origin }) {
      const { oidc } = demandProvider(provider);
      const token = await insertChallenge(database.queries, `oidc:${provider}`, minutes);
      const url = await explaining(
        caller,
        provider,
        async () => (await oidc()).authorizationUrl(redirectUri(origin, provider), token),
        // Nothing counts how often somebody begins.
        (reason) => audit.recordSeldom(caller, refusedSignIn(provider, reason)),
      );
      return { url, token, state: derive(token, 'state') };
    },

    async finish(caller, returned) {
      const found = demandProvider(returned.provider);
      const { name } = found.settings;
      const address = addressKey(caller.address);
      await useUpAttempt(caller, address, async (reason) => refusedSignIn(name, reason));
      let vouched: string | undefined;
      const signIn = async () => {
        const proven = await prove(found, returned);
        vouched = UserNameSchema.safeParse(proven.userName).data;
        const { groups, fault, ignored } = readGroups(proven.groups);
        const how = { means: `oidc:${name}`, agent: returned.agent, identity: proven };
        const opened = await startSession(caller, how, async (tx, tell) => {
          const { id, name: userName } = await identify(tx, tell, found.settings, proven);
          await keepTeamsInStep(tx, tell, { userId: id, userName, provider: name, groups });
          // After the teams: what they grant is a part of it.
          const user = await findSignedIn(tx, id);
          if (user === undefined) throw new Refusal('user-disabled');
          return user;
        });
        if (fault !== undefined || ignored > 0) {
          const groupsAre = fault ?? 'partly ignored';
          log.warn('sign-in.groups', {
            requestId: caller.requestId,
            provider: name,
            groups: groupsAre,
            taken: groups.length,
            ignored,
          });
        }
        return opened;
      };
      return explaining(caller, name, signIn, async (reason, { code }) => {
        const event = refusedSignIn(name, reason, vouched);
        if (code !== 'identity-provider-unavailable') return audit.recordAlone(caller, event);
        // Nobody can guess anything while the provider is down. What is not counted is not told each time.
        await takeFailureBack(database.queries, address.keyHash);
        await audit.recordSeldom(caller, event);
      });
    },

    async logOut(caller, provider, logoutToken) {
      const { oidc } = demandProvider(provider);
      const logOut = async () => {
        const { jti, subject, sid } = await (await oidc()).readLogout(logoutToken);
        await endInNameOf(caller, provider, async (tx) => {
          if (!(await useUpLogoutToken(tx, provider, jti, logoutTokenMinutes)))
            throw new Refusal('logout-token-used');
          return {
            means: `oidc:${provider}`,
            subject: subject ?? undefined,
            sid: sid ?? undefined,
          };
        });
      };
      await explaining(caller, provider, logOut, (reason) =>
        audit.recordSeldom(caller, refusedLogout(provider, reason)),
      );
    },

    async logOutInFrame(caller, provider, { iss, sid }) {
      const { settings } = demandProvider(provider);
      if (iss !== settings.issuer) {
        await audit.recordSeldom(caller, refusedLogout(provider, 'issuer-wrong'));
        throw new Problem('logout-refused');
      }
      const choice = { means: `oidc:${provider}`, sid };
      // Anybody can ask for this, as often as they like: nothing is begun for what is not there.
      if (await hasSessions(database.queries, choice, idleMinutes))
        await endInNameOf(caller, provider, async () => choice);
    },
  };
}

const redirectUri = (origin: string, provider: string) => `${origin}/sign-in/oidc/${provider}`;

async function findLinked(
  tx: Transaction,
  provider: string,
  issuer: string,
  subject: string,
): Promise<{ id: string; name: string } | undefined> {
  const identity = await findIdentity(tx, provider, subject);
  if (identity !== undefined && identity.issuer !== issuer) throw new Refusal('issuer-changed');
  return identity;
}

/** `vouched` is the name that the provider has for them, if all that it said holds. Here somebody else may have it. */
function refusedSignIn(provider: string, reason: RefusedBecause, vouched?: string): AuditEvent {
  const means = `oidc:${provider}`;
  const subject = vouched === undefined ? means : `${vouched}/${means}`;
  return { action: 'session.refused', subject, fields: [reason] };
}

function refusedLogout(provider: string, reason: RefusedBecause): AuditEvent {
  return { action: 'session.logout-refused', subject: `oidc:${provider}`, fields: [reason] };
}

function readUserName(claim: unknown): string {
  if (typeof claim !== 'string') throw new Refusal('name-missing');
  const parsed = UserNameSchema.safeParse(claim);
  if (!parsed.success) throw new Refusal('name-refused');
  return parsed.data;
}

/** A name that somebody else has is never taken to be theirs: whoever can choose a name at the provider would be them. */
async function createUser(
  tx: Transaction,
  tell: (event: AuditEvent) => void,
  name: string,
): Promise<{ id: string; name: string }> {
  const id = randomUUID();
  try {
    await insertUser(tx, { id, name, canonicalName: canonicalName(name), passwordHash: null });
  } catch (error) {
    if (error instanceof Problem && error.code === 'user-name-taken')
      throw new Refusal('name-taken');
    throw error;
  }
  tell({ action: 'user.created', subject: name, permissions: [] });
  return { id, name };
}

function inNameOf(
  { requestId, address }: AnonymousCaller,
  provider: string,
): IdentityProviderCaller {
  return { kind: 'identity-provider', id: null, name: `oidc:${provider}`, requestId, address };
}
