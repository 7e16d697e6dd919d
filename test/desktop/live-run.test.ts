import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callFromPage } from './shell-calls.ts';
import { processes } from './shell-processes.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';
import { ENDLESS, startTinyRun, until, waitForState, waitForStep } from './tiny-run.ts';

type Kept = {
  notes?: { title: string; body: string; click: () => void }[];
  tray?: string;
  open?: (name: string) => void;
  asked?: { message: string; detail: string; buttons: string[]; defaultId: number };
};

/** What the system shows of a live run, and what quitting does with it. */
describe.skipIf(shell === undefined)('a live run and the desktop', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
  });
  afterAll(() => bench.dispose());

  /** Keeps what would be shown on the desktop of a person who looks elsewhere. */
  const watchDesktop = (): Promise<void> =>
    studio.app.evaluate(({ BrowserWindow, Notification, Tray }) => {
      const kept = globalThis as Kept;
      kept.notes = [];
      Notification.isSupported = () => true;
      Notification.prototype.show = function (this: Electron.Notification): void {
        kept.notes?.push({ title: this.title, body: this.body, click: () => this.emit('click', {}) });
      };
      Tray.prototype.setToolTip = (text) => {
        kept.tray = text;
      };
      Tray.prototype.setContextMenu = (menu) => {
        kept.open = (name) => {
          menu?.items.find(({ label }) => label.startsWith(name))?.click();
        };
      };
      BrowserWindow.prototype.isFocused = () => false;
    });
  const kept = <Key extends 'tray' | 'asked'>(key: Key): Promise<Kept[Key]> =>
    studio.app.evaluate((_electron, name) => (globalThis as Kept)[name], key) as Promise<Kept[Key]>;
  const titles = (): Promise<readonly string[]> =>
    studio.app.evaluate(() => (globalThis as Kept).notes?.map(({ title }) => title) ?? []);
  const clickNote = (): Promise<void> =>
    studio.app.evaluate(() => (globalThis as Kept).notes?.at(-1)?.click());
  /** The blocker of the system has small numbers, in order. */
  const keepsAwake = (): Promise<boolean> =>
    studio.app.evaluate(({ powerSaveBlocker }) =>
      Array.from({ length: 20 }, (_, id) => id).some((id) => powerSaveBlocker.isStarted(id)),
    );
  const route = (): Promise<string> => studio.page.evaluate(() => window.location.hash);
  const goHome = async (): Promise<void> => {
    await studio.page.evaluate(() => (window.location.hash = '#/'));
    await expect.poll(route).toBe('#/');
  };
  const answerQuit = (response: number): Promise<void> =>
    studio.app.evaluate(({ app, dialog }, answer) => {
      dialog.showMessageBox = (...args: readonly unknown[]) => {
        (globalThis as Kept).asked = args.at(-1) as NonNullable<Kept['asked']>;
        return Promise.resolve({ response: answer, checkboxChecked: false });
      };
      app.quit();
    }, response);
  const stateOf = async (runId: string): Promise<string> =>
    (await callFromPage(studio.page, 'runs.show', { run: runId })).state;

  const killTrainer = async (runId: string, signal: NodeJS.Signals): Promise<void> => {
    const { dir } = await callFromPage(studio.page, 'runs.show', { run: runId });
    // A process that has just been made still bears the command of its parent.
    const trainers = (): readonly number[] =>
      processes()
        .filter(({ command }) => command.includes(dir))
        .map(({ pid }) => pid);
    await expect.poll(() => trainers().length).toBeGreaterThan(0);
    for (const pid of trainers()) process.kill(pid, signal);
  };

  it('keeps the machine awake, stands in the tray and leads there; its end is told', async () => {
    await watchDesktop();
    expect(await keepsAwake()).toBe(false);
    const { runId } = await startTinyRun(studio.page, { name: '托盘里的训练', ...ENDLESS });
    await waitForStep(studio.page, runId, 2);
    await expect.poll(keepsAwake).toBe(true);
    await expect.poll(() => kept('tray')).toContain('托盘里的训练');
    await studio.app.evaluate(() => (globalThis as Kept).open?.('托盘里的训练'));
    await expect.poll(route).toBe(`#/runs/${runId}`);

    await goHome();
    await callFromPage(studio.page, 'runs.stop', { run: runId, deadlineMs: 60_000 });
    await expect.poll(titles).toEqual(['Run stopped']);
    await expect.poll(keepsAwake).toBe(false);
    await expect.poll(() => kept('tray')).toContain('No run is live');
    await clickNote();
    await expect.poll(route).toBe(`#/runs/${runId}`);
  });

  it('tells of a run that finished, was interrupted, failed, each once', async () => {
    await goHome();
    const done = await startTinyRun(studio.page, { name: '短训练', maxSteps: 2 });
    await waitForState(studio.page, done.runId, 'done');
    await expect.poll(titles).toEqual(['Run stopped', 'Run finished']);

    const lost = await startTinyRun(studio.page, { name: '会中断', ...ENDLESS });
    await waitForStep(studio.page, lost.runId, 1);
    await killTrainer(lost.runId, 'SIGKILL');
    await expect.poll(titles).toEqual(['Run stopped', 'Run finished', 'Run needs attention']);
    await callFromPage(studio.page, 'runs.resume', { run: lost.runId });
    await until(async () => (await stateOf(lost.runId)) === 'running');
    await waitForStep(studio.page, lost.runId, 1);
    await killTrainer(lost.runId, 'SIGSEGV');
    await expect.poll(async () => (await titles()).slice(3)).toEqual(['Run failed']);
    await clickNote();
    await expect.poll(route).toBe(`#/runs/${lost.runId}`);
  });

  it('is asked about when the app quits: by default it goes on, and staying changes nothing', async () => {
    const { runId } = await startTinyRun(studio.page, { name: '问一问', ...ENDLESS });
    await waitForStep(studio.page, runId, 2);
    await answerQuit(3);
    const asked = await kept('asked');
    expect(asked).toMatchObject({ defaultId: 0, message: 'Still training: 问一问' });
    expect(asked?.buttons).toHaveLength(4);
    expect(await stateOf(runId)).toBe('running');

    await studio.quit(0);
    studio = await bench.open();
    expect(await stateOf(runId)).toBe('running');
    const step = (await callFromPage(studio.page, 'runs.show', { run: runId })).step;
    await waitForStep(studio.page, runId, step);
    await callFromPage(studio.page, 'runs.stop', { run: runId, deadlineMs: 0 });
  });

  it('stops after a checkpoint when that is the answer', async () => {
    const { runId } = await startTinyRun(studio.page, { name: '先保存', ...ENDLESS });
    await waitForStep(studio.page, runId, 2);
    await studio.quit(1);
    studio = await bench.open();
    const run = await callFromPage(studio.page, 'runs.show', { run: runId });
    expect(run.state).toBe('stopped');
    expect(run.checkpoints.at(-1)?.step).toBe(run.step);
  });

  it('stops at once when that is the answer, and the queue starts no other in its place', async () => {
    const first = await startTinyRun(studio.page, { name: '立即停', ...ENDLESS });
    await waitForStep(studio.page, first.runId, 2);
    const { items } = await callFromPage(studio.page, 'runs.list', {});
    const stopped = items.find(({ name }) => name === '先保存')?.id ?? '';
    await callFromPage(studio.page, 'queue.add', { run: stopped });
    await answerQuit(3);
    expect((await kept('asked'))?.detail).toContain('waiting in it: 1');
    await studio.quit(2);
    studio = await bench.open();
    expect(await stateOf(first.runId)).toBe('stopped');
    const queue = await callFromPage(studio.page, 'queue.list', {});
    expect(queue).toMatchObject({ paused: true, items: [{ run: { id: stopped } }] });
  });
});
