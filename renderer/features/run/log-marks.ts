export type TextPiece = Readonly<{ text: string; isMatch: boolean }>;

/** A line cut at the places that contain `search`, in any case. */
export function splitMatches(text: string, search: string): readonly TextPiece[] {
  if (search === '') return [{ text, isMatch: false }];
  const pattern = new RegExp(search.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&'), 'giu');
  const pieces: TextPiece[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), isMatch: false });
    pieces.push({ text: match[0], isMatch: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), isMatch: false });
  return pieces;
}
