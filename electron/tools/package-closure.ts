import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { repositoryRoot } from './dev-environment.ts';

export type PackageFacts = Readonly<{
  name: string;
  version: string;
  /** As its manifest says it; undefined where it says nothing. */
  licence: string | undefined;
  folder: string;
}>;

type Manifest = Readonly<{
  name: string;
  version: string;
  license?: string | Readonly<{ type?: string }>;
  dependencies?: Readonly<Record<string, string>>;
  optionalDependencies?: Readonly<Record<string, string>>;
}>;

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;

/** The folder that `name` means for a package in `from`: its own node_modules first, then those above it. */
function resolveFrom(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name);
    if (existsSync(path.join(candidate, 'package.json'))) return candidate;
    if (folder === repositoryRoot || folder === path.dirname(folder)) return undefined;
  }
}

/** These packages with everything they depend on; one that is not installed (another system's) is left out. */
export function packageClosure(names: readonly string[]): readonly PackageFacts[] {
  const found = new Map<string, PackageFacts>();
  const open = names.map((name) => ({ from: repositoryRoot, name }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const folder = resolveFrom(next.from, next.name);
    if (folder === undefined || found.has(folder)) continue;
    const { name, version, license, dependencies, optionalDependencies } = manifestOf(folder);
    const licence = typeof license === 'string' ? license : license?.type;
    found.set(folder, { name, version, licence, folder });
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies }))
      open.push({ from: folder, name: dependency });
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** Files of a package that hold its licence or its notices. */
export const licenceFiles = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => /^(licen[cs]e|notice|copying)([.-]|$)/iu.test(name))
    .map((name) => path.join(folder, name));
