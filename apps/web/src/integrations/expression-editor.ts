import {
  acceptCompletion,
  autocompletion,
  closeCompletion,
  completionStatus,
  moveCompletionSelection,
  startCompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import {
  history,
  historyKeymap,
  insertNewline,
  isolateHistory,
  standardKeymap,
} from '@codemirror/commands';
import { Annotation, Compartment, EditorState, Prec, Transaction } from '@codemirror/state';
import {
  EditorView,
  highlightSpecialChars,
  keymap,
  placeholder,
  tooltips,
  type Command,
} from '@codemirror/view';
import { filterNames, filters } from '@dropsafe/contract/expression-filters';
import { nonce } from '../ui/nonce.ts';
import { caretToClose, caretToOpen, type Mistake } from './expression-chips.ts';
import { insertFilter, insertSecret, wantedAt, type Insertion } from './expression-completion.ts';
import { chipEnd, display, setMistakes } from './expression-display.ts';
import type { SecretChoice } from './secret-choice.ts';

/**
 * @file The editor inside of an `ExpressionField`: CodeMirror, with secrets as chips, mistakes underlined, and completion.
 * The text of the document is the text of the field, character for character; everything else is how it is shown.
 */

/** What the editor asks of the field around it. */
export interface EditorOwner {
  onChange: (text: string) => void;
  /** The secrets whose name or description has this text; none where the person may not see any. Throws when `isOver` came first. */
  findSecrets: (typed: string, isOver: AbortSignal) => Promise<SecretChoice[]>;
}

/** What cannot change while the editor is there. */
export interface EditorSettings {
  text: string;
  isMultiline: boolean;
}

/** The editor of one field. */
export interface ExpressionEditor {
  focus: () => void;
  /** Takes over a text that was not typed here. What was typed here and comes back is left alone, the caret too. */
  take: (text: string) => void;
  underline: (mistakes: readonly Mistake[]) => void;
  /** What is shown while it is empty, and attributes of the element that has the focus. */
  describe: (hint: string, attributes: Record<string, string>) => void;
  insertSecret: (name: string) => void;
  destroy: () => void;
}

/** Makes an editor as the only child of `parent`. `owner` is asked for anew each time: its answers change with the field. */
export function createEditor(
  parent: HTMLElement,
  { text, isMultiline }: EditorSettings,
  owner: () => EditorOwner,
): ExpressionEditor {
  const description = new Compartment();
  // What was handed out and has not come back yet.
  let handedOut: string[] = [];
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      selection: { anchor: text.length },
      extensions: [
        // A CR that came from elsewhere stays, and is seen; positions are those of the text.
        EditorState.lineSeparator.of('\n'),
        nonce === undefined ? [] : EditorView.cspNonce.of(nonce),
        EditorState.phrases.of({ Completions: 'Suggestions' }),
        history(),
        highlightSpecialChars(),
        display,
        tooltips({ position: 'fixed' }),
        autocompletion({
          override: [(context) => complete(context, owner())],
          icons: false,
          defaultKeymap: false,
          optionClass: ({ type }) => type ?? '',
        }),
        Prec.high(keymap.of(keys(isMultiline))),
        keymap.of([...historyKeymap, ...standardKeymap]),
        isMultiline ? EditorView.lineWrapping : [],
        description.of([]),
        EditorView.clipboardInputFilter.of((pasted) => pasted.replaceAll(/\r\n?/g, '\n')),
        EditorView.domEventHandlers({ dblclick: openClicked, blur: closeLeft }),
        EditorView.updateListener.of(({ docChanged, state, transactions }) => {
          if (!docChanged || transactions.some((one) => one.annotation(isTaken) === true)) return;
          const typed = state.doc.toString();
          handedOut.push(typed);
          owner().onChange(typed);
        }),
      ],
    }),
  });
  return {
    focus: () => view.focus(),
    take: (next) => {
      const current = view.state.doc.toString();
      const echo = handedOut.indexOf(next);
      handedOut = next === current || echo === -1 ? [] : handedOut.slice(echo + 1);
      if (next === current || echo !== -1) return;
      view.dispatch({
        changes: { from: 0, to: current.length, insert: next },
        selection: { anchor: next.length },
        annotations: [isTaken.of(true), isolateHistory.of('full')],
      });
    },
    underline: (mistakes) => view.dispatch({ effects: setMistakes.of(mistakes) }),
    describe: (hint, attributes) =>
      view.dispatch({
        effects: description.reconfigure([
          hint === '' ? [] : placeholder(hint),
          EditorView.contentAttributes.of({
            'aria-multiline': String(isMultiline),
            // It has the focus by itself; some tools look for the attribute.
            tabindex: '0',
            ...attributes,
          }),
        ]),
      }),
    insertSecret: (name) => {
      const { from, to } = view.state.selection.main;
      apply(view, insertSecret(view.state.doc.toString(), from, to, name), 'input');
    },
    destroy: () => view.destroy(),
  };
}

