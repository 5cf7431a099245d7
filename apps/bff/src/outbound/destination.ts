/**
 * @file Destination before secret: whether everything that a request refers to may be sent to where it goes, decided before
 * any value is opened. [Note: Destination before secret] in docs/architecture.md.
 */
import {
  judgeTarget,
  parseDestination,
  type TargetRefusalCode,
} from '@dropsafe/contract/destinations';

/** A secret that a request refers to. There is no value in it, and none is needed. */
export interface Referenced {
  name: string;
  /** Canonical, as they are sealed with the value. */
  destinations: readonly string[];
}

declare const judged: unique symbol;

/** Where a request goes, with the verdict that it may: only `mayReceive` makes one, and only with one is a value placed. */
export interface AllowedTarget {
  /** The whole address as it was compared, and nothing else is requested. */
  readonly href: string;
  readonly [judged]: true;
}

/** Why one secret may not go there. The reason is a sentence of the contract, and repeats nothing. */
export interface TargetRefusal {
  name: string;
  code: TargetRefusalCode;
  reason: string;
}

/** Whether a request may be made with all that it refers to; else every secret that hinders it. */
export type ReceiveVerdict =
  | { kind: 'allowed'; target: AllowedTarget }
  | { kind: 'refused'; refusals: TargetRefusal[] }
  /** There is no secret to name: the address itself cannot be read without doubt. */
  | { kind: 'unreadable'; reason: string };

/**
 * Says whether all these secrets may be sent to `target`: the whole address of the request, as it is before values are
 * placed, or that of a mail server. One that may not is enough to refuse all.
 */
export function mayReceive(target: string, secrets: readonly Referenced[]): ReceiveVerdict {
  // Read by the same rules as with secrets, as if by one that may go to just this origin.
  const read = judgeTarget(target, [originOf(target)]);
  if (read.kind === 'refused') return { kind: 'unreadable', reason: read.reason };
  const refusals = secrets.flatMap(({ name, destinations }): TargetRefusal[] => {
    const verdict = judgeTarget(target, destinations);
    return verdict.kind === 'refused' ? [{ name, code: verdict.code, reason: verdict.reason }] : [];
  });
  if (refusals.length > 0) return { kind: 'refused', refusals };
  // as: this is the one place that makes one
  return { kind: 'allowed', target: { href: read.href } as AllowedTarget };
}

/**
 * The address of a request once its values are placed in its path and query: the same host, the same steps and the same parameters, and
 * judged anew. Undefined when a value would lead elsewhere.
 */
export function withValues(
  target: AllowedTarget,
  address: string,
  secrets: readonly Referenced[],
): AllowedTarget | undefined {
  const verdict = mayReceive(address, secrets);
  if (verdict.kind !== 'allowed') return undefined;
  return shapeOf(verdict.target.href) === shapeOf(target.href) ? verdict.target : undefined;
}

/** What no value may change: the origin, how many steps the path has, how many parameters the query. */
function shapeOf(href: string): string {
  const { protocol, host, pathname, search, hash } = new URL(href);
  // A dot segment has been resolved by now, so it shows as a step too few. Some programs end a step or a parameter at ";".
  return [`${protocol}//${host}`, pathname, search, hash]
    .map((part, index) => (index === 0 ? part : part.replaceAll(/[^/?&;=#]/g, '')))
    .join(' ');
}

/** Where it goes, without path and query: what the trail may tell of an address. */
export function shownOrigin(target: string): string {
  const origin = parseDestination(originOf(target));
  return origin.kind === 'destination' ? origin.canonical : 'an address that cannot be read';
}

function originOf(target: string): string {
  return /^[a-z]+:\/\/[^/?#]*/i.exec(target)?.[0] ?? '';
}
