import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { Page } from 'playwright-core';

import type { CallInput, MethodOutput } from '../../electron/shared/contract/define.ts';
import type { StudioContract } from '../../electron/shared/contract/index.ts';
import {
  FIXTURE_RUN_ID,
  fixtureJobId,
  step,
  writeRunFolder,
} from '../integration/core/run-folder-fixture.ts';
import type { XssCase } from './xss-corpus.ts';
import type { XssWatch } from './xss-watch.ts';

export type Call = <Name extends keyof StudioContract>(
  method: Name,
  params: CallInput<StudioContract[Name]>,
) => Promise<MethodOutput<StudioContract[Name]>>;

const MOST_NAME = 120;
const MOST_TAG = 40;
const MOST_TAGS = 20;
const MOST_NOTE = 10_000;
const SETTLE_MS = 60;

const oneLine = (text: string): string => text.replaceAll(/[\r\n]+/gu, ' ');
const short = (text: string, most: number): string => oneLine(text).slice(0, most);

/** A data file whose questions, answers and references are the cases, brought in as any other. */
export async function plantRows(call: Call, folder: string, cases: readonly XssCase[]): Promise<string> {
  const file = path.join(folder, `rows '"><img src=x onerror=window.hit=0>.jsonl`);
  const rows = cases.map(({ text }) => JSON.stringify({ input: text, output: text, reference: [text] }));
  writeFileSync(file, `${rows.join('\n')}\n`);
  const { datasetId } = await call('datasets.import', {
    sources: [file],
    accept: 'usable',
    name: short(cases[0]?.text ?? '', MOST_NAME),
  });
  for (;;) {
    const { state, error } = await call('datasets.show', { dataset: datasetId });
    if (state === 'ready') return datasetId;
    if (state === 'failed') throw new Error(JSON.stringify(error));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** A run folder of another program: its log, its answers and its questions are the cases; so are name, tags, note. */
export async function plantRun(
  call: Call,
  folder: string,
  cases: readonly XssCase[],
  number: number,
): Promise<string> {
  const dir = path.join(folder, `run-${String(number)}`);
  const questions = cases.slice(0, 40);
  writeRunFolder(dir, [
    {
      events: [
        step(1, 1),
        ...[0, 1, 2].flatMap((at) =>
          questions.map(
            (question, row) =>
              [
                'sample',
                {
                  step: at,
                  prompt: question.text,
                  answer: cases[(row + at * 40) % cases.length]?.text ?? '',
                  finish: 'stop',
                  tokens: 3,
                },
              ] as const,
          ),
        ),
        ['ended', { status: 'done', exitCode: 0 }],
      ],
    },
  ]);
  writeFileSync(path.join(dir, 'attempts/1/log.txt'), cases.map(({ text }) => `${oneLine(text)}\n`).join(''));
  // The fixture has one id: every further run gets one of its own.
  const own = (id: string): string => `${id.slice(0, -3)}${String(number).padStart(3, '0')}`;
  for (const name of ['run.json', 'attempts/1/job.json']) {
    const file = path.join(dir, name);
    const text = readFileSync(file, 'utf8')
      .replaceAll(FIXTURE_RUN_ID, own(FIXTURE_RUN_ID))
      .replaceAll(fixtureJobId(1), own(fixtureJobId(1)));
    writeFileSync(file, text);
  }
  const name = short(cases[number % cases.length]?.text ?? '', MOST_NAME);
  const { id } = await call('runs.adopt', { path: dir, name });
  const tags = cases.slice(0, MOST_TAGS).map(({ text }) => short(text, MOST_TAG));
  await call('runs.setTags', { run: id, tags: [...new Set(tags)] });
  await call('runs.setNote', {
    run: id,
    note: cases
      .map(({ text }) => text)
      .join('\n')
      .slice(0, MOST_NOTE),
  });
  return id;
}

export async function plantModel(call: Call, folder: string, text: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  return (await call('models.add', { path: folder, name: short(text, MOST_NAME) })).id;
}

export async function visit(page: Page, route: string): Promise<void> {
  await page.evaluate((hash) => void (window.location.hash = hash), route);
}

/** Scrolls what is highest on the page from its beginning to its end, and looks at every stop. */
export async function lookThrough(page: Page, watch: XssWatch): Promise<void> {
  await watch.look();
  for (let stop = 0; ; stop++) {
    const more = await page.evaluate((at) => {
      const boxes = [...document.querySelectorAll('*')].filter(
        (one) =>
          one.scrollHeight > one.clientHeight + 40 &&
          one.clientHeight > 80 &&
          /auto|scroll/u.test(getComputedStyle(one).overflowY),
      );
      const box = boxes.sort((one, other) => other.scrollHeight - one.scrollHeight)[0];
      if (box === undefined) return false;
      box.scrollTop = at * box.clientHeight * 0.8;
      return box.scrollTop + box.clientHeight < box.scrollHeight - 1;
    }, stop);
    await page.waitForTimeout(SETTLE_MS);
    await watch.look();
    if (!more) return;
  }
}
