import path from 'node:path';

import { repositoryRoot } from './dev-environment.ts';

export type DesktopTarget = Readonly<{
  /** Engine of the shell: `node24`/`chrome146` of the product, `node18`/`chrome114` of the tests' stand-in. */
  node: string;
  chrome: string;
}>;

export const PRODUCT_TARGET: DesktopTarget = { node: 'node24', chrome: 'chrome146' };

const BUILTIN = /^(node:|electron$)/u;
/** Carries a binary, or looks for its own files at run time. */
const NATIVE = /^(better-sqlite3|pino|node-pty|@lydell\/node-pty)$/u;

/** Builds the shell, its preload and the core's entry into dist/desktop. */
export async function buildDesktop(target: DesktopTarget, outDir = 'dist/desktop'): Promise<void> {
  const { build } = await import('vite');
  const bundles = [
    { name: 'main', input: 'electron/main/main.ts', format: 'cjs', engine: target.node, external: BUILTIN },
    {
      name: 'preload',
      input: 'electron/preload/preload.ts',
      format: 'cjs',
      engine: target.chrome,
      external: BUILTIN,
    },
    {
      name: 'core-host',
      input: 'electron/host/core-host.ts',
      format: 'es',
      engine: 'node24',
      external: new RegExp(`${BUILTIN.source}|${NATIVE.source}`, 'u'),
    },
  ] as const;
  for (const { name, input, format, engine, external } of bundles) {
    await build({
      configFile: false,
      root: repositoryRoot,
      logLevel: 'warn',
      build: {
        ssr: true,
        outDir: path.resolve(repositoryRoot, outDir),
        emptyOutDir: name === 'main',
        target: engine,
        minify: false,
        rolldownOptions: {
          input: path.join(repositoryRoot, input),
          external,
          output: {
            format,
            entryFileNames: `${name}.${format === 'es' ? 'mjs' : 'cjs'}`,
            codeSplitting: false,
          },
        },
      },
      ssr: { noExternal: true },
    });
  }
}
