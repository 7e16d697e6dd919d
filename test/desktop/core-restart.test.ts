import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callFromPage } from './shell-calls.ts';
import { processes } from './shell-processes.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';
import { ENDLESS, startTinyRun, until, waitForStep } from './tiny-run.ts';

/** A core that dies takes nothing with it: the shell starts another, and the page goes on with that one. */
describe.skipIf(shell === undefined)('a core that was killed', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;
  let runId = '';

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
    ({ runId } = await startTinyRun(studio.page, { name: '不中断', ...ENDLESS }));
    await waitForStep(studio.page, runId, 3);
  });
  afterAll(async () => {
    await callFromPage(studio.page, 'runs.stop', { run: runId, deadlineMs: 0 }).catch(() => undefined);
    await bench.dispose();
  });

  const core = (): number | undefined =>
    processes().find(
      ({ command }) =>
        command.includes(bench.folder) && /core-host\.mjs|node\.mojom\.NodeService/u.test(command),
    )?.pid;
  const kill = async (): Promise<void> => {
    await until(() => Promise.resolve(core() !== undefined));
    const pid = core() ?? Number.NaN;
    process.kill(pid, 'SIGKILL');
    await until(() => Promise.resolve(core() !== pid));
  };
  const shownStep = async (): Promise<number> => {
    const text = await studio.page.evaluate(() => document.querySelector('main')?.innerText ?? '');
    return Number(/([\d,]+) \/ 100,000/u.exec(text)?.[1]?.replaceAll(',', '') ?? Number.NaN);
  };

  it('leaves a page that goes on by itself: its topics and its calls', async () => {
    await studio.page.evaluate((id) => (window.location.hash = `#/runs/${id}`), runId);
    await expect.poll(shownStep).toBeGreaterThan(0);
    await kill();
    await studio.page.getByText(/^(Connected|已连接)$/u).waitFor();
    // Nothing but the run's own topic moves this figure.
    const before = await shownStep();
    await expect.poll(shownStep).toBeGreaterThan(before + 5);
    // A call of the page itself, on a screen that was not open.
    await studio.page.evaluate(() => (window.location.hash = '#/datasets'));
    await studio.page.getByRole('main').getByText('rows', { exact: true }).first().waitFor();
    expect((await callFromPage(studio.page, 'runs.show', { run: runId })).state).toBe('running');
    // The shell's own client follows the new core too, or the next quit would not ask.
    await studio.app.evaluate(({ app, dialog }) => {
      dialog.showMessageBox = (...args: readonly unknown[]) => {
        (globalThis as { asked?: unknown }).asked = args.at(-1);
        return Promise.resolve({ response: 3, checkboxChecked: false });
      };
      app.quit();
    });
    const asked = (): Promise<unknown> =>
      studio.app.evaluate(() => (globalThis as { asked?: { message?: unknown } }).asked?.message);
    await expect.poll(asked).toContain('不中断');
  });

  it('that ends again and again is given up, with the reason, and the run goes on', async () => {
    const { dir } = await callFromPage(studio.page, 'runs.show', { run: runId });
    await studio.app.evaluate(({ dialog }) => {
      dialog.showMessageBox = (...args: readonly unknown[]) => {
        (globalThis as { said?: unknown }).said = args.at(-1);
        // Stands until the test has read it.
        return new Promise((resolve) => {
          (globalThis as { close?: () => void }).close = () =>
            resolve({ response: 0, checkboxChecked: false });
        });
      };
    });
    await kill();
    await kill();
    const said = (): Promise<unknown> =>
      studio.app.evaluate(() => (globalThis as { said?: { detail?: unknown } }).said?.detail);
    await expect.poll(said).toContain('host.core_keeps_ending');
    expect(core(), 'no fourth core').toBeUndefined();
    await studio.page.getByText(/^(Connection lost, reconnecting|连接已断开，正在重连)$/u).waitFor();
    const closed = new Promise<void>((resolve) => studio.app.once('close', () => resolve()));
    await studio.app.evaluate(() => (globalThis as { close?: () => void }).close?.());
    await closed;
    const runners = (): number => processes().filter(({ command }) => command.includes(dir)).length;
    expect(runners(), 'the trainer').toBe(1);
    studio = await bench.open();
    await waitForStep(
      studio.page,
      runId,
      (await callFromPage(studio.page, 'runs.show', { run: runId })).step,
    );
  });
});
