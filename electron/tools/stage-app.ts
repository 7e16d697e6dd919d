import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { buildDesktop, type DesktopTarget } from './desktop-build.ts';
import { repositoryRoot } from './dev-environment.ts';
import { licenceText } from './licence-text.ts';
import { packageClosure } from './package-closure.ts';
import { buildRenderer } from './renderer-build.ts';

/** What the core's bundle leaves outside: native modules, and a logger that finds its files by itself. */
const CORE_PACKAGES = ['better-sqlite3', 'pino', 'node-pty', '@lydell/node-pty'];

/** Neutral: the project has no address of its own, and a Debian package must name one. */
export const HOMEPAGE = 'https://legal-eagle-studio.invalid';

/** Parts of npm packages that a program never loads: types, tests, documents, other systems' binaries. */
const UNUSED_FOLDER =
  /^(\..*|node_modules|tests?|fixtures|docs?|examples?|bench|benchmarks|scripts|build|third_party)$/iu;
const UNUSED_FILE =
  /(\.(ts|mts|cts|map|md|c|cc|cpp|h|gyp|gypi|sh|yml|yaml|tap|html|ico)|^\.[^/]*|\.(test|spec)\.[cm]?js|^CNAME|^(test|bench|benchmark|example|check|eslint\.config)\.[cm]?js|^tsconfig\.json)$/iu;
/** Of a package with a native part: what that part is made of, once it is made. */
const NATIVE_SOURCES = /^(deps|src)$/u;
/** Headers only. */
const BUILD_ONLY: ReadonlySet<string> = new Set(['node-addon-api']);
/** `prebuilds/linux-x64.node` of one package, `prebuilds/win32-x64/` of another. */
const PREBUILD = /prebuilds\/([a-z0-9]+-[a-z0-9]+)/u;

/** Decides for one package which of its files are shipped to a system. */
const shippedFiles = (from: string, system: string): ((source: string) => boolean) => {
  const isNative = existsSync(path.join(from, 'binding.gyp'));
  return (source) => {
    const relative = path.relative(from, source).replaceAll(path.sep, '/');
    if (relative === '') return true;
    const prebuild = PREBUILD.exec(relative)?.[1];
    if (prebuild !== undefined && prebuild !== system) return false;
    const name = path.basename(relative);
    if (!statSync(source).isDirectory()) return !UNUSED_FILE.test(name);
    // The compiled part of a native package may stand in build/Release.
    if (isNative && /^build($|\/Release$)/u.test(relative)) return true;
    return !UNUSED_FOLDER.test(name) && !(isNative && NATIVE_SOURCES.test(relative));
  };
};

export type StageOptions = Readonly<{
  target: DesktopTarget;
  /** `linux-x64` or `win32-x64`. */
  system: string;
  electronDist: string | undefined;
}>;

/**
 * Lays out in `folder` what becomes the archive: pages, shell, core, and the packages that the core loads at run
 * time. Returns the file with the licences of everything.
 */
export async function stageApp(folder: string, options: StageOptions): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  const app = path.join(folder, 'app');
  mkdirSync(app, { recursive: true });
  await buildRenderer({ onlyIfStale: true });
  await buildDesktop(options.target, path.join(app, 'dist/desktop'));
  cpSync(path.join(repositoryRoot, 'dist/renderer'), path.join(app, 'dist/renderer'), {
    recursive: true,
    // The bundler's own list of its files is for the gates.
    filter: (source) => path.basename(source) !== '.vite',
  });
  for (const { name: packageName, folder: from } of packageClosure(CORE_PACKAGES)) {
    if (BUILD_ONLY.has(packageName)) continue;
    cpSync(from, path.join(app, path.relative(repositoryRoot, from)), {
      recursive: true,
      dereference: true,
      filter: shippedFiles(from, options.system),
    });
  }
  const { name, productName, version, description, license, type, main } = JSON.parse(
    readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8'),
  ) as Readonly<Record<string, string>>;
  writeFileSync(
    path.join(app, 'package.json'),
    JSON.stringify({ name, productName, version, description, license, type, main, homepage: HOMEPAGE }),
  );
  const licences = path.join(folder, 'licences.txt');
  writeFileSync(licences, licenceText(options.electronDist));
  return licences;
}
