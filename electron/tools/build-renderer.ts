/** `npm run build:renderer`: the pages of the studio into dist/renderer. `--if-stale` skips what is up to date. */
import { buildRenderer } from './renderer-build.ts';

process.env['NODE_ENV'] = 'production';
const outcome = await buildRenderer({ onlyIfStale: process.argv.includes('--if-stale') });
if (outcome === 'built') process.stderr.write('dist/renderer\n');
