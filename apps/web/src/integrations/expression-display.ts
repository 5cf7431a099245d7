import { StateEffect, StateField, type EditorState, type RangeSet } from '@codemirror/state';
import { Decoration, EditorView, WidgetType, type DecorationSet } from '@codemirror/view';
import { showText, type Chip, type Mistake } from './expression-chips.ts';

/** @file Secrets as chips and mistakes underlined: what `expression-chips.ts` decides, as decorations of the editor. */

/** Tells which mistakes the text has, as it is at this moment. */
export const setMistakes = StateEffect.define<readonly Mistake[]>();

interface Shown {
  mistakes: readonly Mistake[];
  decorations: DecorationSet;
  /** What the caret moves over, and what is deleted, in one step. */
  atoms: RangeSet<Decoration>;
}

/** The extension that does it. */
export const display = StateField.define<Shown>({
  create: (state) => show(state, []),
  update: (before, { docChanged, selection, effects, changes, state }) => {
    const set = effects.find((effect) => effect.is(setMistakes));
    if (!docChanged && selection === undefined && set === undefined) return before;
    const moved = before.mistakes.map(({ message, start, end }) =>
      start === undefined || end === undefined
        ? { message }
        : { message, start: changes.mapPos(start, 1), end: changes.mapPos(end, -1) },
    );
    return show(state, set?.value ?? moved);
  },
  provide: (field) => [
    EditorView.decorations.from(field, ({ decorations }) => decorations),
    EditorView.atomicRanges.of(({ state }) => state.field(field).atoms),
  ],
});

/** Where the chip that begins at `start` ends; `start` itself when none does. */
export function chipEnd(state: EditorState, start: number): number {
  let end = start;
  state.field(display).atoms.between(start, start, (from, to) => {
    if (from === start) end = to;
  });
  return end;
}

function show({ doc, selection }: EditorState, mistakes: readonly Mistake[]): Shown {
  const { chips, underlines } = showText(doc.toString(), selection.main, mistakes);
  const atoms = Decoration.set(
    chips.map((chip) =>
      Decoration.replace({ widget: new ChipWidget(chip) }).range(chip.start, chip.end),
    ),
  );
  const decorations = atoms.update({
    add: underlines.map(({ message, start, end }) =>
      Decoration.mark({ class: 'ds-mistake', attributes: { title: message } }).range(start, end),
    ),
    sort: true,
  });
  return { mistakes, decorations, atoms };
}

/** The icon of a key, as it is drawn in the button beside. */
const keyPath =
  'M21 10h-8.35C11.83 7.67 9.61 6 7 6c-3.31 0-6 2.69-6 6s2.69 6 6 6c2.61 0 4.83-1.67 5.65-4H13l2 2 2-2 2 2 4-4.04zM7 15c-1.65 0-3-1.35-3-3s1.35-3 3-3 3 1.35 3 3-1.35 3-3 3';

class ChipWidget extends WidgetType {
  readonly chip: Chip;

  constructor(chip: Chip) {
    super();
    this.chip = chip;
  }

  override eq({ chip: other }: ChipWidget): boolean {
    const { name, filters: applied, mistake } = this.chip;
    return (
      name === other.name && mistake === other.mistake && applied.join() === other.filters.join()
    );
  }

  override toDOM(): HTMLElement {
    const { name, filters: applied, mistake } = this.chip;
    const dom = document.createElement('span');
    dom.className = mistake === undefined ? 'ds-chip' : 'ds-chip ds-wrong';
    dom.setAttribute('role', 'img');
    const said = [`Secret ${name}`, ...applied, ...(mistake === undefined ? [] : [mistake])];
    dom.setAttribute('aria-label', said.join(', '));
    dom.title = `${mistake === undefined ? '' : `${mistake}\n`}To edit it: double click, or F2 beside it.`;
    const label = document.createElement('span');
    label.className = 'ds-chip-name';
    label.textContent = name;
    dom.append(keyIcon(), label);
    if (applied.length > 0) dom.append(` · ${applied.join(' · ')}`);
    return dom;
  }

  // Clicks are for the editor: they put the caret beside the chip.
  override ignoreEvent(): boolean {
    return false;
  }
}

function keyIcon(): SVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const icon = document.createElementNS(namespace, 'svg');
  icon.setAttribute('viewBox', '0 0 24 24');
  icon.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(namespace, 'path');
  path.setAttribute('d', keyPath);
  icon.append(path);
  return icon;
}