const isTaken = Annotation.define<boolean>();

function apply(view: EditorView, { from, to, insert, caret }: Insertion, userEvent: string): void {
  view.dispatch({
    changes: { from, to, insert },
    selection: { anchor: caret },
    scrollIntoView: true,
    annotations: [Transaction.userEvent.of(userEvent), isolateHistory.of('full')],
  });
}

// --- keys ---

function keys(isMultiline: boolean) {
  return [
    { key: 'ArrowDown', run: moveCompletionSelection(true) },
    { key: 'ArrowUp', run: moveCompletionSelection(false) },
    { key: 'PageDown', run: moveCompletionSelection(true, 'page') },
    { key: 'PageUp', run: moveCompletionSelection(false, 'page') },
    { key: 'Ctrl-Space', run: startCompletion },
    { key: 'Enter', run: isMultiline ? enterInText : enterInLine },
    { key: 'F2', run: openBeside },
    // The dialog around must not close when it is the list or the chip that is left.
    {
      key: 'Escape',
      run: (view: EditorView) => closeCompletion(view) || closeOpen(view),
      stopPropagation: true,
    },
  ];
}

const enterInText: Command = (view) => acceptCompletion(view) || insertNewline(view);

/** Sends the form, as Enter does in every other field of one line. */
const enterInLine: Command = (view) => {
  if (acceptCompletion(view)) return true;
  // A list that has just appeared, or is about to: this Enter may have been meant for it.
  if (completionStatus(view.state) === null) view.dom.closest('form')?.requestSubmit();
  return true;
};

const openBeside: Command = (view) => {
  const { state } = view;
  const { from, to } = state.selection.main;
  const caret = caretToOpen(state.doc.toString(), to) ?? caretToOpen(state.doc.toString(), from);
  if (caret === undefined) return false;
  view.dispatch({ selection: { anchor: caret }, scrollIntoView: true });
  return true;
};

const closeOpen: Command = (view) => {
  const { state } = view;
  const caret = caretToClose(state.doc.toString(), state.selection.main.head);
  if (caret === undefined) return false;
  view.dispatch({ selection: { anchor: caret }, scrollIntoView: true });
  return true;
};

function openClicked({ target }: MouseEvent, view: EditorView): boolean {
  const chip = target instanceof Element ? target.closest('.ds-chip') : null;
  if (chip === null) return false;
  const end = chipEnd(view.state, view.posAtDOM(chip));
  const caret = caretToOpen(view.state.doc.toString(), end);
  if (caret === undefined) return false;
  view.dispatch({ selection: { anchor: caret } });
  return true;
}

/** What is left is a chip again. */
function closeLeft(_: FocusEvent, view: EditorView): boolean {
  closeOpen(view);
  return false;
}

// --- completion ---

/** How many secrets are offered while one types: as many as can be seen at once. The button beside the field shows more. */
const mostOffered = 6;

async function complete(
  context: CompletionContext,
  owner: EditorOwner,
): Promise<CompletionResult | null> {
  const text = context.state.doc.toString();
  const wanted = wantedAt(text, context.pos);
  if (wanted === undefined) return null;
  const from = context.pos - wanted.typed.length;
  if (wanted.kind === 'filter') return { from, options: filterOptions };
  const isOver = new AbortController();
  context.addEventListener('abort', () => isOver.abort(), { onDocChange: true });
  try {
    const choices = await owner.findSecrets(wanted.typed, isOver.signal);
    // By name or description: the server has matched them already.
    return { from, options: choices.slice(0, mostOffered).map(secretOption), filter: false };
  } catch {
    // Typed over, or not to be had: the button beside the field tells why.
    return null;
  }
}

const filterOptions: Completion[] = filterNames.map((name, index) => ({
  label: name,
  detail: filters[name].help,
  boost: -index,
  apply: (view) => {
    const text = view.state.doc.toString();
    const at = view.state.selection.main.head;
    const wanted = wantedAt(text, at);
    if (wanted?.kind === 'filter')
      apply(view, insertFilter(text, wanted, at, name), 'input.complete');
  },
}));

function secretOption({ secret: { name, description }, refusal }: SecretChoice): Completion {
  return {
    label: name,
    detail: refusal ?? description ?? '',
    type: refusal === undefined ? 'ds-fits' : 'ds-refused',
    apply: (view) => {
      if (refusal !== undefined) return;
      const at = view.state.selection.main.head;
      apply(view, insertSecret(view.state.doc.toString(), at, at, name), 'input.complete');
    },
  };
}
