import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { repositoryRoot } from './dev-environment.ts';
import type { Edit } from './mutation.ts';

/** A copy of the working tree in which protections are taken out and put back. */
export type MutatedCopy = Readonly<{
  root: string;
  /** Throws where a text does not stand exactly once in its file. */
  apply(edits: readonly Edit[]): void;
  /** The tree as it was, its built pages too. */
  restore(): void;
  dispose(): void;
}>;

const BUILT = 'dist';

/** Copies what git knows and what is new; the packages are shared, the built pages copied. */
export function createMutatedCopy(): MutatedCopy {
  const root = mkdtempSync(path.join(tmpdir(), 'legal-eagle-mutate-'));
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repositoryRoot,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  for (const file of files.split('\0')) {
    const source = path.join(repositoryRoot, file);
    // Listed by git but removed in the working tree.
    if (file === '' || !existsSync(source)) continue;
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    cpSync(source, path.join(root, file));
  }
  symlinkSync(path.join(repositoryRoot, 'node_modules'), path.join(root, 'node_modules'), 'junction');
  const copyPages = (): void => {
    rmSync(path.join(root, BUILT), { recursive: true, force: true });
    for (const name of ['renderer', 'renderer.inputs'])
      cpSync(path.join(repositoryRoot, BUILT, name), path.join(root, BUILT, name), { recursive: true });
  };
  copyPages();

  const originals = new Map<string, string>();
  return {
    root,
    apply: (edits) => {
      for (const { file, text, replacement } of edits) {
        const place = path.join(root, file);
        const source = readFileSync(place, 'utf8');
        const count = source.split(text).length - 1;
        if (count !== 1) throw new Error(`${file} holds ${String(count)} times: ${text}`);
        if (!originals.has(file)) originals.set(file, source);
        writeFileSync(
          place,
          source.replace(text, () => replacement),
        );
      }
    },
    restore: () => {
      for (const [file, source] of originals) writeFileSync(path.join(root, file), source);
      const hasPages = [...originals.keys()].some((file) => /^(renderer|electron\/shared)\//u.test(file));
      originals.clear();
      if (hasPages) copyPages();
    },
    dispose: () => rmSync(root, { recursive: true, force: true }),
  };
}
