import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { repositoryRoot } from '../../helpers/studio-cli.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { xssCorpus, type XssCase } from '../../helpers/xss-corpus.ts';
import { lookThrough, plantModel, plantRows, plantRun, visit, type Call } from '../../helpers/xss-plant.ts';
import { watchForXss, type XssWatch } from '../../helpers/xss-watch.ts';
import { callFromPage } from './page-calls.ts';
import { withoutPolicy } from './without-policy.ts';

const WAIT_MS = 120_000;
const CASES_A_RUN = 90;
/** Cases of one answer: a model's answer has many lines, too. */
const CASES_AN_ANSWER = 60;

type TopicFrame = { k: string; topic?: string; data?: { kind?: string; id?: string; text?: string } };

/** Hundreds of texts that would like to be more than text, wherever a screen shows what others wrote. */
describe('texts of others', () => {
  const corpus = xssCorpus();
  const folder = mkdtempSync(path.join(tmpdir(), 'legal-eagle-xss-'));
  /** What the model is made to say, one text an answer. */
  const answers: string[] = [];
  let studio: StudioBrowser;
  let page: Page;
  let watch: XssWatch;
  let call: Call;
  const shown: Record<string, number> = {};

  beforeAll(async () => {
    studio = await openStudioBrowser({ language: 'zh-CN', grant: [folder] });
    ({ page } = studio);
    page.setDefaultTimeout(WAIT_MS);
    call = (method, params) => callFromPage(page, method, params);
    await putWordsIntoAnswers();
    watch = await watchForXss(page);
    await page.getByRole('link', { name: '训练记录' }).waitFor();
  });
  afterAll(async () => {
    await studio.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The model, its process and the core are real; only the words of its answers are replaced on their way. */
  async function putWordsIntoAnswers(): Promise<void> {
    const said = new Map<string, string>();
    await page.routeWebSocket(/\/api\/socket$/u, (socket) => {
      const far = socket.connectToServer();
      socket.onMessage((message) => far.send(message));
      far.onMessage((message) => {
        const frame = JSON.parse(String(message)) as TopicFrame;
        const { data } = frame;
        const isAnswer = frame.k === 'evt' && frame.topic?.startsWith('chat.') === true;
        if (isAnswer && data?.id !== undefined && (data.kind === 'delta' || data.kind === 'done')) {
          const isNew = !said.has(data.id);
          const words = said.get(data.id) ?? answers.shift() ?? '';
          said.set(data.id, words);
          data.text = data.kind === 'done' || isNew ? words : '';
        }
        socket.send(JSON.stringify(frame));
      });
    });
  }

  /** Nothing happened, and the page has shown what it was given. */
  function expectOnlyText(place: string, least: number): void {
    shown[place] = watch.seen.size;
    expect(watch.incidents.slice(0, 5), place).toEqual([]);
    expect(watch.seen.size, place).toBeGreaterThanOrEqual(least);
    watch.forget();
  }

  // Without it, a corpus of harmless texts and a watch that sees nothing would pass all that follows.
  it('would do a lot in a page that writes them as HTML', async () => {
    const { context, page: open } = await withoutPolicy(page);
    const seen = await watchForXss(open);
    await open.evaluate((texts) => {
      const box = document.createElement('div');
      document.querySelector('#root')?.after(box);
      for (const text of texts) box.insertAdjacentHTML('beforeend', `<div>${text}</div>`);
    }, harmfulWithoutLeaving());
    await open.waitForTimeout(2000);
    await seen.look();
    await context.close();
    const kinds = (kind: string): number => seen.incidents.filter((one) => one.startsWith(kind)).length;
    expect(kinds('executed')).toBe(1);
    expect(kinds('handler')).toBeGreaterThan(100);
    expect(kinds('element')).toBeGreaterThan(50);
    expect(kinds('request')).toBeGreaterThan(0);
  });

  /** All but those that would take the page elsewhere before anybody has looked at it. */
  const harmfulWithoutLeaving = (): readonly string[] =>
    corpus.map(({ text }) => text).filter((text) => !/<(?:meta|base|plaintext|!--)/iu.test(text));

  it('rows of a dataset', async () => {
    expect(corpus.length).toBeGreaterThanOrEqual(500);
    const datasetId = await plantRows(call, folder, corpus);
    await visit(page, '/datasets');
    await page.getByText('case-1-').first().waitFor();
    await watch.look();
    await visit(page, `/datasets/${datasetId}`);
    await page.getByRole('tab', { name: '数据样本' }).click();
    await page.getByText('case-2-').first().waitFor();
    await lookThrough(page, watch);
    // In full, beside the list.
    for (let press = 0; press < 30; press++) {
      await page
        .getByRole('row')
        .nth(press % 8)
        .click();
      await watch.look();
    }
    await page.getByRole('tab', { name: '来源' }).click();
    await watch.look();
    expectOnlyText('rows', corpus.length);
  });

  it('names, tags and notes of runs, their logs, and the answers on their boards', async () => {
    const runs: string[] = [];
    for (let at = 0; at < corpus.length; at += CASES_A_RUN)
      runs.push(await plantRun(call, folder, corpus.slice(at, at + CASES_A_RUN), runs.length + 1));
    await visit(page, '/runs');
    await page.getByRole('row').nth(runs.length).waitFor();
    await lookThrough(page, watch);
    expectOnlyText('list of runs', corpus.length * 0.8);
    for (const id of runs) {
      await visit(page, `/runs/${id}`);
      await page.getByRole('region', { name: '试答对比' }).waitFor();
      await lookThrough(page, watch);
    }
    expectOnlyText('boards and notes', corpus.length * 0.8);
    for (const id of runs) {
      await visit(page, `/runs/${id}`);
      await page.getByRole('tab', { name: '日志' }).click();
      await page.getByRole('region', { name: '日志' }).waitFor();
      await page.getByRole('button', { name: '跳到开头' }).click();
      await lookThrough(page, watch);
      for (const name of ['设置', '事件']) {
        await page.getByRole('tab', { name }).click();
        await watch.look();
      }
    }
    expectOnlyText('lines of logs', corpus.length);
  });

  const column = (): Locator => page.getByRole('region', { name: '第 1 列', exact: true });
  const ends = (): Locator => column().getByText(/^(回答完毕|已达长度上限) · /u);

  it('answers of a chat, as Markdown, and the name of what answers', async () => {
    const model = await plantModel(
      call,
      path.join(repositoryRoot, 'resources/tiny-model'),
      corpus[3]?.text ?? '',
    );
    await visit(page, `/chat?model=${model}`);
    await column().getByText('对话模板', { exact: true }).waitFor();
    await column().getByRole('button', { name: '系统提示词与采样' }).click();
    await column().getByRole('textbox', { name: '回答最多词元数', exact: true }).fill('8');
    const question = page.getByRole('textbox', { name: '问题', exact: true });
    let marked = 0;
    for (let at = 0; at < corpus.length; at += CASES_AN_ANSWER) {
      const piece: readonly XssCase[] = corpus.slice(at, at + CASES_AN_ANSWER);
      answers.push(piece.map(({ text }) => text).join('\n\n'));
      await question.fill(piece[0]?.text ?? '');
      await question.press('Enter');
      await ends().waitFor();
      await watch.look();
      marked += await column().locator('strong, code, blockquote, table').count();
      // The next question would carry all of this to the model.
      await page.getByRole('button', { name: '清空对话' }).click();
      await expect.poll(() => column().getByRole('article').count()).toBe(0);
    }
    expectOnlyText('answers of a chat', corpus.length);
    // Drawn from Markdown, and not as one piece of text.
    expect(marked).toBeGreaterThan(20);
  });

  it('none did more than stand there', () => {
    process.stdout.write(`${String(corpus.length)} hostile texts, in sight: ${JSON.stringify(shown)}\n`);
    expect(studio.complaints).toEqual([]);
  });
});
