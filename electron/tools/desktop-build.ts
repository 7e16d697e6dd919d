import path from 'node:path';

import { repositoryRoot } from './dev-environment.ts';

export type DesktopTarget = Readonly<{
  /** Engine of the shell: `node24`/`chrome146` of the product, `node18`/`chrome114` of the tests' stand-in. */
  node: string;
  chrome: string;
}>;

export const PRODUCT_TARGET: DesktopTarget = { node: 'node24', chrome: 'chrome146' };

/** What every runtime brings along. */
export const BUILTIN = /^(node:|electron$)/u;
/** Carries a binary, or looks for its own files at run time. */
const NATIVE = /^(better-sqlite3|pino|node-pty|@lydell\/node-pty)$/u;

type Bundle = Readonly<{
  /** Path of the file that is written, without its extension. */
  out: string;
  /** Relative to the repository. */
  input: string;
  format: 'cjs' | 'es' | 'iife';
  engine: string;
  external: RegExp;
}>;

const EXTENSIONS = { cjs: 'cjs', es: 'mjs', iife: 'js' } as const;

/** One entry with all it imports in one file; returns its path. */
export async function buildBundle(
  { out, input, format, engine, external }: Bundle,
  emptyOutDir = false,
): Promise<string> {
  const { build } = await import('vite');
  const file = `${path.basename(out)}.${EXTENSIONS[format]}`;
  await build({
    configFile: false,
    root: repositoryRoot,
    logLevel: 'warn',
    build: {
      ssr: true,
      outDir: path.dirname(out),
      emptyOutDir,
      target: engine,
      minify: false,
      rolldownOptions: {
        input: path.join(repositoryRoot, input),
        external,
        output: { format, entryFileNames: file, codeSplitting: false },
      },
    },
    ssr: { noExternal: true },
  });
  return path.join(path.dirname(out), file);
}

/** Builds the shell, its preload and the core's entry into dist/desktop. */
export async function buildDesktop(target: DesktopTarget, outDir = 'dist/desktop'): Promise<void> {
  const out = (name: string): string => path.resolve(repositoryRoot, outDir, name);
  await buildBundle(
    {
      out: out('main'),
      input: 'electron/main/main.ts',
      format: 'cjs',
      engine: target.node,
      external: BUILTIN,
    },
    true,
  );
  await buildBundle({
    out: out('preload'),
    input: 'electron/preload/preload.ts',
    format: 'cjs',
    engine: target.chrome,
    external: BUILTIN,
  });
  await buildBundle({
    out: out('core-host'),
    input: 'electron/host/core-host.ts',
    format: 'es',
    engine: 'node24',
    external: new RegExp(`${BUILTIN.source}|${NATIVE.source}`, 'u'),
  });
}
