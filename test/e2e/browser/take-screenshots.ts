/**
 * `node test/e2e/browser/take-screenshots.ts OUT [--readme DIR] [--only NAME] [--look 1440.en.dark]…`: fills a data folder with real rows and a
 * real run of the tiny model, and takes pictures of every screen and main state: three sizes and 150 %, both
 * languages, dark and light. `--readme` also writes the two pictures of the README.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import type { Page } from 'playwright-core';

import { buildRenderer } from '../../../electron/tools/renderer-build.ts';
import { callFromPage } from './page-calls.ts';
import { screenWords, type ScreenWords } from './screen-words.ts';
import { openStudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot, sharedFolder } from '../../helpers/studio-cli.ts';

const LANGUAGES = ['zh-CN', 'en'] as const;
const THEMES = ['light', 'dark'] as const;
const SIZES = [
  { name: '1280', width: 1280, height: 800, scale: 1 },
  { name: '1440', width: 1440, height: 900, scale: 1 },
  { name: '1920', width: 1920, height: 1080, scale: 1 },
  // 150 %: what 1280 × 800 pixels leave for the page.
  { name: '150', width: 853, height: 533, scale: 1.5 },
] as const;
const README_SIZE = { width: 1440, height: 900 };
const STEPS_BEFORE_PICTURES = 60;
/** Long enough to be under way when the pictures are taken, short enough that its curve fills the chart. */
const README_STEPS = 600;
const README_FROM_STEP = 250;
const POLL_MS = 500;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { readme: { type: 'string' }, only: { type: 'string' }, look: { type: 'string', multiple: true } },
});
const out = positionals[0];
if (out === undefined) throw new Error('name the folder for the pictures');
mkdirSync(out, { recursive: true });

type Ids = Readonly<{ dataset: string; live: string; done: string; model: string }>;
type Shot = Readonly<{
  name: string;
  route: string | ((ids: Ids) => string);
  /** Brings the screen into the state; without it, as it opens. */
  act?: (page: Page, words: ScreenWords) => Promise<void>;
}>;

const tab = (key: string) => (page: Page, words: ScreenWords) =>
  page.getByRole('tab', { name: words.like(key) }).click();

const SHOTS: readonly Shot[] = [
  { name: 'home', route: '/' },
  { name: 'palette', route: '/', act: (page) => page.keyboard.press('Control+k') },
  { name: 'keys', route: '/', act: (page) => page.keyboard.press('?') },
  { name: 'datasets', route: '/datasets' },
  { name: 'dataset-rows', route: ({ dataset }) => `/datasets/${dataset}` },
  {
    name: 'dataset-problems',
    route: ({ dataset }) => `/datasets/${dataset}`,
    act: tab('datasets:tabs.problems'),
  },
  {
    name: 'dataset-statistics',
    route: ({ dataset }) => `/datasets/${dataset}`,
    act: tab('datasets:tabs.statistics'),
  },
  {
    name: 'dataset-sources',
    route: ({ dataset }) => `/datasets/${dataset}`,
    act: tab('datasets:tabs.sources'),
  },
  { name: 'new', route: '/new' },
  { name: 'run-live', route: ({ live }) => `/runs/${live}` },
  { name: 'run-checkpoints', route: ({ live }) => `/runs/${live}`, act: tab('run:tab.checkpoints') },
  { name: 'run-log', route: ({ live }) => `/runs/${live}`, act: tab('run:tab.log') },
  { name: 'run-settings', route: ({ done }) => `/runs/${done}`, act: tab('run:tab.settings') },
  { name: 'run-events', route: ({ done }) => `/runs/${done}`, act: tab('run:tab.events') },
  { name: 'runs', route: '/runs' },
  {
    name: 'runs-compare',
    route: '/runs',
    act: async (page, words) => {
      for (const at of [0, 1])
        await page
          .getByRole('checkbox', { name: words.like('runs:choose') })
          .nth(at)
          .check();
      await page.getByRole('button', { name: words.say('runs:compare.button', { count: 2 }) }).click();
    },
  },
  { name: 'chat', route: ({ model }) => `/chat?model=${model}` },
  { name: 'release', route: '/release' },
  { name: 'release-form', route: ({ done }) => `/release?run=${done}` },
  { name: 'settings', route: '/settings' },
  { name: 'missing', route: '/nowhere' },
];
const EMPTY_SHOTS: readonly Shot[] = ['home', 'datasets', 'new', 'runs', 'chat'].map((name) => ({
  name: `empty-${name}`,
  route: name === 'home' ? '/' : `/${name}`,
}));

await buildRenderer({ onlyIfStale: true });
const studio = await openStudioBrowser({ language: 'zh-CN' });
try {
  const { page } = studio;
  await page.locator('nav').waitFor();
  await pictures(EMPTY_SHOTS, { dataset: '', live: '', done: '', model: '' });
  const ids = await fill(page);
  await pictures(SHOTS, ids);
  if (values.readme !== undefined) await readme(values.readme, ids);
  const { state } = await callFromPage(page, 'runs.show', { run: ids.live });
  if (state === 'running') await callFromPage(page, 'runs.stop', { run: ids.live, deadlineMs: 0 });
} finally {
  await studio.close();
}

