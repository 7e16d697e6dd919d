import path from 'node:path';

import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';
import { screenWords, type ScreenWords } from './screen-words.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot, sharedFolder } from '../../helpers/studio-cli.ts';

const WAIT_MS = 120_000;
const LOOKS = [
  { language: 'zh-CN', theme: 'light' },
  { language: 'zh-CN', theme: 'dark' },
  { language: 'en', theme: 'light' },
  { language: 'en', theme: 'dark' },
] as const;

type Ids = Readonly<{ dataset: string; run: string; model: string }>;
type Place = Readonly<{
  name: string;
  route: (ids: Ids) => string;
  act?: (page: Page, words: ScreenWords) => Promise<unknown>;
}>;

const EMPTY: readonly Place[] = [
  '',
  'datasets',
  'models',
  'models?tab=get',
  'models?tab=caches',
  'new',
  'runs',
  'chat',
  'release',
  'settings',
  'nowhere',
].map((name) => ({
  name: name === '' ? 'home' : name,
  route: () => `/${name}`,
}));

const tab = (key: string) => async (page: Page, words: ScreenWords) =>
  page.getByRole('tab', { name: words.like(key) }).click();

const FULL: readonly Place[] = [
  ...EMPTY,
  { name: 'palette', route: () => '/', act: async (page) => page.keyboard.press('Control+k') },
  { name: 'keys', route: () => '/', act: async (page) => page.keyboard.press('?') },
  { name: 'rows', route: ({ dataset }) => `/datasets/${dataset}` },
  { name: 'problems', route: ({ dataset }) => `/datasets/${dataset}`, act: tab('datasets:tabs.problems') },
  {
    name: 'statistics',
    route: ({ dataset }) => `/datasets/${dataset}`,
    act: tab('datasets:tabs.statistics'),
  },
  { name: 'sources', route: ({ dataset }) => `/datasets/${dataset}`, act: tab('datasets:tabs.sources') },
  { name: 'a model', route: ({ model }) => `/models?model=${model}` },
  { name: 'answer board', route: ({ run }) => `/runs/${run}` },
  { name: 'checkpoints', route: ({ run }) => `/runs/${run}`, act: tab('run:tab.checkpoints') },
  { name: 'log', route: ({ run }) => `/runs/${run}`, act: tab('run:tab.log') },
  { name: 'settings', route: ({ run }) => `/runs/${run}`, act: tab('run:tab.settings') },
  { name: 'events', route: ({ run }) => `/runs/${run}`, act: tab('run:tab.events') },
  {
    name: 'menu of a run',
    route: () => '/runs',
    act: async (page, words) =>
      page
        .getByRole('button', { name: words.like('runs:menu') })
        .first()
        .click(),
  },
  {
    name: 'tags and note',
    route: () => '/runs',
    act: async (page, words) => {
      await page
        .getByRole('button', { name: words.like('runs:menu') })
        .first()
        .click();
      await page.getByRole('menuitem', { name: words.say('runs:action.label') }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'a release', route: ({ run }) => `/release?run=${run}` },
  { name: 'chat with a model', route: ({ model }) => `/chat?model=${model}` },
];

/** Every screen and main state, empty and full, as people who do not see, or do not use a mouse, meet them. */
// A browser that stops answering costs one more try of one test, not the whole suite's time.
describe('screens for everyone', { timeout: 150_000, retry: 1 }, () => {
  let studio: StudioBrowser;

  beforeAll(async () => {
    studio = await openStudioBrowser({ language: 'zh-CN' });
    studio.page.setDefaultTimeout(WAIT_MS);
    await studio.page.getByRole('navigation').waitFor();
  });

  afterAll(async () => {
    await studio.close();
  });

  /** The same person in a window that lets the checker's script in. */
  async function windowOf(look: (typeof LOOKS)[number]): Promise<{ context: BrowserContext; page: Page }> {
    const browser = studio.page.context().browser();
    if (browser === null) throw new Error('the page has a browser');
    const context = await browser.newContext({
      bypassCSP: true,
      storageState: { cookies: await studio.page.context().cookies(), origins: [] },
      locale: look.language,
      colorScheme: look.theme,
      reducedMotion: 'reduce',
      viewport: { width: 1280, height: 800 },
    });
    const page = await context.newPage();
    page.setDefaultTimeout(WAIT_MS);
    return { context, page };
  }

  async function go(page: Page, place: Place, ids: Ids, words: ScreenWords): Promise<void> {
    // A page of its own: what stood open before is gone.
    await page.goto('about:blank');
    await page.goto(`${new URL(studio.page.url()).origin}/#${place.route(ids)}`);
    await page.getByRole('navigation').first().waitFor();
    await page.getByRole('main').waitFor();
    await page.waitForLoadState('networkidle');
    // A border that still fades is neither there nor gone.
    await page.addStyleTag({ content: '* { transition: none !important }' });
    await place.act?.(page, words);
  }

  async function faultsOf(
    look: (typeof LOOKS)[number],
    places: readonly Place[],
    ids: Ids,
  ): Promise<string[]> {
    const { context, page } = await windowOf(look);
    const faults: string[] = [];
    for (const place of places) {
      await go(page, place, ids, screenWords(look.language));
      faults.push(...(await accessibilityFaults(page)).map((fault) => `${place.name}: ${fault}`));
    }
    await context.close();
    return faults;
  }

  const none: Ids = { dataset: '', run: '', model: '' };
  let ids = none;

  it.each([LOOKS[0], LOOKS[3]])('empty, they are clean for axe ($language, $theme)', async (look) => {
    expect(await faultsOf(look, EMPTY, none)).toEqual([]);
  });

  it('a dataset with a fault, a model and a run are made', async () => {
    const { page } = studio;
    const { datasetId } = await callFromPage(page, 'datasets.import', {
      sources: [path.join(sharedFolder, 'data/disc-law-sft/triplet.jsonl')],
      name: '法律三元组',
      accept: 'usable',
    });
    const state = async (): Promise<string> =>
      (await callFromPage(page, 'datasets.show', { dataset: datasetId })).state;
    await expect.poll(state, { timeout: WAIT_MS }).toBe('ready');
    const folder = path.join(repositoryRoot, 'resources/tiny-model');
    const model = (await callFromPage(page, 'models.add', { path: folder })).id;
    const { runId } = await callFromPage(page, 'runs.start', {
      recipe: {
        name: '合同纠纷',
        model,
        dataset: datasetId,
        maxSteps: 4,
        epochs: 8,
        batch: { microBatch: 1, gradientAccumulation: 1 },
        evaluation: { everySteps: 2, maxRows: 1, samplePrompts: ['什么是合同？'], sampleMaxTokens: 4 },
        checkpoints: { everySteps: 2 },
        hardware: { cpuThreads: 1 },
      },
    });
    ids = { dataset: datasetId, run: runId, model };
    const ended = async (): Promise<string> => (await callFromPage(page, 'runs.show', { run: runId })).state;
    await expect.poll(ended, { timeout: WAIT_MS }).toBe('done');
  });

  it.each(LOOKS)('full, they are clean for axe ($language, $theme)', async (look) => {
    expect(await faultsOf(look, FULL, ids)).toEqual([]);
  });

  // Tab reaches every control, the focus can be seen, and it comes out at the other end.
  it.each(FULL.filter(({ act }) => act === undefined).map((place) => ({ ...place })))(
    'the keyboard walks through: $name',
    async (place) => {
      const { context, page } = await windowOf(LOOKS[0]);
      await go(page, place, ids, screenWords('zh-CN'));
      const wanted = await page.evaluate(markControls);
      const seen = new Set<string>();
      const unseen: string[] = [];
      let wrapped = false;
      for (let presses = 0; presses < wanted.length * 2 + 20 && !wrapped; presses++) {
        await page.keyboard.press('Tab');
        const { mark, name, visible } = await page.evaluate(lookAtFocus);
        wrapped = mark !== undefined && seen.has(mark) && seen.size >= wanted.length;
        if (mark === undefined) continue;
        seen.add(mark);
        if (!visible) unseen.push(name);
      }
      const left = wanted.filter(({ mark }) => !seen.has(mark)).map(({ name }) => name);
      expect({ left, unseen: [...new Set(unseen)] }).toEqual({ left: [], unseen: [] });
      await context.close();
    },
  );
});

/** Numbers what Tab must reach; a group of radios is one stop, and its arrows reach the rest. */
function markControls(): { mark: string; name: string }[] {
  const selector = 'a[href], button, input, select, textarea, [tabindex], [role="switch"]';
  const usable = [...document.querySelectorAll<HTMLElement>(selector)].filter((element) => {
    const shown = element.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true });
    const off = element.matches(':disabled, [aria-disabled="true"], [type="hidden"]');
    if (!shown || off || element.tabIndex < 0) return false;
    return !element.matches('[role="radio"], [type="radio"]');
  });
  return usable.map((element, at) => {
    element.dataset['walk'] = String(at);
    const name = element.getAttribute('aria-label') ?? element.textContent.trim().slice(0, 40);
    return { mark: String(at), name: `${element.tagName} ${name} ${element.outerHTML.slice(0, 80)}` };
  });
}

/** What has the focus, and whether that shows: an outline, a shadow, or a border that is there only now. */
function lookAtFocus(): { mark: string | undefined; name: string; visible: boolean } {
  const element = document.activeElement;
  if (!(element instanceof HTMLElement) || element === document.body)
    return { mark: undefined, name: '', visible: true };
  const marks = (one: Element): string => {
    const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(one);
    return [outlineStyle === 'none' ? '' : outlineWidth, boxShadow, borderColor].join(' ');
  };
  // The ring may stand on what wraps the field, or on what the field draws beside itself.
  const around = [
    element,
    element.parentElement,
    element.parentElement?.parentElement,
    element.nextElementSibling,
  ];
  const parts = around.filter((one): one is Element => one instanceof Element);
  const focused = parts.map(marks);
  element.blur();
  const plain = parts.map(marks);
  element.focus({ focusVisible: true });
  return {
    mark: element.dataset['walk'],
    name: element.outerHTML.slice(0, 120),
    visible: focused.some((mark, at) => mark !== plain[at]),
  };
}
