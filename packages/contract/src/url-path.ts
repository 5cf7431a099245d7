/**
 * @file Reads the path of a URL into the one form in which paths are compared. Whatever two programs could read as two
 * paths is refused rather than guessed: the proxy before a service and the service itself are two programs. Pure.
 */

/** A path in its one form, or undefined when it can be read in more than one way. */
export interface ReadPath {
  kind: 'path';
  /** Empty for the root, else a slash before every segment and none at the end: `/repos/acme`. */
  path: string;
}

/** Why a path is not compared, in words. Never repeats any of it. */
export interface AmbiguousPath {
  kind: 'ambiguous';
  reason: string;
}

const ambiguous = (reason: string): AmbiguousPath => ({ kind: 'ambiguous', reason });

/**
 * Reads a path that begins with a slash or is empty. Plain `.` and `..` are resolved (RFC 3986, 5.2.4), a slash at the
 * end falls away, `%7e` is `~` and `%c3` is `%C3` (6.2.2). Refused: empty segments, a `%` that encodes nothing, what
 * is no UTF-8 (overlong forms among it), encoded delimiters and encoded percent signs (double encoding), and
 * whatever becomes a dot segment once it is decoded, normalised (NFKC) or freed of its parameters (`..;`).
 */
export function readPath(text: string): ReadPath | AmbiguousPath {
  const resolved: string[] = [];
  const segments = text.split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    if (segment === '') {
      if (index === segments.length - 1) continue;
      return ambiguous('A path has one "/" between its parts, not two.');
    }
    if (segment === '.') continue;
    if (segment === '..') {
      resolved.pop();
      continue;
    }
    const reason = reasonAgainst(segment);
    if (reason !== undefined) return ambiguous(reason);
    resolved.push(canonicalSegment(segment));
  }
  return { kind: 'path', path: resolved.map((segment) => `/${segment}`).join('') };
}

/** True when `inner` is `outer` or below it. Both come from `readPath`. */
export function isPathWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

function reasonAgainst(segment: string): string | undefined {
  const decoded = decode(segment);
  if (decoded === undefined) return 'The path has a "%" that encodes no character.';
  // Some servers normalise names before they look them up: U+2025 becomes "..", U+FF0F becomes "/".
  const plain = decoded.normalize('NFKC');
  if (/[/\\?#%\p{Cc}]/u.test(decoded + plain))
    return 'The path has an encoded "/", "\\", "?", "#", "%" or control character.';
  // Tomcat drops parameters ("..;x=1"), Windows drops blanks and dots at the end (".. .").
  if (/^[.\s]*$/.test(plain.split(';', 1)[0] ?? '')) return 'The path has a hidden "." or "..".';
  return undefined;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** Encodes what RFC 3986 does not allow in a segment, and decodes what needs no encoding. */
function canonicalSegment(segment: string): string {
  return segment
    .replaceAll(/%[0-9a-f]{2}/gi, (encoded) => {
      const character = String.fromCodePoint(Number.parseInt(encoded.slice(1), 16));
      return /[\w.~-]/.test(character) ? character : encoded.toUpperCase();
    })
    .replaceAll(/[^\w.~!$&'()*+,;=:@%-]/gu, encodeURIComponent);
}
