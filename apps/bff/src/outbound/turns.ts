/** @file How many requests are under way at once: so many for one node, and so many to one host, so that a slow one leaves room for the others. */
import { OutboundFailure } from './failure.ts';

/** Gives turns. */
export interface Turns {
  /** Waits for a turn; the answer ends it. Throws `busy` when the signal ends the waiting, or too many wait already. */
  take(host: string, signal: AbortSignal): Promise<() => void>;
}

/** How many. */
export interface TurnLimits {
  perNode: number;
  perHost: number;
  /** How many may wait for one host. */
  waitingPerHost: number;
}

interface Waiting {
  host: string;
  start: () => void;
}

/** Turns are given in the order in which they were asked for, to each host that has one left. */
export function createTurns({ perNode, perHost, waitingPerHost }: TurnLimits): Turns {
  const underWay = new Map<string, number>();
  const waiting: Waiting[] = [];
  let all = 0;

  const isFree = (host: string) => all < perNode && (underWay.get(host) ?? 0) < perHost;

  function begin(host: string): () => void {
    all += 1;
    underWay.set(host, (underWay.get(host) ?? 0) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      all -= 1;
      const left = (underWay.get(host) ?? 1) - 1;
      if (left === 0) underWay.delete(host);
      else underWay.set(host, left);
      const next = waiting.findIndex((one) => isFree(one.host));
      if (next >= 0) waiting.splice(next, 1)[0]?.start();
    };
  }

  return {
    async take(host, signal) {
      if (signal.aborted) throw new OutboundFailure('busy');
      if (isFree(host)) return begin(host);
      if (waiting.filter((one) => one.host === host).length >= waitingPerHost)
        throw new OutboundFailure('busy');
      return new Promise((resolve, reject) => {
        const giveUp = () => {
          waiting.splice(waiting.indexOf(mine), 1);
          reject(new OutboundFailure('busy'));
        };
        const mine: Waiting = {
          host,
          start: () => {
            signal.removeEventListener('abort', giveUp);
            resolve(begin(host));
          },
        };
        signal.addEventListener('abort', giveUp, { once: true });
        waiting.push(mine);
      });
    },
  };
}
