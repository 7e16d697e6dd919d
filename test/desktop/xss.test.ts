import path from 'node:path';
import { mkdirSync } from 'node:fs';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { xssCorpus } from '../helpers/xss-corpus.ts';
import { lookThrough, plantModel, plantRows, plantRun, visit, type Call } from '../helpers/xss-plant.ts';
import { watchForXss, type XssWatch } from '../helpers/xss-watch.ts';
import { callFromPage } from './shell-calls.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

/** The browser's pass takes all of them; here it is seen that the shell's policy and bridge hold as well. */
const EVERY = 3;
const CASES_A_RUN = 90;

describe.skipIf(shell === undefined)('texts of others in the desktop app', () => {
  const bench = new ShellBench();
  const corpus = xssCorpus().filter(({ number }) => number % EVERY === 0);
  let studio: OpenStudio;
  let page: Page;
  let watch: XssWatch;
  let folder: string;
  const shown: Record<string, number> = {};
  const call: Call = (method, params) => callFromPage(page, method, params);

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
    ({ page } = studio);
    page.setDefaultTimeout(120_000);
    folder = path.join(bench.home, 'planted');
    mkdirSync(folder);
    watch = await watchForXss(page);
    await page.getByText(bench.home).waitFor();
  });
  afterAll(() => bench.dispose());

  async function expectOnlyText(place: string, least: number): Promise<void> {
    await watch.look();
    shown[place] = watch.seen.size;
    expect(watch.incidents.slice(0, 5), place).toEqual([]);
    expect(studio.app.windows(), place).toHaveLength(1);
    expect(watch.seen.size, place).toBeGreaterThanOrEqual(least);
    watch.forget();
  }

  it('rows, names, tags, notes, logs and answers on the board only stand there', async () => {
    const datasetId = await plantRows(call, folder, corpus);
    await visit(page, `/datasets/${datasetId}`);
    await page.getByRole('tab', { name: /^(数据样本|Rows)/u }).click();
    await page
      .getByText(/case-\d+-/u)
      .first()
      .waitFor();
    await lookThrough(page, watch);
    await expectOnlyText('rows', corpus.length);
    const runs: string[] = [];
    for (let at = 0; at < corpus.length; at += CASES_A_RUN)
      runs.push(await plantRun(call, folder, corpus.slice(at, at + CASES_A_RUN), runs.length + 1));
    await visit(page, '/runs');
    await page.getByRole('row').nth(runs.length).waitFor();
    await lookThrough(page, watch);
    await expectOnlyText('list of runs', corpus.length * 0.8);
    for (const id of runs) {
      await visit(page, `/runs/${id}`);
      const log = page.getByRole('tab', { name: /^(日志|Log)$/u });
      await log.waitFor();
      await lookThrough(page, watch);
      await log.click();
      await page.getByRole('button', { name: /^(跳到开头|To the beginning)$/u }).click();
      await lookThrough(page, watch);
    }
    await expectOnlyText('boards and logs', corpus.length);
  });

  // The words of the model are put where the page keeps them: a port cannot be tapped from outside.
  it('an answer of a chat only stands there', async () => {
    const { modelPath } = await call('app.samples', {});
    const model = await plantModel(call, modelPath, corpus[1]?.text ?? '');
    await visit(page, `/chat?model=${model}`);
    const column = page.getByRole('region', { name: /^(第 1 列|Column 1)$/u });
    await column.getByText(/^(对话模板|Template)$/u).waitFor();
    await column.getByRole('button', { name: /^(系统提示词与采样|Prompt and sampling)$/u }).click();
    await column.getByRole('textbox', { name: /^(回答最多词元数|Longest answer, tokens)$/u }).fill('8');
    const question = page.getByRole('textbox', { name: /^(问题|Question)$/u });
    await question.fill('x');
    await question.press('Enter');
    await column.getByText(/^(回答完毕|已达长度上限|Finished|Cut at its longest) · /u).waitFor();
    // What is on the screen is stored a moment later.
    const isStored = (): Promise<boolean> =>
      page.evaluate(
        () => window.localStorage.getItem('legal-eagle.chat')?.includes('"state":"done"') ?? false,
      );
    await expect.poll(isStored).toBe(true);
    await page.evaluate(
      (answer) => {
        const name = 'legal-eagle.chat';
        const kept = JSON.parse(window.localStorage.getItem(name) ?? '{}') as Record<
          string,
          { said: { turns: { text: string }[] } }
        >;
        for (const { said } of Object.values(kept)) for (const turn of said.turns) turn.text = answer;
        // The page writes what it knows when it goes; this has to come after.
        window.addEventListener('pagehide', () => window.localStorage.setItem(name, JSON.stringify(kept)));
      },
      corpus.map(({ text }) => text).join('\n\n'),
    );
    await page.reload();
    await page
      .getByText(/case-\d+-/u)
      .nth(20)
      .waitFor({ state: 'attached' });
    await expectOnlyText('answer of a chat', corpus.length);
    process.stdout.write(`${String(corpus.length)} hostile texts, in sight: ${JSON.stringify(shown)}\n`);
    expect(studio.complaints).toEqual([]);
  });
});
