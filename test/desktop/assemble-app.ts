import { cpSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { buildDesktop } from '../../electron/tools/desktop-build.ts';
import { buildRenderer } from '../../electron/tools/renderer-build.ts';
import { repositoryRoot } from '../helpers/studio-cli.ts';
import type { ShellSource } from './find-shell.ts';

/** What the core's bundle leaves outside: native modules and a logger that finds its files by itself. */
const OUTSIDE = ['better-sqlite3', 'pino', 'node-pty', '@lydell/node-pty'];

/** An Electron with our build in it under `folder`; returns its binary. Everything is readable by everybody. */
export async function assembleApp(folder: string, shell: ShellSource): Promise<string> {
  const electron = path.join(folder, 'electron');
  linkTree(shell.dist, electron, (relative) => relative !== 'resources');
  const app = path.join(electron, 'resources', 'app');
  mkdirSync(app, { recursive: true });
  await buildRenderer({ onlyIfStale: true });
  await buildDesktop(shell.engine, path.join(app, 'dist/desktop'));
  const copy = (relative: string): void =>
    cpSync(path.join(repositoryRoot, relative), path.join(app, relative), { recursive: true });
  for (const relative of ['dist/renderer', 'resources', 'python-runtime']) copy(relative);
  for (const name of closure(OUTSIDE)) copy(`node_modules/${name}`);
  const { name, productName, version, type, main } = JSON.parse(
    readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8'),
  ) as Readonly<Record<string, string>>;
  writeFileSync(path.join(app, 'package.json'), JSON.stringify({ name, productName, version, type, main }));
  return path.join(electron, 'electron');
}

/** Packages with everything they depend on, as they lie in the flat node_modules. */
function closure(names: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const manifest = path.join(repositoryRoot, 'node_modules', name, 'package.json');
    if (found.has(name) || !existsSync(manifest)) continue;
    found.add(name);
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as Readonly<
      Record<'dependencies' | 'optionalDependencies', Readonly<Record<string, string>> | undefined>
    >;
    open.push(...Object.keys({ ...dependencies, ...optionalDependencies }));
  }
  return [...found];
}

/** Hard links where the file system allows: the binary alone has 160 MB. */
export function linkTree(from: string, to: string, wanted: (relative: string) => boolean): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (!wanted(entry.name)) continue;
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) {
      linkTree(source, target, () => true);
      continue;
    }
    try {
      linkSync(source, target);
    } catch {
      cpSync(source, target);
    }
  }
}
