import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { BUILTIN, buildBundle } from '../../electron/tools/desktop-build.ts';
import { FUZZED_METHODS } from '../helpers/fuzzed-methods.ts';
import type { FrameOptions } from '../helpers/hostile-frames.ts';
import { ToyShell } from './contract/toy-shell.ts';
import type { PortFuzz } from './fuzz/page-fuzz.ts';
import { callFromPage } from './shell-calls.ts';
import { processes } from './shell-processes.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

const COUNT = 10_000;
const SEED = Number(process.env['LEGAL_EAGLE_TEST_SEED'] ?? Date.now() % 2 ** 31);
/** More lines than kinds of refusals there are. */
const MOST_LINES = 20;

/** The newer of two ways to add a preload script; the stand-in knows the older one. */
type PreloadingSession = Readonly<{
  registerPreloadScript?: (script: { type: 'frame'; filePath: string }) => void;
  setPreloads: (files: readonly string[]) => void;
}>;
type BridgeWindow = Readonly<{ studio: { connect(): void } }>;
type FuzzWindow = Readonly<{ floodPort: (options: FrameOptions) => Promise<PortFuzz> }>;
type RawIpcWindow = Readonly<{
  rawIpc: Readonly<{
    flood: (channel: string, kind: 'send' | 'invoke', seed: number, count: number) => Promise<number>;
    offer: (channel: string, paths: readonly string[]) => Promise<void>;
  }>;
}>;

