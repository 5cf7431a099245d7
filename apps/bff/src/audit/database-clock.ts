/** The database's clock as this node last read it, carried on by a clock that is never set. Not moved backwards. */
export interface DatabaseClock {
  /** Takes over a time that was just read. */
  set(at: string): void;
  /** The time now, in ISO 8601 with milliseconds; undefined before the first reading. */
  now(): string | undefined;
}

/** A clock that has not been set yet. */
export function createDatabaseClock(): DatabaseClock {
  let offsetMs: number | undefined;
  return {
    set(at) {
      offsetMs = Date.parse(at) - performance.now();
    },
    now: () =>
      offsetMs === undefined
        ? undefined
        : new Date(Math.floor(offsetMs + performance.now())).toISOString(),
  };
}
