import Database from 'better-sqlite3';

import { dataFolder } from '../../electron/core/data-folder.ts';
import type { RunSort } from '../../electron/shared/contract/methods/runs.ts';

type Row = Readonly<Record<string, string | number | null>> & { readonly id: string; readonly name: string };

const COLUMNS: Readonly<Record<RunSort, string>> = {
  createdAtMs: 'created_at_ms',
  name: 'name',
  state: 'state',
  modelName: 'model_name',
  datasetName: 'dataset_name',
  step: 'step',
  loss: 'loss',
  evalLoss: 'eval_loss',
  bestEvalLoss: 'best_eval_loss',
  tokensPerSecond: 'tokens_per_second',
};
const SEARCHED = ['name', 'model_name', 'dataset_name', 'id', 'note'];

/** What the history must show, worked out from the plain rows and without the query under test. */
export class ExpectedRuns {
  readonly #rows: readonly Row[];

  constructor(home: string) {
    const db = new Database(dataFolder(home).databaseFile, { readonly: true });
    this.#rows = db.prepare('SELECT * FROM runs').all() as Row[];
    db.close();
  }

  get count(): number {
    return this.#rows.length;
  }

  /** Names in the order of the list; runs without a value come last either way. */
  sorted(sort: RunSort, descending: boolean): readonly string[] {
    const column = COLUMNS[sort];
    const sign = descending ? -1 : 1;
    const order = (left: Row, right: Row): number => {
      const [a, b] = [caseless(left[column] ?? null), caseless(right[column] ?? null)];
      if (a === null || b === null) {
        if (a !== b) return a === null ? 1 : -1;
      } else if (a !== b) return a < b ? -sign : sign;
      return left.id < right.id ? -sign : sign;
    };
    return this.#rows.toSorted(order).map((row) => row.name);
  }

  /** Names of the runs that hold `words`, newest first. */
  found(words: string): readonly string[] {
    const sought = words.toLowerCase();
    const holds = (row: Row): boolean =>
      SEARCHED.some((column) => String(row[column]).toLowerCase().includes(sought)) ||
      (JSON.parse(String(row['tags'])) as string[]).some((tag) => tag.toLowerCase().includes(sought));
    const kept = new Set(this.#rows.filter(holds).map((row) => row.name));
    return this.sorted('createdAtMs', true).filter((name) => kept.has(name));
  }
}

/** Words are ordered without regard to the case of Latin letters. */
function caseless(value: string | number | null): string | number | null {
  return typeof value === 'string' ? value.replaceAll(/[A-Z]/gu, (letter) => letter.toLowerCase()) : value;
}
