/**
 * `npm run bench:studio -- [--home DIR] [--rounds N] [--runs N] [--rows N] [--only NAME]`: how long a person waits in a
 * real browser over a full data folder. Prints one JSON line; fails where a count is not exact. `--home` keeps the
 * data folder and uses it again.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { openStudioBrowser } from '../../test/helpers/studio-browser.ts';
import { CHARTS_MEASUREMENT } from '../../test/perf/measure-charts.ts';
import { DATASET_MEASUREMENT } from '../../test/perf/measure-dataset.ts';
import { RUNS_MEASUREMENT } from '../../test/perf/measure-runs.ts';
import { figuresOf, type CheckedCount, type Figures, type Measurement } from '../../test/perf/measurement.ts';
import { installStopwatch } from '../../test/perf/stopwatch.ts';
import { buildRenderer } from './renderer-build.ts';

const MEASUREMENTS: readonly Measurement[] = [RUNS_MEASUREMENT, DATASET_MEASUREMENT, CHARTS_MEASUREMENT];

const { values } = parseArgs({
  options: {
    home: { type: 'string' },
    rounds: { type: 'string', default: '20' },
    runs: { type: 'string', default: '10000' },
    rows: { type: 'string', default: '300000' },
    only: { type: 'string' },
  },
});
const scale = { rounds: Number(values.rounds), runs: Number(values.runs), rows: Number(values.rows) };
const chosen = MEASUREMENTS.filter((one) => values.only === undefined || one.name === values.only);
if (chosen.length === 0) throw new Error(`--only takes ${MEASUREMENTS.map((one) => one.name).join(', ')}`);
const home = values.home ?? mkdtempSync(path.join(tmpdir(), 'legal-eagle-bench-'));

const say = (words: string): void => void process.stderr.write(`${words}\n`);
const figures: Record<string, Record<string, Figures>> = {};
const counts: CheckedCount[] = [];
try {
  mkdirSync(home, { recursive: true });
  await buildRenderer({ onlyIfStale: true });
  // One after another, each with a studio of its own: what one leaves running would be measured by the next.
  for (const { name, fill, measure } of chosen) {
    say(`filling: ${name}`);
    await fill(home, scale);
    say(`measuring: ${name}`);
    const studio = await openStudioBrowser({ home });
    try {
      await installStopwatch(studio.page);
      // A reload before the token is exchanged for a session would lose it.
      await studio.page.getByRole('link', { name: /^训练记录/u }).waitFor();
      await studio.page.reload();
      const measured = await measure({ page: studio.page, home, scale });
      figures[name] = Object.fromEntries(
        Object.entries(measured.timesMs).map(([what, timesMs]) => [what, figuresOf(timesMs)]),
      );
      counts.push(...measured.counts);
    } finally {
      await studio.close();
    }
  }
} finally {
  if (values.home === undefined) rmSync(home, { recursive: true, force: true });
}
// What else the machine was doing: figures taken above 1 say little of the studio.
const loadPerCore = Math.round((10 * (loadavg()[0] ?? 0)) / availableParallelism()) / 10;
const wrong = counts.filter((count) => count.expected !== count.found);
const checked = Object.fromEntries(counts.map((count) => [count.what, count.found]));
process.stdout.write(`${JSON.stringify({ scale, loadPerCore, figures, counts: checked, wrong })}\n`);
if (wrong.length > 0 || counts.length === 0) process.exitCode = 1;
