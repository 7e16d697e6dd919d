import { readFileSync } from 'node:fs';
import path from 'node:path';

import { sharedFolder } from '../helpers/studio-cli.ts';

const FILES = ['pair.jsonl', 'triplet.jsonl'];
const EMPTY_ANSWER_EVERY = 500;
const NO_ANSWER_EVERY = 1250;

type RealRow = Readonly<{ id: string; input: string; output?: string; reference?: readonly string[] }>;

/** Real rows of DISC-Law-SFT, told apart by their number, some of them broken: the same rows every time. */
export class BenchRows {
  readonly count: number;
  readonly #real: readonly RealRow[];

  constructor(count: number) {
    this.count = count;
    this.#real = FILES.flatMap((name) =>
      readFileSync(path.join(sharedFolder, 'data/disc-law-sft', name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as RealRow),
    );
  }

  /** What a row's question begins with, so that the row is known on the page. */
  static mark(at: number): string {
    return `（第${String(at)}号）`;
  }

  static isExcluded(at: number): boolean {
    return BenchRows.hasEmptyAnswer(at) || BenchRows.hasNoAnswer(at);
  }

  static hasEmptyAnswer(at: number): boolean {
    return at % EMPTY_ANSWER_EVERY === 7;
  }

  static hasNoAnswer(at: number): boolean {
    return at % NO_ANSWER_EVERY === 400;
  }

  line(at: number): string {
    const real = this.#realAt(at);
    const { output: _output, ...rest } = real;
    const row = { ...rest, id: `${real.id}-${String(at)}`, input: BenchRows.mark(at) + real.input };
    if (BenchRows.hasNoAnswer(at)) return JSON.stringify(row);
    return JSON.stringify({ ...row, output: BenchRows.hasEmptyAnswer(at) ? '' : real.output });
  }

  /** The numbers of the rows whose text holds `word`, counted without the studio. */
  withWord(word: string): Readonly<{ count: number; first: number }> {
    const inTurns = this.#real.map((row) => row.input.includes(word) || (row.output ?? '').includes(word));
    let count = 0;
    let first = -1;
    for (let at = 0; at < this.count; at += 1) {
      // Of an excluded row the whole record is kept and searched.
      const holds = BenchRows.isExcluded(at) ? this.line(at).includes(word) : inTurns[at % inTurns.length];
      if (holds !== true) continue;
      if (first === -1) first = at;
      count += 1;
    }
    return { count, first };
  }

  countOf(test: (at: number) => boolean): number {
    let count = 0;
    for (let at = 0; at < this.count; at += 1) if (test(at)) count += 1;
    return count;
  }

  #realAt(at: number): RealRow {
    const real = this.#real[at % this.#real.length];
    if (real === undefined) throw new Error('no real rows');
    return real;
  }
}
