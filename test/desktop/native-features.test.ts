import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callFromPage } from './shell-calls.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';
import { startTinyRun, until, waitForState } from './tiny-run.ts';

/** Screens use what the system offers: its dialogs, its file manager, its clipboard. */
describe.skipIf(shell === undefined)('screens of the desktop app', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;
  let runId = '';

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
    ({ runId } = await startTinyRun(studio.page, { maxSteps: 2, checkpoints: { everySteps: 1 } }));
    await waitForState(studio.page, runId, 'done');
  });
  afterAll(() => bench.dispose());

  const go = (hash: string): Promise<unknown> =>
    studio.page.evaluate((next) => (window.location.hash = next), hash);
  /** From now on, what the file manager is asked to show is kept instead. */
  const revealed = async (): Promise<() => Promise<unknown>> => {
    await studio.app.evaluate(({ shell: system }) => {
      system.showItemInFolder = (shown) => {
        (globalThis as { shown?: unknown }).shown = shown;
      };
    });
    return () => studio.app.evaluate(() => (globalThis as { shown?: unknown }).shown);
  };

  it('add a model by the system’s dialog', async () => {
    const { modelPath } = await callFromPage(studio.page, 'app.samples', {});
    await studio.app.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = (...args: readonly unknown[]) => {
        (globalThis as { asked?: unknown }).asked = args.at(-1);
        return Promise.resolve({ canceled: false, filePaths: [chosen] });
      };
    }, modelPath);
    await go('#/new');
    await studio.page.getByRole('button', { name: /^(Add a model…|添加模型…)$/u }).click();
    await studio.page.getByRole('button', { name: /^(Browse…|浏览…)$/u }).click();
    const folder = studio.page.getByLabel(/^(Folder of the model|模型所在文件夹)/u);
    await expect.poll(() => folder.inputValue()).toBe(modelPath);
    const asked = (await studio.app.evaluate(() => (globalThis as { asked?: unknown }).asked)) as {
      properties: readonly string[];
    };
    expect(asked.properties).toContain('openDirectory');
  });

  it('export a run to the place that the save dialog names', async () => {
    const target = path.join(bench.home, '训练 导出.zip');
    await studio.app.evaluate(({ dialog }, chosen) => {
      dialog.showSaveDialog = (...args: readonly unknown[]) => {
        (globalThis as { asked?: unknown }).asked = args.at(-1);
        return Promise.resolve({ canceled: false, filePath: chosen });
      };
    }, target);
    await go(`#/runs/${runId}`);
    await studio.page.getByRole('button', { name: /^(More|更多操作)$/u }).click();
    await studio.page.getByRole('menuitem', { name: /zip/u }).click();
    await studio.page.getByText(target).waitFor();
    expect(existsSync(target) && statSync(target).size).toBeGreaterThan(1000);
    const asked = await studio.app.evaluate(() => (globalThis as { asked?: unknown }).asked);
    expect(asked).toMatchObject({ defaultPath: expect.stringMatching(/\.zip$/u) as string });
  });

  it('keep a report that the page made', async () => {
    const target = path.join(bench.home, 'report.html');
    await studio.app.evaluate(({ session }, chosen) => {
      session.defaultSession.once('will-download', (_event, item) => item.setSavePath(chosen));
    }, target);
    await studio.page.getByRole('button', { name: /^(More|更多操作)$/u }).click();
    await studio.page.getByRole('menuitem', { name: /^(Run report|训练报告)/u }).click();
    await until(() => Promise.resolve(existsSync(target) && statSync(target).size > 1000));
  });

  it('show a run’s folder and a checkpoint in the file manager, and say when one is gone', async () => {
    const shown = await revealed();
    const { dir } = await callFromPage(studio.page, 'runs.show', { run: runId });
    await studio.page.getByRole('button', { name: /^(More|更多操作)$/u }).click();
    await studio.page.getByRole('menuitem', { name: /^(Show in folder|在文件夹中显示)$/u }).click();
    await expect.poll(shown).toBe(dir);
    await studio.page.getByRole('tab', { name: /^(Checkpoints|检查点)$/u }).click();
    await studio.page
      .getByRole('button', { name: /(Show in folder|在文件夹中显示).*step-/u })
      .first()
      .click();
    await expect.poll(shown).toMatch(/step-/u);
    const gone = callFromPage(studio.page, 'host.reveal', { path: path.join(dir, 'nothing-here') });
    await expect(gone).rejects.toThrow('host.path_missing');
    // The file manager must not become a way to look around.
    const outside = callFromPage(studio.page, 'host.reveal', { path: '/etc/hostname' });
    await expect(outside).rejects.toThrow('server.path_refused');
  });

  it('copy a path through the shell: pages have no clipboard of their own', async () => {
    const { checkpoints } = await callFromPage(studio.page, 'runs.show', { run: runId });
    await studio.app.evaluate(({ clipboard }) => clipboard.writeText('before'));
    const allowed = await studio.page.evaluate(() =>
      navigator.clipboard.writeText('by itself').then(
        () => true,
        () => false,
      ),
    );
    expect(allowed).toBe(false);
    await studio.page
      .getByRole('button', { name: /^(Copy the path|复制路径)/u })
      .last()
      .click();
    await expect
      .poll(() => studio.app.evaluate(({ clipboard }) => clipboard.readText()))
      .toBe(checkpoints[0]?.path);
  });
});
