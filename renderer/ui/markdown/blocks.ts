/** A part of a Markdown text, by lines. */
export type Block =
  | Readonly<{ kind: 'paragraph'; text: string }>
  | Readonly<{ kind: 'heading'; level: number; text: string }>
  | Readonly<{ kind: 'code'; language: string; text: string; isClosed: boolean }>
  | Readonly<{ kind: 'rule' }>
  | Readonly<{ kind: 'quote'; text: string }>
  | Readonly<{ kind: 'list'; start: number | undefined; items: readonly string[] }>
  | Readonly<{ kind: 'table'; head: readonly string[]; rows: readonly (readonly string[])[] }>;

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/u;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/u;
const RULE = /^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$/u;
const QUOTE = /^ {0,3}> ?(.*)$/u;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:\s+(.*))?$/u;
const TABLE_RULE = /^ {0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/u;

/** The blocks of a text. Whatever is no block of its own is a paragraph; what is not closed ends with the text. */
export function blocksOf(text: string): readonly Block[] {
  return new BlockReader(text.replaceAll('\r\n', '\n').split('\n')).read();
}

class BlockReader {
  readonly #lines: readonly string[];
  readonly #blocks: Block[] = [];
  #paragraph: string[] = [];
  #at = 0;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  read(): readonly Block[] {
    while (this.#at < this.#lines.length) this.#readLine();
    this.#endParagraph();
    return this.#blocks;
  }

  #readLine(): void {
    const line = this.#line(0);
    if (line.trim() === '') {
      this.#endParagraph();
      this.#at += 1;
      return;
    }
    const fence = FENCE.exec(line);
    const heading = HEADING.exec(line);
    if (fence !== null) this.#readCode(fence[1] ?? '```', fence[2] ?? '');
    else if (heading !== null) {
      this.#push({ kind: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' });
      this.#at += 1;
    } else if (RULE.test(line)) {
      this.#push({ kind: 'rule' });
      this.#at += 1;
    } else if (QUOTE.test(line)) this.#readQuote();
    else if (this.#startsList(line)) this.#readList();
    else if (line.includes('|') && TABLE_RULE.test(this.#line(1)) && this.#line(1).includes('-')) {
      this.#readTable();
    } else {
      this.#paragraph.push(line);
      this.#at += 1;
    }
  }

  #readCode(fence: string, language: string): void {
    const end = new RegExp(`^ {0,3}${fence.startsWith('~') ? '~' : '`'}{${fence.length},}\\s*$`, 'u');
    const text: string[] = [];
    this.#at += 1;
    while (this.#at < this.#lines.length && !end.test(this.#line(0))) {
      text.push(this.#line(0));
      this.#at += 1;
    }
    const isClosed = this.#at < this.#lines.length;
    this.#push({ kind: 'code', language, text: text.join('\n'), isClosed });
    this.#at += 1;
  }

  #readQuote(): void {
    const text: string[] = [];
    for (let quoted = QUOTE.exec(this.#line(0)); quoted !== null; quoted = QUOTE.exec(this.#line(0))) {
      text.push(quoted[1] ?? '');
      this.#at += 1;
    }
    this.#push({ kind: 'quote', text: text.join('\n') });
  }

  /** A number in the middle of a paragraph begins a list only where it is 1, as in CommonMark. */
  #startsList(line: string): boolean {
    const [, , mark, content] = ITEM.exec(line) ?? [];
    if (mark === undefined || content === undefined) return false;
    return this.#paragraph.length === 0 || !/\d/u.test(mark) || Number.parseInt(mark, 10) === 1;
  }

  #readList(): void {
    const first = Number.parseInt(ITEM.exec(this.#line(0))?.[2] ?? '', 10);
    const isNumbered = !Number.isNaN(first);
    const items: string[][] = [];
    while (this.#at < this.#lines.length) {
      const line = this.#line(0);
      const [, , mark, content] = ITEM.exec(line) ?? [];
      const follows = line.trim() === '' && /^(?: {2,}|\t)\S/u.test(this.#line(1));
      const goesOn = line.trim() === '' && this.#isItem(this.#line(1), isNumbered);
      if (mark !== undefined && /\d/u.test(mark) === isNumbered && !RULE.test(line))
        items.push([content ?? '']);
      else if (/^(?: {2,}|\t)\S/u.test(line) || follows)
        items.at(-1)?.push(line.replace(/^(?: {1,4}|\t)/u, ''));
      else if (!goesOn) break;
      this.#at += 1;
    }
    const start = isNumbered ? first : undefined;
    this.#push({ kind: 'list', start, items: items.map((lines) => lines.join('\n')) });
  }

  #isItem(line: string, isNumbered: boolean): boolean {
    const mark = ITEM.exec(line)?.[2];
    return mark !== undefined && /\d/u.test(mark) === isNumbered;
  }

  #readTable(): void {
    const head = cellsOf(this.#line(0));
    const rows: (readonly string[])[] = [];
    this.#at += 2;
    while (this.#line(0).includes('|')) {
      const cells = cellsOf(this.#line(0));
      rows.push(head.map((_, index) => cells[index] ?? ''));
      this.#at += 1;
    }
    this.#push({ kind: 'table', head, rows });
  }

  #push(block: Block): void {
    this.#endParagraph();
    this.#blocks.push(block);
  }

  #endParagraph(): void {
    if (this.#paragraph.length > 0)
      this.#blocks.push({ kind: 'paragraph', text: this.#paragraph.join('\n') });
    this.#paragraph = [];
  }

  #line(ahead: number): string {
    return this.#lines[this.#at + ahead] ?? '';
  }
}

const cellsOf = (line: string): readonly string[] =>
  line
    .trim()
    .replace(/^\|/u, '')
    .replace(/(?<!\\)\|$/u, '')
    .split(/(?<!\\)\|/u)
    .map((cell) => cell.trim().replaceAll(String.raw`\|`, '|'));
