/** @file Whether events are the chain that was written, link by link, in constant memory. Pure. */
import { timingSafeEqual, type KeyObject } from 'node:crypto';
import { faultOf, type ChainEnd, type StoredEvent } from './chain.ts';

/** A point that the chain went through, by somebody's word. */
export interface Mark extends ChainEnd {
  /** It holds for a chain that ends before it, too: one that was read earlier. */
  isOptional: boolean;
}

/** What is wrong with the first event that does not hold. */
export interface Fault {
  id: number;
  what: 'altered' | 'missing' | 'moved' | 'cut-off' | 'end-missing' | 'unreadable';
}

/** How far the chain holds, and what is wrong there. */
export interface Verdict {
  /** How many events hold. */
  held: number;
  /** The last of them. */
  end: ChainEnd;
  /** Those among them which say that the end of the chain had been taken away before. */
  lostEnds: readonly number[];
  /** Undefined when all of it holds. */
  fault: Fault | undefined;
}

/**
 * Goes through events up to the first that does not hold. `startOf` tells what the first one must be chained to; an event
 * that is undefined could not be read.
 */
export async function verifyChain(
  key: KeyObject,
  startOf: (first: StoredEvent | undefined) => ChainEnd,
  events: AsyncIterable<StoredEvent | undefined>,
  marks: readonly Mark[],
): Promise<Verdict> {
  let end: ChainEnd | undefined;
  let held = 0;
  const lostEnds: number[] = [];
  const isMissed = ({ id, mac }: ChainEnd) =>
    marks.some((mark) => mark.id === id && !isSame(mark.mac, mac));
  for await (const event of events) {
    end ??= startOf(event);
    if (event === undefined)
      return { held, end, lostEnds, fault: { id: end.id + 1, what: 'unreadable' } };
    const { mac, ...chained } = event;
    const what = faultOf(key, end, chained, mac);
    // A gap is named by the first event that is not there.
    if (what !== undefined)
      return {
        held,
        end,
        lostEnds,
        fault: { id: what === 'missing' ? end.id + 1 : event.id, what },
      };
    if (isMissed(event)) return { held, end, lostEnds, fault: { id: event.id, what: 'altered' } };
    end = { id: event.id, mac };
    held += 1;
    if (chained.action === 'audit.end-missing') lostEnds.push(event.id);
  }
  const last = end ?? startOf(undefined);
  if (held === 0 && isMissed(last))
    return { held, end: last, lostEnds, fault: { id: last.id, what: 'altered' } };
  const isShort = marks.some((mark) => !mark.isOptional && mark.id > last.id);
  return {
    held,
    end: last,
    lostEnds,
    fault: isShort ? { id: last.id + 1, what: 'cut-off' } : undefined,
  };
}

/** True for equal bytes. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
