import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createCore } from '../../../electron/core/create-core.ts';
import { readMoveMarker, resolveHome } from '../../../electron/core/home-pointer.ts';
import type { CallerFor } from '../../../electron/shared/contract/define.ts';
import { STUDIO_CONTRACT, type StudioContract } from '../../../electron/shared/contract/index.ts';
import { createDispatcher } from '../../../electron/rpc/dispatcher.ts';
import type { CorePorts } from '../../../electron/core/ports.ts';
import type { DataFolderView } from '../../../electron/shared/contract/methods/data-folder.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { testPorts, ROOT } from './core-harness.ts';

const KILLS = process.env['LEGAL_EAGLE_TEST_DEPTH'] === 'long' ? 60 : 12;
const BALLAST_FILES = 24;
const BALLAST_BYTES = 4_000_000;
/** What belongs to one life of a core, or is written all the time. */
const PASSING = /^(logs\b|core\.|studio\.db|\.legal-eagle-)|\.db-shm$/u;

const dir = realpathSync(mkdtempSync(path.join(tmpdir(), '搬家 move ')));
const env = {
  ...process.env,
  HOME: dir,
  XDG_DATA_HOME: path.join(dir, 'share'),
  XDG_CONFIG_HOME: path.join(dir, 'config'),
  LEGAL_EAGLE_HOME: '',
};
const home = path.join(dir, 'share', 'legal-eagle-studio');
const pointerFile = path.join(dir, 'config', 'legal-eagle-studio', 'data-folder.json');

const start = (): ReturnType<typeof resolveHome> =>
  resolveHome({ named: undefined, platform: 'linux', env, homeDir: dir, fallback: home });

type Studio = Readonly<{ call: CallerFor<StudioContract>; dispose: () => Promise<void> }>;

const openCore = async (
  source: ReturnType<typeof resolveHome> = start(),
  changes: Partial<CorePorts> = {},
): Promise<Studio> => {
  const core = await createCore(
    { ...testPorts(source.home), homeSource: source.source, ...changes },
    { mode: 'write' },
  );
  const dispatcher = createDispatcher(STUDIO_CONTRACT, core.handlers, { checkOutputs: true });
  const call = (method: string, params: unknown): Promise<unknown> => dispatcher.call(method, params);
  return { call: call as unknown as CallerFor<StudioContract>, dispose: () => core.dispose() };
};

/** Name and content of every lasting file. */
function digest(root: string, leaveOut: (name: string) => boolean = () => false): Record<string, string> {
  const names = (readdirSync(root, { recursive: true }) as string[]).filter(
    (name) => !PASSING.test(name) && !leaveOut(name) && statSync(path.join(root, name)).isFile(),
  );
  return Object.fromEntries(
    names.sort().map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(path.join(root, name)))
        .digest('hex'),
    ]),
  );
}

const isRecord = (name: string): boolean => /(^|\/)(run|record)\.json$/u.test(name);

async function settled(core: Studio): Promise<DataFolderView['move']> {
  for (;;) {
    const { move } = await core.call('dataFolder.show', {});
    if (move.state !== 'copying' && move.state !== 'checking') return move;
    await delay(10);
  }
}

