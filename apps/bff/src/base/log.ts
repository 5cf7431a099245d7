import { Redacted } from './redacted.ts';

/** What a line may hold: plain facts. No object can be logged, so none can bring a value along. */
export type LogFields = Record<string, string | number | boolean | null | readonly string[]>;

/** The log: JSON lines, one event each. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** `error` is told by name, code and stack frames. Its message is left out: libraries repeat their input in it. */
  error(event: string, error: unknown, fields?: LogFields): void;
}

/** A log that hands each finished line to `write`. */
export function createLog(write: (line: string) => void): Log {
  const line = (level: string, event: string, fields: LogFields = {}) => {
    // The type forbids it already; this catches what came through `unknown`.
    for (const field of Object.values(fields)) {
      if (field instanceof Redacted)
        throw new TypeError('A redacted content was given to the log.');
    }
    write(`${JSON.stringify({ at: new Date().toISOString(), level, event, ...fields })}\n`);
  };
  return {
    info: (event, fields) => line('info', event, fields),
    warn: (event, fields) => line('warn', event, fields),
    error: (event, error, fields) => line('error', event, { ...fields, ...describe(error) }),
  };
}

/**
 * Name, code and frames of an error and of its causes. Never the message: `new Headers`, `JSON.parse`, drizzle and
 * PostgreSQL all repeat what they were given in theirs (docs/threat-model.md, "Values that leak by themselves").
 */
function describe(error: unknown): LogFields {
  const chain: string[] = [];
  const frames: string[] = [];
  for (let current = error; current instanceof Error && chain.length < 5; current = current.cause) {
    const code =
      'code' in current && /^[\w-]{1,40}$/.test(String(current.code))
        ? ` ${String(current.code)}`
        : '';
    chain.push(`${current.name}${code}`);
    if (frames.length === 0) {
      frames.push(...framesOf(current));
    }
  }
  return { error: chain.length > 0 ? chain : ['not an error'], stack: frames };
}

function framesOf(error: Error): string[] {
  // The stack begins with the message, and a message can hold lines that look like frames: cut it off as a whole.
  const stack = error.stack ?? '';
  const end = stack.indexOf(error.message) + error.message.length;
  const lines = stack.slice(end).split('\n');
  return lines
    .filter((line) => /^ {4}at /.test(line))
    .slice(0, 12)
    .map((line) => line.trim());
}
