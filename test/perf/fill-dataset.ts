import { existsSync, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';

import { dataFolder } from '../../electron/core/data-folder.ts';
import { studioCli } from '../helpers/studio-cli.ts';
import type { BenchRows } from './bench-rows.ts';

const ROWS_A_WRITE = 2000;
export const BENCH_DATASET = 'DISC-Law-SFT 全量';

/** The real importer reads a real file of `rows`. */
export async function fillDataset(home: string, rows: BenchRows): Promise<void> {
  const { datasetsDir } = dataFolder(home);
  if (existsSync(datasetsDir) && readdirSync(datasetsDir).length > 0) return;
  const source = path.join(home, 'rows.jsonl');
  await writeRows(source, rows);
  try {
    const imported = await studioCli(
      ['dataset', 'import', source, '--name', BENCH_DATASET, '--accept', 'usable', '--json'],
      { home },
    );
    if (imported.exitCode !== 0) throw new Error(`the import failed: ${imported.stdout}${imported.stderr}`);
  } finally {
    rmSync(source);
  }
}

async function writeRows(file: string, rows: BenchRows): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (let from = 0; from < rows.count; from += ROWS_A_WRITE) {
      const to = Math.min(rows.count, from + ROWS_A_WRITE);
      const lines = Array.from({ length: to - from }, (_, at) => `${rows.line(from + at)}\n`);
      await handle.write(lines.join(''));
    }
  } finally {
    await handle.close();
  }
}