/** A page in the wrong hands, in the running app: nothing that it sends ends a process or fills a disk. */
describe.skipIf(shell === undefined)(`a hostile page of the desktop app (seed ${String(SEED)})`, () => {
  const bench = new ShellBench();
  const toy = new ToyShell();
  let studio: OpenStudio;
  let corePid: number;

  beforeAll(async () => {
    if (shell === undefined) throw new Error('no Electron');
    await bench.prepare();
    const { chrome, node } = shell.engine;
    await toy.build(bench.folder, node);
    const bundle = (name: string, format: 'cjs' | 'iife'): Promise<string> =>
      buildBundle({
        out: path.join(bench.folder, 'fuzz', name),
        input: `test/desktop/fuzz/${name}.ts`,
        format,
        engine: chrome,
        external: BUILTIN,
      });
    const pageFuzz = readFileSync(await bundle('page-fuzz', 'iife'), 'utf8');
    const rawIpc = await bundle('raw-ipc', 'cjs');
    studio = await bench.open();
    // A page that was flooded with ports has work before it can reload.
    studio.page.setDefaultTimeout(120_000);
    await studio.app.evaluate(({ session }, filePath) => {
      const own = session.defaultSession as unknown as PreloadingSession;
      if (own.registerPreloadScript === undefined) own.setPreloads([filePath]);
      else own.registerPreloadScript({ type: 'frame', filePath });
    }, rawIpc);
    await studio.page.reload();
    await studio.page.getByText(bench.home).waitFor();
    await studio.page.evaluate(pageFuzz);
    corePid = await pidOfCore();
  });
  afterAll(() => bench.dispose());

  async function pidOfCore(): Promise<number> {
    const child = processes().find(
      ({ command, executable }) => executable.startsWith(bench.folder) && command.includes('core-host.mjs'),
    );
    if (child !== undefined) return child.pid;
    const utility = await studio.app.evaluate(({ app }) =>
      app
        .getAppMetrics()
        .find(({ name, serviceName }) => `${name ?? ''} ${serviceName ?? ''}`.includes('core')),
    );
    if (utility === undefined) throw new Error('no process of the core');
    return utility.pid;
  }

  const linesOf = (file: string): readonly string[] =>
    existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];

  /** The processes that were there are there, nothing fell, nothing was written by the thousand, and calls go through. */
  async function stillWell(): Promise<void> {
    expect(await studio.app.evaluate(() => process.pid)).toBe(studio.pid);
    expect(await pidOfCore()).toBe(corePid);
    const dumps = await studio.app.evaluate(({ app }) => app.getPath('crashDumps'));
    const fallen = existsSync(dumps) ? readdirSync(dumps, { recursive: true }).map(String) : [];
    expect(fallen.filter((name) => name.endsWith('.dmp'))).toEqual([]);
    const core = linesOf(path.join(bench.home, 'logs', 'core.log'));
    const main = linesOf(path.join(bench.home, 'shell', 'shell.log'));
    expect(core.filter((line) => line.includes('a method failed without a code'))).toEqual([]);
    // Nesting that the engine cannot read back makes its own code throw before any of ours is asked.
    const defects = main.filter((line) => line.includes('a defect of the shell'));
    expect(defects.filter((line) => !line.includes('node:electron/js2c/browser_init'))).toEqual([]);
    expect(defects.length).toBeLessThan(2);
    expect(core.length, core.slice(0, 40).join('\n')).toBeLessThan(MOST_LINES);
    expect(main.length, main.slice(0, 40).join('\n')).toBeLessThan(MOST_LINES);
    expect((await callFromPage(studio.page, 'app.info', {})).version).toMatch(/^\d/u);
  }

  const flood = (): Promise<PortFuzz> =>
    studio.page.evaluate((options) => (window as unknown as FuzzWindow).floodPort(options), {
      seed: SEED,
      count: COUNT,
      methods: FUZZED_METHODS,
    });

  function expectAnswers({ sent, owed, answers }: PortFuzz): void {
    const answered = Object.values(answers).reduce((sum, count) => sum + count, 0);
    expect(sent).toBeGreaterThan(COUNT * 0.9);
    expect(answered).toBeGreaterThanOrEqual(owed.least);
    expect(answered).toBeLessThanOrEqual(owed.most);
    for (const code of ['core.bad_frame', 'core.frame_too_large', 'core.unknown_method'])
      expect(answers[code], code).toBeGreaterThan(0);
    for (const code of ['core.internal', 'no code']) expect(answers[code], code).toBeUndefined();
  }

  it(`${String(COUNT)} frames over its port: each is answered, or refused with a code`, async () => {
    const flooding = flood();
    await studio.page.evaluate(() => (window as unknown as BridgeWindow).studio.connect());
    const outcome = await flooding;
    process.stdout.write(`frames over the page's port: ${JSON.stringify(outcome)}\n`);
    expectAnswers(outcome);
    for (const code of ['core.invalid_input', 'server.path_refused'])
      expect(outcome.answers[code], code).toBeGreaterThan(0);
    await stillWell();
  });

  // The product's way: the port ends in Electron's own utility process, which the stand-in's core is not.
  it(`${String(COUNT)} frames over a port to a utility process`, async () => {
    await toy.start(studio.app);
    const flooding = flood();
    // The page asks for the port before it is sent.
    await studio.page.evaluate(() => undefined);
    await toy.connect(studio.app);
    const outcome = await flooding;
    process.stdout.write(`frames over a port to a utility process: ${JSON.stringify(outcome)}\n`);
    expectAnswers(outcome);
    expect(await toy.defects(studio.app)).toEqual([]);
    await toy.close(studio.app);
    await stillWell();
  });

  // Each of these made `realpath` throw inside the core, where nobody caught it.
  it('paths that no system can look up are not granted, and the core lives', async () => {
    const loop = path.join(bench.folder, 'loop');
    symlinkSync(loop, loop);
    const offered = [
      `/a\0b`,
      loop,
      path.join(loop, 'below'),
      `/${'n'.repeat(300)}`,
      `/${'deep/'.repeat(6000)}`,
      '/etc/hostname/x',
    ];
    await studio.page.evaluate(
      (paths) => (window as unknown as RawIpcWindow).rawIpc.offer('studio:grant', paths),
      offered,
    );
    for (const one of offered)
      await expect(callFromPage(studio.page, 'datasets.import', { sources: [one] })).rejects.toThrow(
        'server.path_refused',
      );
    await stillWell();
    const lines = linesOf(path.join(bench.home, 'logs', 'core.log'));
    expect(lines.filter((line) => line.includes('server.path_refused'))).toHaveLength(1);
  });

  it.each([
    ['studio:connect', 'send'],
    ['studio:grant', 'invoke'],
  ] as const)(`${String(COUNT)} payloads for %s`, async (channel, kind) => {
    const sent = await studio.page.evaluate(
      ([name, way, seed, count]) => (window as unknown as RawIpcWindow).rawIpc.flood(name, way, seed, count),
      [channel, kind, SEED, COUNT] as const,
    );
    process.stdout.write(`payloads for ${channel}: ${String(sent)}\n`);
    expect(sent).toBeGreaterThan(COUNT * 0.9);
    // A page that asked for thousands of ports has none of its own left that counts; its window still works.
    await studio.page.reload();
    await studio.page.getByText(bench.home).waitFor();
    await stillWell();
  });
});
