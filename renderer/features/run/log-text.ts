/** A stretch of a log file that is held here; offsets are bytes. */
export type LogText = Readonly<{ offset: number; nextOffset: number; text: string }>;

export type TextPiece = Readonly<{ text: string; isMatch: boolean }>;

/** What is held with one more page of the file, before or behind it. A page that does not touch it replaces it. */
export function joinLog(held: LogText | undefined, page: LogText): LogText {
  const { offset, nextOffset, text } = page;
  if (held === undefined) return { offset, nextOffset, text };
  if (offset === held.nextOffset) return { offset: held.offset, nextOffset, text: held.text + text };
  if (nextOffset === held.offset) return { offset, nextOffset: held.nextOffset, text: text + held.text };
  return { offset, nextOffset, text };
}

/** The text cut at the places that contain `search`, in any case; the first `most` of them are pieces of their own. */
export function splitMatches(
  text: string,
  search: string,
  most: number,
): Readonly<{ pieces: readonly TextPiece[]; count: number }> {
  if (search === '') return { pieces: text === '' ? [] : [{ text, isMatch: false }], count: 0 };
  const pattern = new RegExp(search.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&'), 'giu');
  const pieces: TextPiece[] = [];
  let from = 0;
  let count = 0;
  for (const match of text.matchAll(pattern)) {
    count += 1;
    if (count > most) continue;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), isMatch: false });
    pieces.push({ text: match[0], isMatch: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), isMatch: false });
  return { pieces, count };
}
