import path from 'node:path';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The renderer: one bundle, served by the headless server and by the desktop app alike. */
export default defineConfig({
  root: path.join(import.meta.dirname, 'renderer'),
  base: './',
  plugins: [react()],
  build: {
    outDir: path.join(import.meta.dirname, 'dist/renderer'),
    emptyOutDir: true,
    // What a page fetches at first; electron/tools/check-bundle.ts reads it, nobody is served it.
    manifest: true,
    // What the desktop app's engine runs at least, and what rig owners' browsers have had for years.
    target: 'chrome114',
    // The policy in front of the page allows no inline script, which the polyfill would be.
    modulePreload: { polyfill: false },
    // `data:` addresses are images only under that policy.
    assetsInlineLimit: 0,
    // electron/tools/check-bundle.ts holds the budget, in packed bytes.
    chunkSizeWarningLimit: 4000,
  },
});