async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

async function fill(page: Page): Promise<Ids> {
  const imported = async (file: string, name: string): Promise<string> => {
    const source = path.join(sharedFolder, 'data', file);
    const { datasetId } = await callFromPage(page, 'datasets.import', {
      sources: [source],
      name,
      accept: 'usable',
      evalFraction: 0.1,
    });
    await until(
      async () => (await callFromPage(page, 'datasets.show', { dataset: datasetId })).state === 'ready',
    );
    return datasetId;
  };
  const pairs = await imported('disc-law-sft/pair.jsonl', 'DISC-Law-SFT 问答');
  const dataset = await imported(
    'defects/bad-characters.jsonl',
    '最高人民法院指导性案例与地方各级法院裁判文书问答整理稿（第三次校对，含缺陷行）',
  );
  const folder = path.join(repositoryRoot, 'resources/tiny-model');
  const model = (await callFromPage(page, 'models.add', { path: folder })).id;
  const start = async (name: string, changes: Readonly<Record<string, unknown>>): Promise<string> => {
    const recipe = {
      name,
      model,
      dataset: pairs,
      cutoffLength: 320,
      epochs: 50,
      batch: { microBatch: 4, gradientAccumulation: 1 },
      optimizer: { learningRate: 2e-3 },
      evaluation: {
        everySteps: 20,
        maxRows: 16,
        samplePrompts: ['什么是抢夺罪？', '借条没有写还款日期，多久之内可以起诉？'],
        sampleEverySteps: 40,
        sampleMaxTokens: 48,
      },
      checkpoints: { everySteps: 20 },
      ...changes,
    };
    return (await callFromPage(page, 'runs.start', { recipe })).runId;
  };
  const done = await start('合同纠纷 r4', { maxSteps: 60, lora: { rank: 4 } });
  await until(async () => (await callFromPage(page, 'runs.show', { run: done })).state === 'done');
  await callFromPage(page, 'runs.setTags', { run: done, tags: ['合同', '基线'] });
  const live = await start('law-tiny-r16 婚姻家庭与继承', { maxSteps: README_STEPS, lora: { rank: 16 } });
  await until(
    async () => (await callFromPage(page, 'runs.show', { run: live })).step >= STEPS_BEFORE_PICTURES,
  );
  return { dataset, live, done, model };
}

async function pictures(shots: readonly Shot[], ids: Ids): Promise<void> {
  for (const language of LANGUAGES)
    for (const theme of THEMES)
      for (const { name: sizeName, width, height, scale } of SIZES) {
        const look = `${sizeName}.${language}.${theme}`;
        if (values.look !== undefined && !values.look.includes(look)) continue;
        const page = await newPage({ language, theme, width, height, scale });
        for (const shot of shots) {
          if (values.only !== undefined && !shot.name.includes(values.only)) continue;
          const name = `${shot.name}.${look}`;
          try {
            await show(page, shot, ids, screenWords(language));
            await page.screenshot({ path: path.join(out ?? '', `${name}.png`) });
          } catch (error) {
            process.stderr.write(`${name}: ${String(error).split('\n')[0] ?? ''}\n`);
            process.exitCode = 1;
          }
        }
        await page.context().close();
      }
}

type Look = Readonly<{
  language: string;
  theme: 'light' | 'dark';
  width: number;
  height: number;
  scale: number;
}>;

async function newPage({ language, theme, width, height, scale }: Look): Promise<Page> {
  const browser = studio.page.context().browser();
  if (browser === null) throw new Error('the page has a browser');
  const context = await browser.newContext({
    storageState: { cookies: await studio.page.context().cookies(), origins: [] },
    locale: language,
    colorScheme: theme,
    viewport: { width, height },
    deviceScaleFactor: scale,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  return page;
}

async function show(page: Page, shot: Shot, ids: Ids, words: ScreenWords): Promise<void> {
  const route = typeof shot.route === 'string' ? shot.route : shot.route(ids);
  await page.goto('about:blank');
  await page.goto(`${new URL(studio.page.url()).origin}/#${route}`);
  await page.locator('nav').waitFor();
  await page.waitForLoadState('networkidle');
  await shot.act?.(page, words);
  // Skeletons give way, charts are drawn: as long as a person looks before the first judgement.
  await page.waitForTimeout(700);
}

async function readme(folder: string, ids: Ids): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await until(
    async () => (await callFromPage(studio.page, 'runs.show', { run: ids.live })).step >= README_FROM_STEP,
  );
  for (const [language, theme] of [
    ['zh-CN', 'light'],
    ['en', 'dark'],
  ] as const) {
    const page = await newPage({ language, theme, ...README_SIZE, scale: 1 });
    await show(page, { name: 'run', route: `/runs/${ids.live}` }, ids, screenWords(language));
    await page.screenshot({ path: path.join(folder, `run.${language}.png`) });
    await page.context().close();
  }
}
