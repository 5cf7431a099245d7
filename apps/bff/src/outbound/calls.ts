/**
 * @file A call that may carry values, from its address to its answer, in the one order that there is: the verdict on the
 * destination, then the values, then the request ([Note: Destination before secret] in docs/architecture.md). A test of a
 * connection goes the same way. Whoever calls this has demanded the permission.
 */
import type { Check } from '@dropsafe/contract/outbound';
import type { Networks } from './address.ts';
import { describeChecks, hasSucceeded, type Outcome } from './checks.ts';
import {
  mayReceive,
  type AllowedTarget,
  type Referenced,
  type TargetRefusal,
} from './destination.ts';
import { OutboundFailure } from './failure.ts';
import {
  createGuardedFetch,
  usualLimits,
  type OutboundAnswer,
  type OutboundLimits,
} from './guarded-fetch.ts';
import { createHostGuard, literalOf, type LookUp } from './host-guard.ts';
import { inject, type HttpRest } from './inject.ts';
import { createMail, type MailServer } from './mail.ts';

/** Something that goes outside. `open` is asked for the rest, with the values, once all of the secrets may be sent there. */
export interface Call<T> {
  /** The whole address, before values are placed. */
  target: string;
  /** Every secret that the rest refers to. */
  secrets: readonly Referenced[];
  /** What is told of a secret in place of its name, to somebody who may not know it. */
  shownName: (name: string) => string;
  /** Something in it proves who sends it. */
  hasCredentials: boolean;
  /** Throws `WithoutValues` when there are none. */
  open: () => Promise<T>;
}

/** A request over HTTP. */
export type HttpCall = Call<HttpRest>;
/** Signing in to a mail server. */
export type MailCall = Call<Omit<MailServer, 'target'>>;

/** A call that was not made: nothing was opened. */
export class TargetRefused extends Error {
  /** Every secret that may not go there; none when the address cannot be read. */
  readonly refusals: readonly TargetRefusal[];

  constructor(message: string, refusals: readonly TargetRefusal[]) {
    super(message);
    this.name = 'TargetRefused';
    this.refusals = refusals;
  }
}

/** A call that was not made: not all of its values were there. The message is a sentence for people, with names of secrets only. */
export class WithoutValues extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'WithoutValues';
  }
}

/** What a test of a connection came to. */
export interface Tested {
  checks: Check[];
  hasSucceeded: boolean;
  /** Every secret that may not go there; nothing was opened then. */
  refusals: readonly TargetRefusal[];
}

/** Makes calls. Each throws a `TargetRefused`, a `WithoutValues` or an `OutboundFailure`, the tests none of them. */
export interface Calls {
  /** The answer may repeat what was sent: `scrub.ts` goes over what is shown of it. */
  send(call: HttpCall, signal?: AbortSignal): Promise<OutboundAnswer>;
  check(call: HttpCall, signal?: AbortSignal): Promise<Tested>;
  checkMail(call: MailCall, signal?: AbortSignal): Promise<Tested>;
  /** Ends what is under way, and breaks every connection. */
  close(): void;
}

/** How calls are made. */
export interface CallOptions {
  /** Networks that the operator allows (`DROPSAFE_OUTBOUND_ALLOW`). */
  allowed: Networks;
  /** Default: the name service of the system. */
  lookUp?: LookUp;
  limits?: Partial<OutboundLimits>;
}

/** Makes calls to whatever the guard lets pass. */
export function createCalls({ allowed, lookUp, limits }: CallOptions): Calls {
  const guard = createHostGuard({ allowed, ...(lookUp && { lookUp }) });
  const all = { ...usualLimits, ...limits };
  const http = createGuardedFetch(guard, all);
  const mail = createMail(guard, all);
  // What still waits for a turn or a name would connect after all was closed; and a mail server is nobody's to keep.
  const closing = new AbortController();
  const endOf = (signal: AbortSignal | undefined) =>
    signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);

  const send: Calls['send'] = async (call, signal) => {
    const { secrets, open } = call;
    const allowedTarget = demandTarget(call);
    const { address, ...rest } = await open();
    return http.send(
      inject({
        ...rest,
        target: allowedTarget,
        address: address === undefined ? undefined : { content: address, secrets },
      }),
      endOf(signal),
    );
  };

  return {
    send,
    check: (call, signal) =>
      checkBy(call, async () => {
        const { status, body } = await send(call, signal);
        // Nobody looks at it, and a value may be in it.
        body.fill(0);
        return { kind: 'status', status };
      }),
    checkMail: (call, signal) =>
      checkBy(call, async () => {
        const target = demandTarget(call);
        await mail.verify({ ...(await call.open()), target }, endOf(signal));
        return { kind: 'signed-in' };
      }),
    close() {
      closing.abort();
      http.close();
    },
  };
}

function demandTarget({ target, secrets, shownName }: Call<unknown>): AllowedTarget {
  const verdict = mayReceive(target, secrets);
  if (verdict.kind === 'allowed') return verdict.target;
  if (verdict.kind === 'unreadable') throw new TargetRefused(verdict.reason, []);
  const sentences = verdict.refusals.map(({ name, reason }) => `${shownName(name)}: ${reason}`);
  throw new TargetRefused([...new Set(sentences)].join(' '), verdict.refusals);
}

async function checkBy(
  { target, hasCredentials }: Call<unknown>,
  work: () => Promise<Outcome>,
): Promise<Tested> {
  let refusals: readonly TargetRefusal[] = [];
  const outcome = await work().catch((error: unknown): Outcome => {
    if (error instanceof OutboundFailure) return { kind: 'failed', failure: error };
    if (error instanceof WithoutValues)
      return { kind: 'without-values', explanation: error.message };
    if (!(error instanceof TargetRefused)) throw error;
    ({ refusals } = error);
    return { kind: 'not-allowed', explanation: error.message };
  });
  const url = URL.parse(target);
  const checks = describeChecks(
    {
      isLiteral: url !== null && literalOf(url.hostname) !== undefined,
      // To a mail server nothing is said without.
      isTls: url?.protocol !== 'http:',
      hasCredentials,
    },
    outcome,
  );
  return { checks, hasSucceeded: hasSucceeded(outcome), refusals };
}
