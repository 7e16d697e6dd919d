/** Gate for the weight of the pages: builds them where they are stale, and compares what a browser fetches. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { repositoryRoot } from './dev-environment.ts';
import { buildRenderer } from './renderer-build.ts';

type Chunk = Readonly<{ file: string; imports?: readonly string[]; css?: readonly string[] }>;
type Manifest = Readonly<Record<string, Chunk>>;
type Budget = Readonly<{ js: number; css: number }>;

/** Packed bytes of all files. */
const WHOLE: Budget = { js: 845_000, css: 60_000 };
/** Packed bytes before a screen stands. Through an SSH tunnel at 10 Mbit/s 400,000 take a third of a second. */
const FIRST_LOADS: Readonly<Record<string, Budget>> = {
  'features/home/index.ts': { js: 394_000, css: 50_000 },
  'features/datasets/index.ts': { js: 455_000, css: 50_000 },
  'features/models/index.ts': { js: 515_000, css: 50_000 },
  'features/new-run/index.ts': { js: 455_000, css: 50_000 },
  'features/terminal/index.ts': { js: 378_000, css: 50_000 },
  'features/chat/index.ts': { js: 408_000, css: 50_000 },
  'features/release/index.ts': { js: 430_000, css: 50_000 },
  'features/runs/index.ts': { js: 535_000, css: 50_000 },
  'features/run/index.ts': { js: 540_000, css: 50_000 },
};

const folder = path.join(repositoryRoot, 'dist/renderer');
const packed = (files: readonly string[]): number =>
  files.reduce((sum, file) => sum + gzipSync(readFileSync(path.join(folder, file))).length, 0);

/** The files of a chunk and of everything that it cannot do without. */
function filesOf(manifest: Manifest, names: readonly string[]): ReadonlySet<string> {
  const files = new Set<string>();
  const seen = new Set<string>();
  const take = (name: string): void => {
    const chunk = manifest[name];
    if (chunk === undefined) throw new Error(`the pages have no part ${name}`);
    if (seen.has(name)) return;
    seen.add(name);
    for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
    for (const needed of chunk.imports ?? []) take(needed);
  };
  for (const name of names) take(name);
  return files;
}

function compare(what: string, files: readonly string[], budget: Budget): void {
  for (const kind of ['js', 'css'] as const) {
    const bytes = packed(files.filter((file) => file.endsWith(`.${kind}`)));
    const isFine = bytes > 0 && bytes <= budget[kind];
    const verdict = isFine ? 'of' : 'over the budget';
    process.stdout.write(
      `${what}, ${kind}: ${String(bytes)} packed bytes, ${verdict} ${String(budget[kind])}\n`,
    );
    if (!isFine) process.exitCode = 1;
  }
}

/** What every page fetches; of the two languages the larger. */
const ALWAYS = ['index.html', 'app/start.tsx', 'i18n/words-zh-cn.ts'] as const;

process.env['NODE_ENV'] = 'production';
await buildRenderer({ onlyIfStale: true });
const manifest = JSON.parse(readFileSync(path.join(folder, '.vite/manifest.json'), 'utf8')) as Manifest;
compare('all', globSync('**/*.{js,css}', { cwd: folder }), WHOLE);
for (const [screen, budget] of Object.entries(FIRST_LOADS)) {
  compare(screen, [...filesOf(manifest, [...ALWAYS, screen])], budget);
}
