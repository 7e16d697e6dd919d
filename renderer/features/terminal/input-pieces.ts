import { MOST_INPUT_CHARACTERS } from '../../../electron/shared/contract/methods/terminal.ts';

/** A pasted book in pieces that the core takes, none of which ends within a code point. */
export function* inputPieces(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    let end = Math.min(start + MOST_INPUT_CHARACTERS, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd8_00 && last <= 0xdb_ff) end -= 1;
    yield text.slice(start, end);
    start = end;
  }
}
