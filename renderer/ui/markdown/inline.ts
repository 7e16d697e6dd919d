/** A piece of a line of Markdown. */
export type Inline =
  | Readonly<{ kind: 'text' | 'code'; text: string }>
  | Readonly<{ kind: 'strong' | 'emphasis' | 'strike'; inside: readonly Inline[] }>
  /** Where it leads is shown, not followed: a model writes whatever address it likes. */
  | Readonly<{ kind: 'link'; label: string; address: string }>;

/** A longer line is shown as it is: nobody marks up a line like this, a model that cannot stop writes it. */
const LONGEST_LINE = 6_000;
const DEEPEST = 4;

const PIECES =
  /\\([\\`*_{}[\]()#+.!|~>-])|(`+)([^`]|[^`][\s\S]*?[^`])\2(?!`)|!?\[([^\][]{0,300})\]\(([^()\s]{1,1000})(?:\s+"[^"]{0,300}")?\)|(\*\*|__)(?=\S)([\s\S]*?\S)\6|~~(?=\S)([\s\S]*?\S)~~|(?<![\p{L}\p{N}])_(?=\S)([^_]*?\S)_(?![\p{L}\p{N}])|\*(?=[^\s*])([^*]*?[^\s*])\*(?!\*)/u;

/** The marks of a line. What is not closed stays text; nothing is HTML. */
export function inlineOf(line: string, depth = 0): readonly Inline[] {
  if (depth > DEEPEST || line.length > LONGEST_LINE) return [{ kind: 'text', text: line }];
  const pieces: Inline[] = [];
  let rest = line;
  const plain = (text: string): void => {
    const last = pieces.at(-1);
    if (text === '') return;
    if (last?.kind === 'text') pieces[pieces.length - 1] = { kind: 'text', text: last.text + text };
    else pieces.push({ kind: 'text', text });
  };
  for (let found = PIECES.exec(rest); found !== null; found = PIECES.exec(rest)) {
    plain(rest.slice(0, found.index));
    rest = rest.slice(found.index + found[0].length);
    const [, escaped, , code, label, address, , strong, strike, underscored, starred] = found;
    if (escaped !== undefined) plain(escaped);
    else if (code !== undefined) pieces.push({ kind: 'code', text: code });
    else if (address !== undefined) pieces.push({ kind: 'link', label: label ?? '', address });
    else if (strong !== undefined) pieces.push({ kind: 'strong', inside: inlineOf(strong, depth + 1) });
    else if (strike !== undefined) pieces.push({ kind: 'strike', inside: inlineOf(strike, depth + 1) });
    else {
      const inside = underscored ?? starred ?? '';
      pieces.push({ kind: 'emphasis', inside: inlineOf(inside, depth + 1) });
    }
  }
  plain(rest);
  return pieces;
}
