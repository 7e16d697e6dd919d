import { existsSync, linkSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';

import { getRawHeader } from '@electron/asar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { packageApp } from '../../electron/tools/package-app.ts';
import { EXECUTABLE } from '../../electron/tools/package-config.ts';
import { fuseSettings, readFuses } from '../../electron/tools/package-fuses.ts';
import type { ShellSource } from './find-shell.ts';
import { callFromPage } from './shell-calls.ts';
import { processes } from './shell-processes.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

const STEPS = 5;
const PATIENCE_MS = 120_000;

/** What must never be found in a package: sources, maps, tests, and whatever looks like a secret. */
const FORBIDDEN =
  /(\.(ts|tsx|mts|map|py)|(^|\/)(tests?|__tests__|fixtures|coverage)\/.*|\.(test|spec)\.[cm]?js|(^|\/)(\.env.*|\.npmrc|\.git.*|id_[a-z0-9]+|.*\.(pem|key|p12|pfx)))$/iu;

type Node = Readonly<{ files?: Readonly<Record<string, Node>>; unpacked?: boolean }>;
type Entry = Readonly<{ file: string; unpacked: boolean }>;

/** Files of an archive as its header lists them. */
const listing = (node: Node, prefix = ''): readonly Entry[] =>
  Object.entries(node.files ?? {}).flatMap(([name, child]) => {
    const file = prefix === '' ? name : `${prefix}/${name}`;
    return child.files === undefined ? [{ file, unpacked: child.unpacked === true }] : listing(child, file);
  });

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));

/**
 * The package as `package:dir` builds it, opened and put to work. The stand-in's own Node is too old for the database
 * driver, and the shell takes another Node for its core only while it is not packaged; so the packed binary gets a
 * second name, `electron`, under which Electron says of itself that it is not packaged. Everything else is the package:
 * its binary with its fuses, its archive, its unpacked core and its resources.
 */