const codeOf = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('moving the data folder', () => {
  let before: Record<string, string>;
  let runId: string;

  beforeAll(async () => {
    const core = await openCore();
    const jobEnd = async (jobId: string): Promise<void> => {
      while (isLive((await core.call('jobs.show', { jobId })).state)) await delay(50);
    };
    const { jobId, datasetId } = await core.call('datasets.import', {
      sources: [path.join(ROOT, 'resources/sample-data/rows')],
      accept: 'usable',
      evalFraction: 0.1,
    });
    await jobEnd(jobId);
    ({ runId } = await core.call('runs.start', {
      recipe: {
        model: path.join(ROOT, 'resources/tiny-model'),
        dataset: datasetId,
        maxSteps: 2,
        cutoffLength: 64,
        batch: { microBatch: 1, gradientAccumulation: 1 },
        lora: { rank: 2, targets: 'attention' },
        evaluation: { everySteps: 0, maxRows: 2 },
        checkpoints: { everySteps: 1 },
        hardware: { device: 'cpu', cpuThreads: 1 },
      },
    }));
    while (isLive((await core.call('runs.show', { run: runId })).state)) await delay(50);
    expect((await core.call('runs.show', { run: runId })).state).toBe('done');
    await core.dispose();
    const ballast = path.join(home, 'uploads', 'ballast');
    mkdirSync(ballast, { recursive: true });
    for (let at = 0; at < BALLAST_FILES; at += 1)
      writeFileSync(path.join(ballast, `${String(at)}.bin`), randomBytes(BALLAST_BYTES));
    before = digest(home);
  });

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const refusals: readonly (readonly [string, string, () => string])[] = [
    ['inside itself', 'data_folder.inside', () => path.join(home, 'below')],
    ['above itself', 'data_folder.inside', () => path.dirname(home)],
    ['to where it is', 'data_folder.inside', () => home],
    ['to a part of a path', 'data_folder.not_absolute', () => 'elsewhere'],
    [
      'onto files of a person',
      'data_folder.not_empty',
      () => {
        const full = path.join(dir, 'full');
        mkdirSync(full, { recursive: true });
        writeFileSync(path.join(full, 'thesis.docx'), 'years of work');
        return full;
      },
    ],
    [
      'onto a file',
      'data_folder.not_empty',
      () => {
        writeFileSync(path.join(dir, 'a-file'), '');
        return path.join(dir, 'a-file');
      },
    ],
    ['where nothing can be written', 'data_folder.not_writable', () => '/proc/legal-eagle'],
  ];

  it.each(refusals)('is refused %s', async (_where, code, target) => {
    const core = await openCore();
    try {
      expect(await codeOf(() => core.call('dataFolder.move', { path: target() }))).toBe(code);
      expect(await core.call('dataFolder.show', {})).toMatchObject({ move: { state: 'idle' } });
    } finally {
      await core.dispose();
    }
    expect(existsSync(pointerFile)).toBe(false);
  });

  it('is refused onto a disk that is too small, and leaves no trace there', async () => {
    const core = await openCore(start(), {
      host: { ...testPorts(home).host, freeDiskBytes: () => 1_000_000 },
    });
    const target = path.join(dir, 'small disk');
    expect(await codeOf(() => core.call('dataFolder.move', { path: target }))).toBe('data_folder.disk_full');
    expect(existsSync(target)).toBe(false);
    await core.dispose();
  });

  // Whatever is changed during the copy would be missing in it.
  it('holds every change back while it copies, and gives up without a trace', async () => {
    const core = await openCore();
    const target = path.join(dir, 'given up');
    mkdirSync(target);
    await core.call('dataFolder.move', { path: target });
    expect(await codeOf(() => core.call('settings.set', { theme: 'dark' }))).toBe('data_folder.moving');
    expect(await codeOf(() => core.call('runs.remove', { run: runId }))).toBe('data_folder.moving');
    expect(await core.call('dataFolder.cancelMove', {})).toMatchObject({ move: { state: 'idle' } });
    expect(readdirSync(target)).toEqual([]);
    await core.call('settings.set', { theme: 'dark' });
    await core.dispose();
    expect(digest(home)).toEqual(before);
  });

  it('is refused while a job is live', async () => {
    const core = await openCore();
    const { sessionId } = await core.call('chat.open', {
      model: path.join(ROOT, 'resources/tiny-model'),
      device: 'cpu',
      cpuThreads: 1,
    });
    expect(await codeOf(() => core.call('dataFolder.move', { path: path.join(dir, 'busy') }))).toBe(
      'data_folder.busy',
    );
    await core.call('chat.close', { sessionId });
    await core.dispose();
  });

  it(`loses nothing by kill -9 at ${String(KILLS)} points`, { timeout: 300_000 }, async () => {
    const target = path.join(dir, 'killed', 'target');
    const whole = await moveInProcess(target, undefined);
    expect(whole.lines.at(-1)).toContain('"moved"');
    for (let kill = 0; kill < KILLS; kill += 1) {
      if (existsSync(pointerFile)) {
        // The kill came after the switch: the copy is whole and opens.
        expect(start().home).toBe(target);
        expect(readMoveMarker(target)?.complete).toBe(true);
        rmSync(pointerFile);
        rmSync(target, { recursive: true });
      } else if (existsSync(target) && readMoveMarker(target)?.complete === false) {
        expect(() =>
          resolveHome({ named: target, platform: 'linux', env, homeDir: dir, fallback: home }),
        ).toThrow('data_folder.half_moved');
      } else if (existsSync(target)) rmSync(target, { recursive: true });
      await moveInProcess(target, (whole.durationMs * kill) / KILLS);
      expect(digest(home), `kill ${String(kill)}`).toEqual(before);
      const db = new Database(path.join(home, 'studio.db'), { readonly: true });
      expect(db.pragma('quick_check', { simple: true })).toBe('ok');
      expect(db.prepare('SELECT COUNT(*) FROM runs').pluck().get()).toBe(1);
      db.close();
    }
    rmSync(pointerFile, { force: true });
    rmSync(path.join(dir, 'killed'), { recursive: true });
  });

  it('ends in a folder that holds everything under its own paths; the old one goes when the person says so', async () => {
    const target = path.join(dir, '新磁盘', 'studio');
    const core = await openCore();
    await core.call('dataFolder.move', { path: target });
    expect(await settled(core)).toEqual({ state: 'moved', target });
    // This start still stands on the old folder.
    expect(await codeOf(() => core.call('settings.set', { theme: 'light' }))).toBe('data_folder.moved');
    await core.dispose();
    expect(digest(home)).toEqual(before);
    expect(digest(target, isRecord)).toEqual(
      Object.fromEntries(Object.entries(before).filter(([name]) => !isRecord(name))),
    );

    const next = start();
    expect(next).toEqual({ home: target, source: { kind: 'pointer', pointerFile } });
    const moved = await openCore(next);
    const run = await moved.call('runs.show', { run: runId });
    expect(run.dir).toBe(path.join(target, 'runs', runId));
    const { items } = await moved.call('runs.checkpoints', { run: runId });
    expect(items.length).toBe(2);
    // A real process reads adapter and dataset at their new place.
    const { jobId, modelId } = await moved.call('merge.start', {
      run: runId,
      parityPrompts: [],
    });
    while (isLive((await moved.call('jobs.show', { jobId })).state)) await delay(50);
    expect((await moved.call('models.show', { model: modelId })).state).toBe('ready');
    expect(await moved.call('dataFolder.show', {})).toMatchObject({
      path: target,
      chosenBy: 'pointer',
      previous: { path: home },
    });
    expect(texts(path.join(target, 'studio.db')).filter((text) => text.includes(home))).toEqual([]);

    await moved.call('dataFolder.removePrevious', {});
    expect(existsSync(home)).toBe(false);
    expect((await moved.call('dataFolder.show', {})).previous).toBeUndefined();
    await moved.dispose();

    // Back again, and used there once more: the other folder is not deleted unseen.
    const back = await openCore();
    await back.call('dataFolder.move', { path: home });
    expect(await settled(back)).toMatchObject({ state: 'moved' });
    await back.dispose();
    const used = await openCore({ home: target, source: { kind: 'argument', pointerFile } });
    await used.dispose();
    const there = await openCore();
    expect(await codeOf(() => there.call('dataFolder.removePrevious', {}))).toBe('data_folder.previous_used');
    await there.dispose();
    expect(existsSync(path.join(target, 'studio.db'))).toBe(true);
  });

  it('never begins an empty studio where the moved one should be', () => {
    const { home: moved } = start();
    rmSync(moved, { recursive: true });
    expect(() => start()).toThrow('data_folder.missing');
    chmodSync(pointerFile, 0o600);
    writeFileSync(pointerFile, '{');
    expect(() => start()).toThrow('data_folder.pointer_unreadable');
  });
});

/** Every text of every table. */
function texts(file: string): readonly string[] {
  const db = new Database(file, { readonly: true });
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  const all = tables.flatMap((table) =>
    (db.prepare(`SELECT * FROM "${table}"`).raw().all() as unknown[][]).flat(),
  );
  db.close();
  return all.filter((value): value is string => typeof value === 'string');
}

/** A real process that moves, killed after so many milliseconds of its move; whole without a number. */
async function moveInProcess(
  target: string,
  killAfterMs: number | undefined,
): Promise<Readonly<{ lines: readonly string[]; durationMs: number }>> {
  const child = spawn(process.execPath, [path.join(ROOT, 'test/helpers/move-process.ts'), target], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let begunAtMs = performance.now();
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line !== 'begun') return;
    begunAtMs = performance.now();
    if (killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  });
  await gone;
  return { lines, durationMs: performance.now() - begunAtMs };
}
