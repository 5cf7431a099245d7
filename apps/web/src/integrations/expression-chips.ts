import {
  parseExpression,
  type ExpressionPart,
  type Reference,
  type Span,
} from '@dropsafe/contract/expressions';

/**
 * @file What of a text with expressions is shown otherwise than it stands: a secret as a chip, a mistake underlined.
 * Positions only, no editor: `expression-editor.ts` makes decorations of them.
 */

/** What is wrong with a text. With a place it is underlined there. */
export interface Mistake {
  message: string;
  start?: number;
  end?: number;
}

/** A whole expression with a secret, shown as one thing. */
export interface Chip extends Span {
  name: string;
  /** In the order in which they are applied. */
  filters: readonly string[];
  /** The first mistake somewhere in it, as a sentence. */
  mistake: string | undefined;
}

/** A mistake outside of chips. */
export interface Underline extends Span {
  message: string;
}

/** How a text is to be shown. */
export interface ShownText {
  /** By place; they neither overlap nor touch an underline. */
  chips: Chip[];
  /** By place; never empty. */
  underlines: Underline[];
}

/** What is selected: where it was begun and where the caret is; the same place when nothing is selected. */
export interface Selected {
  anchor: number;
  head: number;
}

/**
 * Every whole expression with a secret is a chip, but for the one that the caret (or an end of the selection) is in the
 * midst of: that one is being edited, and stands there as text.
 */
export function showText(
  text: string,
  { anchor, head }: Selected,
  mistakes: readonly Mistake[],
): ShownText {
  const places = placesOf(mistakes, text.length);
  const chips = expressionsOf(text)
    .filter(({ part }) => !isWithin(part, head) && !isWithin(part, anchor))
    .map(({ part, secret }): Chip => ({
      start: part.start,
      end: part.end,
      name: secret.name,
      filters: part.filters.map(({ name }) => name),
      mistake: places.find((place) => overlaps(place, part))?.message,
    }));
  const underlines = places
    .filter((place) => !chips.some((chip) => overlaps(place, chip)))
    .toSorted((a, b) => a.start - b.start || a.end - b.end);
  return { chips, underlines };
}

/** Where the caret goes when the chip beside `at` is opened: behind the last word in it, where a filter would be added. */
export function caretToOpen(text: string, at: number): number | undefined {
  const beside = expressionsOf(text);
  // Of two that touch each other, the one behind the caret is what one has come from.
  const found =
    beside.find(({ part }) => part.end === at) ?? beside.find(({ part }) => part.start === at);
  return found && (found.part.filters.at(-1)?.end ?? found.secret.end);
}

/** Where the caret goes when the expression that it is in the midst of is left; undefined when it is in none. */
export function caretToClose(text: string, at: number): number | undefined {
  return expressionsOf(text).find(({ part }) => isWithin(part, at))?.part.end;
}

/** The whole expressions with a secret in them. */
function expressionsOf(text: string): { part: ExpressionPart; secret: Reference }[] {
  return parseExpression(text).parts.flatMap((part) =>
    part.kind === 'expression' && part.value.kind === 'secret'
      ? [{ part, secret: part.value }]
      : [],
  );
}

function isWithin({ start, end }: Span, at: number): boolean {
  return start < at && at < end;
}

function overlaps(one: Span, other: Span): boolean {
  return one.start < other.end && other.start < one.end;
}

/** A place may be that of a text which has become shorter since. */
function placesOf(mistakes: readonly Mistake[], length: number): Underline[] {
  return mistakes.flatMap(({ message, start, end }) => {
    if (start === undefined || end === undefined) return [];
    const clamped = { message, start: Math.max(0, start), end: Math.min(end, length) };
    return clamped.start < clamped.end ? [clamped] : [];
  });
}
