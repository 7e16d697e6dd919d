import { rm } from 'node:fs/promises';
import path from 'node:path';

import type { AfterPackContext, Configuration } from 'electron-builder';

import { repositoryRoot } from './dev-environment.ts';
import { fuseSettings, setFuses } from './package-fuses.ts';

export const EXECUTABLE = 'legal-eagle-studio';

export type PackageOptions = Readonly<{
  /** Holds the staged `app` folder and the licences. */
  stage: string;
  licences: string;
  out: string;
  /** An unpacked Electron to take instead of the one of the npm package. */
  electronDist: string | undefined;
  /** The test build: its driver may attach. */
  inspectable: boolean;
  /** Where updates are published; without it the app looks for none. */
  feedUrl: string | undefined;
}>;

/** Python's part without what only makes it: tools, caches, installed metadata. */
const RUNTIME_FILES = ['**/*', '!tools{,/**/*}', '!**/__pycache__{,/**/*}', '!**/*.egg-info{,/**/*}'];

/** The binary of a packed app. */
const binaryOf = ({ appOutDir, electronPlatformName, packager }: AfterPackContext): string =>
  path.join(
    appOutDir,
    electronPlatformName === 'win32' ? `${packager.appInfo.productFilename}.exe` : EXECUTABLE,
  );

/** The builder's configuration: what goes in, how it is packed, and how each system gets it. */
export const packageConfig = (options: PackageOptions): Configuration => ({
  appId: 'studio.legal-eagle.desktop',
  productName: 'Legal Eagle Studio',
  copyright: 'The authors of Legal Eagle Studio, Apache-2.0',
  directories: {
    app: path.join(options.stage, 'app'),
    output: options.out,
    buildResources: path.join(repositoryRoot, 'resources/icons'),
  },
  ...(options.electronDist === undefined ? {} : { electronDist: options.electronDist }),
  electronLanguages: ['en-US', 'zh-CN'],
  // The staged folder is complete: nothing is installed, rebuilt or collected.
  beforeBuild: () => Promise.resolve(false),
  files: [
    '**/*',
    // Outside of the builder's own idea of node_modules, which leaves out what no dependency names.
    { from: path.join(options.stage, 'app/node_modules'), to: 'node_modules' },
  ],
  asar: true,
  // The core runs on any Node, and its native modules are loaded by the system: both from real files.
  asarUnpack: ['dist/desktop/core-host.mjs', 'node_modules/**/*'],
  extraResources: [
    {
      from: path.join(repositoryRoot, 'python-runtime'),
      to: 'studio/python-runtime',
      filter: RUNTIME_FILES,
    },
    { from: path.join(repositoryRoot, 'resources'), to: 'studio/resources' },
    { from: path.join(options.stage, 'app/package.json'), to: 'studio/package.json' },
    { from: path.join(repositoryRoot, 'LICENSE'), to: 'studio/LICENSE.txt' },
    { from: options.licences, to: 'studio/licences.txt' },
  ],
  // A given Electron may come out of another app: neither its code nor its update feed may stay.
  afterExtract: ({ appOutDir }) =>
    rm(path.join(appOutDir, 'resources'), { recursive: true, force: true }).then(() => undefined),
  afterPack: async (context) => {
    const found = await setFuses(
      binaryOf(context),
      fuseSettings({ platform: context.electronPlatformName, inspectable: options.inspectable }),
      // Another Electron than the pinned one may know fewer fuses; the pinned one must have them all.
      options.electronDist === undefined ? 'all' : 'present',
    );
    process.stderr.write(`fuses, read back: ${JSON.stringify(found)}\n`);
  },
  linux: {
    target: [
      { target: 'deb', arch: 'x64' },
      { target: 'AppImage', arch: 'x64' },
    ],
    executableName: EXECUTABLE,
    icon: path.join(repositoryRoot, 'resources/icons/icon.png'),
    category: 'Science',
    synopsis: 'Fine-tune a chat model on your own machine',
    maintainer: 'The authors of Legal Eagle Studio <maintainers@legal-eagle-studio.invalid>',
    artifactName: `${EXECUTABLE}-\${version}-\${arch}.\${ext}`,
  },
  // Ubuntu 24.04 forbids user namespaces to programs without a profile; the builder's own profile allows them to
  // this one alone, and its install script loads it.
  deb: { packageCategory: 'science', priority: 'optional' },
  win: {
    target: [{ target: 'nsis', arch: ['x64'] }],
    icon: path.join(repositoryRoot, 'resources/icons/icon.ico'),
    verifyUpdateCodeSignature: true,
  },
  nsis: {
    oneClick: false,
    perMachine: false,
    allowToChangeInstallationDirectory: true,
    deleteAppDataOnUninstall: false,
    artifactName: `${EXECUTABLE}-\${version}-setup.\${ext}`,
  },
  publish:
    options.feedUrl === undefined
      ? null
      : // Object stores answer only the first range of several.
        [{ provider: 'generic', url: options.feedUrl, useMultipleRangeRequest: false }],
});
