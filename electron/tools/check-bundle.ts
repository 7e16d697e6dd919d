/** Gate for the weight of the pages: builds them where they are stale, and compares what a browser fetches. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { repositoryRoot } from './dev-environment.ts';
import { buildRenderer } from './renderer-build.ts';

/** Packed bytes. Through an SSH tunnel at 10 Mbit/s the first page then comes in half a second. */
const BUDGETS = { js: 650_000, css: 60_000 } as const;

process.env['NODE_ENV'] = 'production';
await buildRenderer({ onlyIfStale: true });
for (const [kind, budget] of Object.entries(BUDGETS)) {
  const files = globSync(`dist/renderer/**/*.${kind}`, { cwd: repositoryRoot });
  const bytes = files.reduce(
    (sum, file) => sum + gzipSync(readFileSync(path.join(repositoryRoot, file))).length,
    0,
  );
  const verdict = bytes > budget || bytes === 0 ? 'over the budget' : 'of';
  process.stdout.write(`${kind}: ${String(bytes)} packed bytes, ${verdict} ${String(budget)}\n`);
  if (verdict !== 'of') process.exitCode = 1;
}
