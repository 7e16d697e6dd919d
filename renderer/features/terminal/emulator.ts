import '@xterm/xterm/css/xterm.css';

import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';

import { guardEscapes } from './escape-guards.ts';
import { pastedText } from './pasted-text.ts';
import { terminalColours } from './terminal-colours.ts';

const SCROLLBACK_LINES = 5000;
const WEB_ADDRESS = /^https?:\/\//iu;

export type EmulatorOptions = Readonly<{
  element: HTMLElement;
  scheme: 'light' | 'dark';
  /** Name of the field that takes the keyboard. */
  label: string;
  onInput: (text: string) => void;
  onResize: (size: Readonly<{ columns: number; rows: number }>) => void;
  /** A click on a web address, whatever text it hid behind. */
  onLink: (address: string) => void;
  onCopy: (text: string) => void;
  onSearch: () => void;
  /** The person wants the keyboard back. */
  onLeave: () => void;
}>;

export type Emulator = Readonly<{
  write: (text: string, shown: () => void) => void;
  /** Empties the screen and gives it a size. */
  reset: (size: Readonly<{ columns: number; rows: number }>) => void;
  fit: () => void;
  focus: () => void;
  /** Selects the next place where the text stands; false where it stands nowhere. */
  search: (text: string, direction: 'next' | 'previous') => boolean;
  endSearch: () => void;
  dress: (scheme: 'light' | 'dark', label: string) => void;
  dispose: () => void;
}>;

/** xterm in one element, with nothing that output could do but draw. */
export function createEmulator(options: EmulatorOptions): Emulator {
  const { element } = options;
  const activate = (event: MouseEvent, address: string): void => {
    event.preventDefault();
    if (WEB_ADDRESS.test(address)) options.onLink(address);
  };
  const terminal = new Terminal({
    scrollback: SCROLLBACK_LINES,
    fontFamily: getComputedStyle(element).fontFamily,
    fontSize: 13,
    lineHeight: 1.25,
    cursorBlink: false,
    theme: terminalColours(options.scheme),
    // Colours of programs that think of another background stay readable.
    minimumContrastRatio: 4.5,
    // In place of xterm's own question, which opens the address itself.
    linkHandler: { activate, allowNonHttpProtocols: false },
  });
  const fitting = new FitAddon();
  const searching = new SearchAddon();
  terminal.loadAddon(fitting);
  terminal.loadAddon(searching);
  terminal.loadAddon(new WebLinksAddon(activate));
  guardEscapes(terminal);
  terminal.open(element);
  terminal.textarea?.setAttribute('aria-label', options.label);

  const copy = (): boolean => {
    if (!terminal.hasSelection()) return false;
    options.onCopy(terminal.getSelection());
    return true;
  };
  terminal.attachCustomKeyEventHandler((event) => {
    const chord = event.ctrlKey && event.shiftKey && !event.altKey;
    if (event.key === 'F6' && event.shiftKey) {
      event.preventDefault();
      if (event.type === 'keydown') options.onLeave();
      return false;
    }
    if (!chord) return true;
    switch (event.code) {
      case 'KeyC':
        event.preventDefault();
        if (event.type === 'keydown') copy();
        return false;
      case 'KeyF':
        event.preventDefault();
        if (event.type === 'keydown') options.onSearch();
        return false;
      // The browser's own paste, which needs no permission, follows as an event.
      case 'KeyV':
        return false;
      default:
        return true;
    }
  });
  const onPaste = (event: ClipboardEvent): void => {
    event.preventDefault();
    event.stopImmediatePropagation();
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (text !== '') terminal.paste(pastedText(text));
  };
  element.addEventListener('paste', onPaste, { capture: true });
  terminal.onData(options.onInput);
  terminal.onResize(({ cols, rows }) => options.onResize({ columns: cols, rows }));

  return {
    write: (text, shown) => terminal.write(text, shown),
    reset: ({ columns, rows }) => {
      terminal.reset();
      terminal.resize(columns, rows);
    },
    fit: () => fitting.fit(),
    focus: () => terminal.focus(),
    search: (text, direction) =>
      direction === 'next' ? searching.findNext(text) : searching.findPrevious(text),
    endSearch: () => terminal.clearSelection(),
    dress: (scheme, label) => {
      terminal.options.theme = terminalColours(scheme);
      terminal.textarea?.setAttribute('aria-label', label);
    },
    dispose: () => {
      element.removeEventListener('paste', onPaste, { capture: true });
      terminal.dispose();
    },
  };
}
