import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { screenWords } from '../e2e/browser/screen-words.ts';
import { TerminalPage } from '../e2e/browser/terminal-page.ts';
import { callFromPage } from './shell-calls.ts';
import { processes } from './shell-processes.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';
import { until } from './tiny-run.ts';

const WAIT_MS = 240_000;
/** Far more than are taken: the run is stopped by hand. */
const MANY_STEPS = 4000;
const TORCH_MS = 120_000;

/** The whole job in the desktop app, as a person does it: by its dialogs, its screens, its terminal. */
describe.skipIf(shell === undefined)('the main job in the desktop app', () => {
  const { say, like, verdict } = screenWords('en');
  const bench = new ShellBench();
  let studio: OpenStudio;
  let runId = '';

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
    studio.page.setDefaultTimeout(WAIT_MS);
  });
  afterAll(() => bench.dispose());

  const button = (key: string, values?: Readonly<Record<string, string | number>>): Locator =>
    studio.page.getByRole('button', { name: like(key, values) });
  /** The next file dialog answers with this. */
  const choose = (chosen: string): Promise<void> =>
    studio.app.evaluate(({ dialog }, answer) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [answer] });
    }, chosen);
  const lossLine = (): Locator =>
    studio.page.locator(`section[aria-label$="· ${say('run:curve.loss')}"] [data-part="line"]`).first();
  const points = async (): Promise<number> =>
    [...((await lossLine().getAttribute('d')) ?? '').matchAll(/[ML]/gu)].length;

  it('imports a file that lies outside every granted folder, by the system’s dialog', async () => {
    const { rowsPath } = await callFromPage(studio.page, 'app.samples', {});
    const folder = path.join(bench.folder, 'usb 移动盘');
    mkdirSync(folder);
    const file = path.join(folder, '案卷.jsonl');
    const rows = readdirSync(rowsPath)
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => readFileSync(path.join(rowsPath, name), 'utf8').trimEnd());
    writeFileSync(file, `${rows.join('\n')}\n`);
    const unasked = callFromPage(studio.page, 'datasets.import', { sources: [file] });
    await expect(unasked).rejects.toThrow('server.path_refused');
    await choose(file);
    await studio.page.getByRole('link', { name: say('common:rail.datasets') }).click();
    // The one of the empty list, which stands below the other.
    await button('datasets:pick.files').last().click();
    await button('datasets:import.start').click();
    await studio.page.getByRole('tab', { name: say('datasets:tabs.rows') }).waitFor();
    const { items } = await callFromPage(studio.page, 'datasets.list', {});
    expect(items.map(({ name, state }) => [name, state])).toEqual([['案卷', 'ready']]);
  });

  it('trains a LoRA on it, and the curve moves', async () => {
    const { modelPath } = await callFromPage(studio.page, 'app.samples', {});
    await button('datasets:detail.train').click();
    await studio.page.getByRole('radio', { name: say('new-run:presets.quickstart.name') }).click();
    await choose(modelPath);
    await button('new-run:model.add').click();
    await button('new-run:model.browse').click();
    await button('new-run:model.addFolder').click();
    await studio.page.getByText(say('new-run:steps'), { exact: true }).waitFor();
    const search = studio.page.getByRole('textbox', { name: say('new-run:searchFields') });
    for (const [alias, name, value] of [
      ['max_steps', 'maxSteps', MANY_STEPS],
      ['epochs', 'epochs', 500],
      ['per_device_train_batch_size', 'batch.microBatch', 1],
      ['cpuThreads', 'hardware.cpuThreads', 1],
    ] as const) {
      await search.fill(alias);
      await studio.page
        .getByRole('textbox', { name: say(`new-run:fields.${name}.label`), exact: true })
        .fill(String(value));
    }
    await search.fill('');
    await expect.poll(() => button('new-run:start').isDisabled(), { timeout: WAIT_MS }).toBe(false);
    await button('new-run:start').click();
    await studio.page.waitForURL(/#\/runs\/[0-9A-Z]{26}/u);
    runId = /[0-9A-Z]{26}/u.exec(studio.page.url())?.[0] ?? '';
    await lossLine().waitFor({ state: 'attached' });
    const before = await points();
    await expect.poll(points, { timeout: WAIT_MS }).toBeGreaterThan(before + 5);
  });

  it('has a terminal beside it, whose Python knows torch', async () => {
    const terminal = new TerminalPage(studio.page);
    await terminal.open();
    await terminal.type('clear; python -c "import torch"; echo "ended with"" $?"\n');
    await studio.page.waitForFunction(
      () => /ended with\s\d/u.test(document.querySelector('.xterm-rows')?.textContent ?? ''),
      undefined,
      { timeout: TORCH_MS },
    );
    await terminal.shows('ended with 0');
  });

  it('stops and saves, merges what was learned, and asks it a question', async () => {
    await studio.page.evaluate((id) => (window.location.hash = `/runs/${id}`), runId);
    await button('run:action.stop').click();
    await studio.page.getByText(verdict('stopped')).waitFor();
    await studio.page.getByRole('tab', { name: say('run:tab.checkpoints') }).click();
    await button('run:action.merge').last().click();
    await studio.page.getByRole('link', { name: say('run:merge.chat') }).click();
    await studio.page.waitForURL(/#\/chat\?model=/u);
    await studio.page.getByText(say('chat:fact.template'), { exact: true }).waitFor();
    await studio.page
      .getByRole('textbox', { name: say('chat:question'), exact: true })
      .fill('什么是抢夺罪？');
    await studio.page.keyboard.press('Enter');
    await button('chat:regenerate').waitFor();
    const answer = await studio.page.getByRole('log').innerText();
    expect(answer.replace('什么是抢夺罪？', '').trim().length).toBeGreaterThan(20);
  });

  it('complained of nothing, and quits without leaving anything behind', async () => {
    expect(studio.complaints).toEqual([]);
    const own = (): readonly string[] =>
      processes()
        .filter(({ command }) => command.includes(bench.folder) && !command.startsWith('/usr/bin/Xvfb'))
        .map(({ command }) => command.slice(0, 160));
    await studio.quit();
    await until(() => Promise.resolve(own().length === 0)).catch(() => expect(own()).toEqual([]));
  });
});
