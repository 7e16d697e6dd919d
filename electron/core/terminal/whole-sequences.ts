/** A sequence longer than this is passed on in parts: its program is broken, or means harm. */
const LONGEST_SEQUENCE = 4096;
/** An escape sequence without its end: CSI, a string (OSC, DCS, APC, PM, SOS), or the first characters of any. */
const UNFINISHED = /\u001B(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001B]*\u001B?|[ -/]*)$/u;

/**
 * How many characters of `text` end between two escape sequences and between two code points. A screen that is
 * drawn anew from there misses nothing of a sequence under way.
 */
export const wholeLength = (text: string): number => {
  const tail = text.slice(-LONGEST_SEQUENCE);
  const unfinished = UNFINISHED.exec(tail);
  // A sequence that began before the tail did is one of the endless ones.
  if (unfinished !== null) return text.length - tail.length + unfinished.index;
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd8_00 && last <= 0xdb_ff ? text.length - 1 : text.length;
};
