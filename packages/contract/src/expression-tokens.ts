/** @file Cuts the inside of an expression into tokens, each character once. Positions are in UTF-16 code units. */

/** A piece of an expression with its place in the whole text. */
export interface Token {
  kind: 'name' | 'string' | 'unclosed-string' | 'curly-string' | '(' | ')' | '|' | 'other';
  start: number;
  end: number;
  /** Of a name: itself. Of a string: what it stands for. Else empty: it may be anything, and is not repeated. */
  text: string;
  /** Where a `\` of a string stands that escapes nothing. */
  badEscapes: number[];
}

/** The tokens of one expression, and how it ends. */
export interface TokenizedExpression {
  tokens: Token[];
  /** `closed` by `}}`; `interrupted` by the next `{{`, which begins at `end`; `unclosed` at the end of the text. */
  ending: 'closed' | 'interrupted' | 'unclosed';
  /** Behind the `}}`, before the next `{{`, or the length of the text. */
  end: number;
}

/** What may stand behind a `\` in a string, and what it stands for. */
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  '{': '{',
  '}': '}',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Word processors and chats make these of straight quotes; each with those that may close it. */
const typographicQuotes: Readonly<Record<string, string>> = {
  '\u2018': '\u2019',
  '\u2019': '\u2019',
  '\u201A': '\u2018\u2019',
  '\u201C': '\u201D',
  '\u201D': '\u201D',
  '\u201E': '\u201C\u201D',
  '\u00AB': '\u00BB',
  '\u00BB': '\u00AB\u00BB',
};

/** Cuts an expression whose `{{` ends at `from`. `}}` ends it wherever it stands, so that a forgotten quote stays in it. */
export function tokenizeExpression(text: string, from: number): TokenizedExpression {
  const tokens: Token[] = [];
  let at = from;
  while (at < text.length) {
    if (text.startsWith('}}', at)) return { tokens, ending: 'closed', end: at + 2 };
    if (text.startsWith('{{', at)) return { tokens, ending: 'interrupted', end: at };
    if (isBlank(text.charAt(at))) {
      at += 1;
      continue;
    }
    const token = readToken(text, at);
    tokens.push(token);
    at = token.end;
  }
  return { tokens, ending: 'unclosed', end: text.length };
}

function readToken(text: string, start: number): Token {
  const character = text.charAt(start);
  const token = (
    kind: Token['kind'],
    end: number,
    content = '',
    badEscapes: number[] = [],
  ): Token => ({
    kind,
    start,
    end,
    text: content,
    badEscapes,
  });
  if (character === '(' || character === ')' || character === '|')
    return token(character, start + 1);
  if (character === "'" || character === '"') return readString(text, start, token);
  const closing = typographicQuotes[character];
  if (closing !== undefined) return token('curly-string', endOfCurly(text, start + 1, closing));
  let end = start;
  while (end < text.length && isNameCharacter(text.charCodeAt(end))) end += 1;
  return end > start ? token('name', end, text.slice(start, end)) : token('other', start + 1);
}

function readString(
  text: string,
  start: number,
  token: (kind: Token['kind'], end: number, content: string, badEscapes: number[]) => Token,
): Token {
  const quote = text.charAt(start);
  const badEscapes: number[] = [];
  let content = '';
  let at = start + 1;
  while (at < text.length && !text.startsWith('}}', at)) {
    const character = text.charAt(at);
    if (character === quote) return token('string', at + 1, content, badEscapes);
    if (character !== '\\') {
      content += character;
      at += 1;
      continue;
    }
    const escaped = escapes[text.charAt(at + 1)];
    if (escaped === undefined) badEscapes.push(at);
    else content += escaped;
    at += escaped === undefined ? 1 : 2;
  }
  return token('unclosed-string', at, content, badEscapes);
}

function endOfCurly(text: string, from: number, closing: string): number {
  let at = from;
  while (at < text.length && !text.startsWith('}}', at)) {
    if (closing.includes(text.charAt(at))) return at + 1;
    at += 1;
  }
  return at;
}

function isBlank(character: string): boolean {
  return (
    character === ' ' ||
    character === '\t' ||
    character === '\n' ||
    character === '\r' ||
    character === '\u00A0'
  );
}

/** Letters, digits, "_" and "-": what names of secrets are made of, so that an unquoted one is one token. */
function isNameCharacter(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === 45
  );
}
