export type ChangedPiece = Readonly<{ text: string; isNew: boolean }>;

/** Words compared at most: the comparison costs their product. */
const MOST_WORDS = 300;
/** Share of new words from which an answer is another one, and marks would only be noise. */
const REWRITTEN_SHARE = 0.7;

/** Chinese by the character, everything else by the word; what stands between words goes with them. */
const WORDS = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+|\s+/gu;

/**
 * An answer cut where it says something else than the one before, by a longest common subsequence of words.
 * Undefined where most of it is new.
 */
export function changedPieces(before: string, after: string): readonly ChangedPiece[] | undefined {
  const old = before.match(WORDS) ?? [];
  const now = after.match(WORDS) ?? [];
  if (old.length > MOST_WORDS || now.length > MOST_WORDS) return undefined;
  const kept = commonWords(old, now);
  const fresh = now.filter((word, at) => !kept.has(at) && word.trim() !== '').length;
  if (fresh > now.length * REWRITTEN_SHARE) return undefined;
  const pieces: { text: string; isNew: boolean }[] = [];
  now.forEach((word, at) => {
    const isNew = !kept.has(at);
    const last = pieces.at(-1);
    if (last?.isNew === isNew) last.text += word;
    else pieces.push({ text: word, isNew });
  });
  return pieces;
}

/** Places in `now` of the words that both have, in the same order. */
function commonWords(old: readonly string[], now: readonly string[]): ReadonlySet<number> {
  const width = now.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1)
    for (let column = now.length - 1; column >= 0; column -= 1)
      lengths[row * width + column] =
        old[row] === now[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
  const kept = new Set<number>();
  for (let row = 0, column = 0; row < old.length && column < now.length;) {
    if (old[row] === now[column]) {
      kept.add(column);
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return kept;
}