describe.skipIf(shell === undefined)('the packaged app', () => {
  const bench = new ShellBench();
  let app = '';
  let studio: OpenStudio;

  const assemble = async (folder: string, source: ShellSource): Promise<string> => {
    const unpacked = await packageApp({
      out: path.join(folder, 'package'),
      dirOnly: true,
      platform: 'linux',
      target: source.engine,
      electronDist: source.dist,
      inspectable: true,
    });
    app = path.join(folder, 'electron');
    renameSync(unpacked, app);
    const alias = path.join(app, 'electron');
    linkSync(path.join(app, EXECUTABLE), alias);
    return alias;
  };

  beforeAll(async () => {
    await bench.prepare(assemble);
    studio = await bench.open();
  });
  afterAll(() => bench.dispose());

  const archive = (): readonly Entry[] => listing(getRawHeader(path.join(app, 'resources/app.asar')).header);

  it('stands with its fuses as set, but for the one that the test driver needs', async () => {
    const found = await readFuses(path.join(app, EXECUTABLE));
    const wanted = fuseSettings({ platform: 'linux', inspectable: true });
    const release = fuseSettings({ platform: 'linux', inspectable: false });
    expect(Object.keys(found).length).toBeGreaterThanOrEqual(7);
    expect(wanted).toMatchObject(found);
    expect({ ...wanted, EnableNodeCliInspectArguments: false }).toEqual(release);
    expect(found).toMatchObject({ RunAsNode: false, OnlyLoadAppFromAsar: true });
  });

  it('holds the built app and nothing else', () => {
    const files = archive().map(({ file }) => file);
    expect(files).toEqual(
      expect.arrayContaining([
        'package.json',
        'dist/desktop/main.cjs',
        'dist/desktop/preload.cjs',
        'dist/desktop/core-host.mjs',
        'dist/renderer/index.html',
      ]),
    );
    expect(files.filter((file) => FORBIDDEN.test(file))).toEqual([]);
    expect(files.filter((file) => !/^(package\.json$|dist\/|node_modules\/)/u.test(file))).toEqual([]);
  });

  it('carries what the system loads as real files: the core and its native modules', () => {
    const native = archive().filter(({ file }) => file.endsWith('.node') || file.endsWith('core-host.mjs'));
    expect(native.map(({ file }) => path.basename(file))).toContain('linux-x64.node');
    for (const { file, unpacked } of native) {
      expect(unpacked, file).toBe(true);
      expect(statSync(path.join(app, 'resources/app.asar.unpacked', file)).isFile()).toBe(true);
    }
    // Another system's binary would be dead weight that nobody tests.
    expect(native.filter(({ file }) => /win32|darwin|musl|arm64/u.test(file))).toEqual([]);
  });

  it('carries Python’s part, the locks and the resources outside the archive, without tests and tools', () => {
    const files = filesBelow(path.join(app, 'resources/studio'));
    expect(files).toEqual(
      expect.arrayContaining([
        'package.json',
        'python-runtime/run.py',
        'python-runtime/requirements/cu130-linux.lock',
        'resources/mirrors.json',
        'resources/recipes/quickstart.yaml',
        'resources/tiny-model/model.safetensors',
        'resources/icons/tray.png',
      ]),
    );
    expect(files.filter((file) => /(^|\/)(tools|tests?|__pycache__)\//u.test(file))).toEqual([]);
  });

  it('keeps nothing of the app that the given Electron came from, its update feed least of all', () => {
    expect(readdirSync(path.join(app, 'resources')).sort()).toEqual([
      'app.asar',
      'app.asar.unpacked',
      'studio',
    ]);
  });

  it('names the licence of everything it carries', () => {
    const text = readFileSync(path.join(app, 'resources/studio/licences.txt'), 'utf8');
    const carried = new Set(
      archive().flatMap(({ file }) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//u.exec(file)?.[1] ?? []),
    );
    expect(carried.size).toBeGreaterThan(5);
    for (const name of [...carried, 'Electron', 'react', 'recharts', 'zod', 'electron-updater'])
      expect(text, name).toMatch(new RegExp(`^${name} (\\d|\\(MIT\\))`, 'mu'));
    expect(text).toContain('Permission is hereby granted, free of charge');
    expect(statSync(path.join(app, 'LICENSES.chromium.html')).size).toBeGreaterThan(1_000_000);
  });

  it('opens and shows Home, without an update feed that nobody configured', async () => {
    await studio.page.getByText(bench.home).waitFor();
    const capabilities = await callFromPage(studio.page, 'app.capabilities', {});
    expect(capabilities.autoUpdate).toMatchObject({ available: false });
    expect(studio.complaints).toEqual([]);
  });

  it('does not open where an AppImage’s start script has taken its sandbox away', async () => {
    const home = path.join(bench.folder, 'no-sandbox');
    const opened = bench.open({
      home,
      args: ['--no-sandbox'],
      env: { APPIMAGE: path.join(bench.folder, 'studio.AppImage') },
    });
    // It says so in a box that waits for a person; the test waits for no window and reads what was logged.
    const log = path.join(home, 'shell/shell.log');
    await until(() =>
      Promise.resolve(existsSync(log) && readFileSync(log, 'utf8').includes('host.no_sandbox')),
    );
    for (const { pid, command, executable } of processes())
      if (executable.startsWith(app) && / --no-sandbox( |$)/u.test(command)) endProcess(pid);
    await expect(opened).rejects.toThrow();
  });

  it('imports the sample that it carries and trains on it', { timeout: 600_000 }, async () => {
    const { rowsPath, modelPath } = await callFromPage(studio.page, 'app.samples', {});
    expect(rowsPath.startsWith(path.join(app, 'resources/studio'))).toBe(true);
    const { datasetId } = await callFromPage(studio.page, 'datasets.import', {
      sources: [rowsPath],
      evalFraction: 0.1,
    });
    await until(async () => {
      const { state, error } = await callFromPage(studio.page, 'datasets.show', { dataset: datasetId });
      if (state === 'failed') throw new Error(JSON.stringify(error));
      return state === 'ready';
    });
    const { runId } = await callFromPage(studio.page, 'runs.start', {
      recipe: {
        name: '安装包自检',
        model: modelPath,
        dataset: datasetId,
        cutoffLength: 128,
        epochs: 1,
        maxSteps: STEPS,
        batch: { microBatch: 1, gradientAccumulation: 1 },
        hardware: { cpuThreads: 1 },
      },
    });
    await until(async () => {
      const { state, error } = await callFromPage(studio.page, 'runs.show', { run: runId });
      if (state === 'failed' || state === 'interrupted') throw new Error(JSON.stringify(error));
      return state === 'done';
    });
    const { step } = await callFromPage(studio.page, 'runs.show', { run: runId });
    expect(step).toBe(STEPS);
  });
});

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // A child that went with its parent.
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > giveUpAtMs) throw new Error('it did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
