const LINE_FEED = 0x0a;
/** Bytes of a line that is taken as one; a longer one (a dump, a progress bar that never ends) comes in pieces. */
export const LONGEST_LINE_BYTES = 1_048_576;

/** A line as it lies in the file; `offset` is that of its first byte, `bytes` is without its line feed. */
export type RawLine = Readonly<{ offset: number; bytes: Buffer }>;

/** The whole lines of a buffer, and what follows the last line feed. `base` is the buffer's place in the file. */
export function splitLines(
  buffer: Buffer,
  base: number,
): Readonly<{ lines: readonly RawLine[]; rest: RawLine }> {
  const lines: RawLine[] = [];
  let from = 0;
  for (let end = buffer.indexOf(LINE_FEED); end !== -1; end = buffer.indexOf(LINE_FEED, from)) {
    lines.push({ offset: base + from, bytes: buffer.subarray(from, end) });
    from = end + 1;
  }
  return { lines, rest: { offset: base + from, bytes: buffer.subarray(from) } };
}

/* Terminal sequences: CSI (colours, cursor), OSC (titles, links), and single ones after an escape.
   ECMA-48, sections 5.4 and 8.3. */

const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_a-z])/gu;

const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/gu;

/**
 * A line as a terminal would leave it: of what a progress bar wrote over itself the last state, without colours
 * and other control characters.
 */
export function shownText(line: Buffer): string {
  return withoutControls(lastState(line.toString('utf8')));
}

function lastState(text: string): string {
  if (!text.includes('\r')) return text;
  const states = text.split('\r');
  return states.findLast((state) => state.trim() !== '') ?? '';
}

function withoutControls(text: string): string {
  return text.replace(SEQUENCES, '').replace(CONTROLS, '');
}

/** Whether the raw text of lines can only contain what their shown texts contain. */
export function isPlain(text: string): boolean {
  return text.search(CONTROLS) === -1;
}
