import { inspect } from 'node:util';

/** What a redacted content shows of itself, everywhere. */
const shown = '[redacted]';

/**
 * Holds something that may not be printed, logged, compared or put into JSON by accident: a value or a password.
 * `reveal` is the only way to the content; who calls it is listed, file by file, in `test/house.test.ts`.
 * [Note: Write-only] in docs/architecture.md.
 */
export class Redacted<T extends string | Uint8Array> {
  readonly #content: T;

  /** Takes the content over; bytes are overwritten by `wipe`, so the giver must not use them any more. */
  constructor(content: T) {
    this.#content = content;
  }

  /** The content itself. Whoever calls this answers for where it goes. */
  reveal(): T {
    return this.#content;
  }

  /** Overwrites bytes. A string stays in memory until it is collected: JavaScript offers no more. */
  wipe(): void {
    if (typeof this.#content !== 'string') this.#content.fill(0);
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
