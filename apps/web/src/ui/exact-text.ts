/**
 * @file Text that must arrive byte for byte although it passes through a textarea, which turns every line end into LF.
 * Pure: what is shown, what is meant, and what may be a slip of the person who pasted it.
 */

/** The line ends of a text. `mixed` also stands for a lone CR. */
export type LineEnds = 'none' | 'lf' | 'crlf' | 'mixed';

/** Which line ends a text has. */
export function lineEnds(text: string): LineEnds {
  const pairs = text.split('\r\n').length - 1;
  const returns = text.split('\r').length - 1;
  const feeds = text.split('\n').length - 1;
  if (returns === 0) return feeds === 0 ? 'none' : 'lf';
  return pairs === returns && pairs === feeds ? 'crlf' : 'mixed';
}

/** The text as a textarea holds it: LF only. */
export function toLf(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

/** The text with CRLF at every line end. Takes LF only. */
export function toCrlf(text: string): string {
  return text.replaceAll('\n', '\r\n');
}

/** What surrounds the text that is probably not meant, in words; undefined when there is nothing. */
export function surroundings(text: string): string | undefined {
  if (text === '') return undefined;
  if (text.trim() === '') return 'The value consists of blanks only.';
  const start = text.slice(0, text.length - text.trimStart().length);
  const end = text.slice(text.trimEnd().length);
  const parts = [
    start !== '' && `begins with ${name(start)}`,
    end !== '' && `ends with ${name(end)}`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? undefined : `The value ${parts.join(' and ')}.`;
}

function name(blanks: string): string {
  const breaks = toLf(blanks).split('\n').length - 1;
  const others = toLf(blanks).replaceAll('\n', '').length;
  const parts = [
    others > 0 && (others === 1 ? 'a blank' : `${others} blanks`),
    breaks > 0 && (breaks === 1 ? 'a line break' : `${breaks} line breaks`),
  ].filter((part) => part !== false);
  return parts.join(' and ');
}

/** Why the content of a file cannot be a value. Says nothing of the content. */
export interface FileRefusal {
  kind: 'refused';
  reason: string;
}

/** Reads bytes as text without changing any: a byte order mark stays, invalid UTF-8 is refused rather than replaced. */
export function readUtf8(bytes: ArrayBuffer): { kind: 'text'; text: string } | FileRefusal {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { kind: 'text', text };
  } catch {
    return {
      kind: 'refused',
      reason: 'The file is not text in UTF-8. Encode it first, for example as base64.',
    };
  }
}
