/** A value as plain text of a line: nothing in it can begin a tag, a link, a heading or a cell. */
export function inlineText(value: string): string {
  return value
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(/[\\`*[\]<>|~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, (character) => `\\${character}`)
    .replace(/^([#+-]|\d+\.)(?= )/u, '\\$1');
}

/** A value as code in a line; its own backticks cannot end it. */
export function inlineCode(value: string): string {
  const plain = value.replace(/\s+/gu, ' ').trim();
  const longest = longestRun(plain);
  const fence = '`'.repeat(longest + 1);
  const room = longest > 0 ? ' ' : '';
  return `${fence}${room}${plain.replaceAll('|', '\\|')}${room}${fence}`;
}

/** A text of several lines as it is; its own fences cannot end it. */
export function codeBlock(text: string, language = ''): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text.replace(/\s+$/u, '')}\n${fence}`;
}

function longestRun(text: string): number {
  return [...text.matchAll(/`+/gu)].reduce((longest, [run]) => Math.max(longest, run.length), 0);
}

/** A table; cells are Markdown already. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
