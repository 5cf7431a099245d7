import { secretLimits, valueBytes } from '@dropsafe/contract/secrets';
import {
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
  type ChangeEvent,
  type ClipboardEvent,
  type DragEvent,
  type Ref,
} from 'react';
import { lineEnds, readUtf8, surroundings, toCrlf, toLf, type LineEnds } from './exact-text.ts';

/**
 * @file Keeps the text of a textarea byte for byte. A textarea turns CRLF and CR into LF, so text that has any comes in
 * through here: where every line end is CRLF the field remembers just that (and can still be edited); where they are
 * mixed, the exact text is held beside the field, which is then read-only. State holds facts about the text, never the text.
 */

/** What a form may do with a write-only field. */
export interface WriteOnlyHandle {
  /** The exact value, at this moment. Do not keep it. */
  read(): string;
  /** Wipes the field. */
  clear(): void;
  focus(): void;
}

/** What is known about the text without knowing it. */
interface Facts {
  lineEnds: LineEnds;
  surroundings: string | undefined;
  /** Held beside the field, because the field would change it. */
  isHeld: boolean;
  /** Bytes of UTF-8. */
  size: number;
}

const nothing: Facts = {
  lineEnds: 'none',
  surroundings: undefined,
  isHeld: false,
  size: 0,
};

const kib = secretLimits.valueBytes / 1024;

/** The behaviour of `WriteOnlyField`. */
export function useExactTextarea(ref: Ref<WriteOnlyHandle>, onTyped: (isEmpty: boolean) => void) {
  const area = useRef<HTMLTextAreaElement>(null);
  // Refs, not state: what is in state is kept by React and shown by its developer tools.
  const isCrlf = useRef(false);
  const held = useRef<string | null>(null);
  const [facts, setFacts] = useState(nothing);
  const [refusal, setRefusal] = useState<string>();
  const [source, setSource] = useState<string>();
  const [isDropTarget, setDropTarget] = useState(false);

  const read = (): string => {
    const shown = area.current?.value ?? '';
    return held.current ?? (isCrlf.current ? toCrlf(shown) : shown);
  };

  /** Looks at the text again after any change. */
  const notice = (): void => {
    const text = read();
    // Without any line break left there is nothing to remember: the next one typed is an ordinary one.
    if (isCrlf.current && lineEnds(text) === 'none') isCrlf.current = false;
    setFacts({
      lineEnds: lineEnds(text),
      surroundings: surroundings(text),
      isHeld: held.current !== null,
      size: valueBytes(text),
    });
    onTyped(text === '');
  };

  /** Makes `text` the whole content, exactly. */
  const write = (text: string): void => {
    if (area.current === null) return;
    isCrlf.current = lineEnds(text) === 'crlf';
    area.current.value = toLf(text);
    held.current = null;
    // Whatever else this browser changes (a NUL, say) is seen here: then the exact text is held beside the field.
    if (read() !== text) held.current = text;
    setRefusal(undefined);
    notice();
  };

  /** Puts `text` where the cursor is, without a change to it or to what is around it. */
  const insert = (text: string): void => {
    const { current } = area;
    if (current === null) return;
    const meant = (part: string) => (isCrlf.current ? toCrlf(part) : part);
    const before = meant(current.value.slice(0, current.selectionStart)) + text;
    write(before + meant(current.value.slice(current.selectionEnd)));
    const cursor = toLf(before).length;
    current.setSelectionRange(cursor, cursor);
    setSource(undefined);
  };

  // A textarea keeps LF as it is; what has CR, or would mix with the CRLF that is there already, it would change.
  const wouldChange = (text: string) =>
    text.includes('\r') || text.includes('\0') || (isCrlf.current && text.includes('\n'));

  const readFile = async ([file, ...others]: File[]): Promise<void> => {
    if (file === undefined) return;
    if (others.length > 0) return setRefusal('Choose one file only.');
    if (file.size > secretLimits.valueBytes) {
      return setRefusal(`The file is too large: a value has at most ${kib} KiB.`);
    }
    if (file.size === 0) return setRefusal('The file is empty.');
    const bytes = await file.arrayBuffer().catch(() => undefined);
    if (bytes === undefined) return setRefusal('The file could not be read.');
    const content = readUtf8(bytes);
    if (content.kind === 'refused') return setRefusal(content.reason);
    write(content.text);
    setSource(`Read ${file.size.toLocaleString('en')} bytes from ${file.name}.`);
  };

  const clear = (): void => {
    write('');
    setSource(undefined);
  };

  useImperativeHandle(ref, () => ({ read, clear, focus: () => area.current?.focus() }));

  useEffect(() => {
    const element = area.current;
    return () => {
      held.current = null;
      if (element !== null) element.value = '';
    };
  }, []);

  useEffect(() => {
    // A file that misses the field would be opened by the browser in place of this page, and what was typed be lost.
    const refuse = (event: globalThis.DragEvent) => {
      if (event.defaultPrevented || event.dataTransfer?.types.includes('Files') !== true) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'none';
    };
    window.addEventListener('dragover', refuse);
    window.addEventListener('drop', refuse);
    return () => {
      window.removeEventListener('dragover', refuse);
      window.removeEventListener('drop', refuse);
    };
  }, []);

  return {
    facts,
    refusal,
    source,
    isDropTarget,
    clear,
    trim: () => write(read().trim()),
    convertToLf: () => write(toLf(read())),
    onFileChosen: (event: ChangeEvent<HTMLInputElement>) => {
      const files = [...(event.currentTarget.files ?? [])];
      // So that the same file can be chosen again after it was changed on disk.
      event.currentTarget.value = '';
      void readFile(files).finally(() => area.current?.focus());
    },
    textarea: {
      ref: area,
      readOnly: facts.isHeld,
      onInput: () => {
        setRefusal(undefined);
        setSource(undefined);
        notice();
      },
      onPaste: (event: ClipboardEvent) => {
        const text = event.clipboardData.getData('text/plain');
        if (held.current !== null || !wouldChange(text)) return;
        event.preventDefault();
        insert(text);
      },
    },
    dropTarget: {
      onDragOver: (event: DragEvent) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
        setDropTarget(true);
      },
      onDragLeave: () => setDropTarget(false),
      onDrop: (event: DragEvent) => {
        setDropTarget(false);
        const text = event.dataTransfer.getData('text/plain');
        if (event.dataTransfer.files.length > 0) {
          event.preventDefault();
          void readFile([...event.dataTransfer.files]);
        } else if (held.current === null && wouldChange(text)) {
          event.preventDefault();
          insert(text);
        }
      },
    },
  };
}
