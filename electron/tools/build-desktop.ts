/** `npm run build:desktop`: pages, shell, preload and core entry into dist/. */
import { buildDesktop, PRODUCT_TARGET } from './desktop-build.ts';
import { buildRenderer } from './renderer-build.ts';

process.env['NODE_ENV'] = 'production';
await buildRenderer({ onlyIfStale: true });
await buildDesktop(PRODUCT_TARGET);
process.stderr.write('dist/desktop\n');
