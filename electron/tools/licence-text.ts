import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { repositoryRoot } from './dev-environment.ts';
import { licenceFiles, packageClosure } from './package-closure.ts';

/** Brought along by an optional name in package.json, and never part of the app: the Node of the scripts. */
const DEVELOPMENT = /^node-(linux|win)-x64$/u;
const RULE = '─'.repeat(80);

/**
 * The text of every licence that the package carries: Electron's, then each npm package that is part of the app or
 * of its pages, by name. A package without a licence file is named with what its manifest says. Throws where a
 * package says nothing at all.
 */
export function licenceText(electronDist: string | undefined): string {
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8'),
  ) as Readonly<Partial<Record<'dependencies' | 'optionalDependencies', Readonly<Record<string, string>>>>>;
  const names = Object.keys({ ...dependencies, ...optionalDependencies }).filter(
    (name) => !DEVELOPMENT.test(name),
  );
  const parts = packageClosure(names).map(({ name, version, licence, folder }) => {
    const texts = licenceFiles(folder).map((file) => readFileSync(file, 'utf8').trim());
    if (texts.length === 0 && licence === undefined) throw new Error(`${name}@${version} names no licence`);
    return [`${name} ${version} (${licence ?? 'see below'})`, ...texts].join('\n\n');
  });
  return [
    'Legal Eagle Studio is licensed under the Apache License 2.0. It carries the following software.',
    `Electron (MIT). The licences of Chromium stand in LICENSES.chromium.html.\n\n${electronLicence(electronDist)}`,
    ...parts,
  ]
    .join(`\n\n${RULE}\n`)
    .concat('\n');
}

/** Electron's own text: of the given distribution, else of the npm package that downloads it. */
function electronLicence(dist: string | undefined): string {
  const candidates = [
    ...(dist === undefined ? [] : [path.join(dist, 'LICENSE'), path.join(dist, 'LICENSE.electron.txt')]),
    path.join(repositoryRoot, 'node_modules/electron/LICENSE'),
  ];
  const file = candidates.find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error('no licence text of Electron');
  return readFileSync(file, 'utf8').trim();
}
