import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { formatBytes } from '../../../electron/shared/domain/figures.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot } from '../../helpers/studio-cli.ts';
import {
  checkpoint,
  ended,
  FIXTURE_RUN_ID,
  step,
  writeCheckpoint,
  writeRunFolder,
} from '../../integration/core/run-folder-fixture.ts';
import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';
import { screenWords } from './screen-words.ts';

const RUN_NAME = '外来训练';
/** Where set-up keeps screenshots of what a person would see; none are taken without it. */
const SHOTS = process.env['LEGAL_EAGLE_TEST_SHOTS'];

const diskUse = (folder: string): number =>
  Number(execFileSync('du', ['-s', '-B1', folder], { encoding: 'utf8' }).split('\t')[0]);

/** A run stopped at step 6 with three checkpoints, of which the first is neither the last nor the best. */
function writeRun(dir: string): void {
  const events = [2, 4, 6].flatMap((at) => {
    const [type, data] = checkpoint(at, writeCheckpoint(dir, at, 1_700_000_000_000 + at));
    return [step(at - 1, 3 - at / 4), step(at, 2.8 - at / 4), [type, { ...data, best: at === 4 }] as const];
  });
  writeFileSync(path.join(dir, 'checkpoints/step-00000002/optimizer.bin'), Buffer.alloc(2_500_000, 1));
  writeRunFolder(dir, [{ events: [...events, ended('stopped', 10)] }]);
}

describe.each(['zh-CN', 'en'] as const)('what is removed, and what takes room (%s)', (language) => {
  const words = screenWords(language);
  let studio: StudioBrowser;
  let page: Page;
  let outside: string;
  let dataset: string;

  beforeAll(async () => {
    outside = mkdtempSync(path.join(tmpdir(), 'storage-'));
    // The environments of this machine are not this test's to count: only the one that it runs on, as a link.
    const runtime = path.join(outside, 'runtime');
    mkdirSync(runtime);
    const environment = path.dirname(path.dirname(process.env['LEGAL_EAGLE_TEST_PYTHON'] ?? ''));
    symlinkSync(environment, path.join(runtime, path.basename(environment)));
    writeRun(path.join(outside, 'run'));
    studio = await openStudioBrowser({
      language,
      grant: [outside, repositoryRoot],
      variables: { LEGAL_EAGLE_RUNTIME: runtime },
    });
    ({ page } = studio);
    page.setDefaultTimeout(60_000);
    await callFromPage(page, 'runs.adopt', { path: path.join(outside, 'run') });
    await callFromPage(page, 'models.add', { path: path.join(repositoryRoot, 'resources/tiny-model') });
    const sources = [path.join(repositoryRoot, 'resources/sample-data/rows')];
    dataset = (await callFromPage(page, 'datasets.import', { sources, name: '民法典问答' })).datasetId;
    while ((await callFromPage(page, 'datasets.show', { dataset })).state !== 'ready')
      await page.waitForTimeout(200);
  });

  afterAll(async () => {
    await studio.close();
    rmSync(outside, { recursive: true, force: true });
  });

  const open = async (route: string): Promise<void> => {
    await page.evaluate((hash) => void (window.location.hash = hash), route);
  };
  const removeRun = async (): Promise<void> => {
    await open('/runs');
    await page.getByRole('button', { name: words.say('runs:menu', { name: RUN_NAME }) }).click();
    await page.getByRole('menuitem', { name: words.say('runs:action.remove') }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: words.say('runs:action.remove') })
      .click();
    await page.getByText(words.say('common:trash.removed', { name: RUN_NAME })).waitFor();
  };
  const undo = async (): Promise<void> => {
    await page.getByRole('button', { name: words.say('common:undo') }).click();
    await page.getByRole('button', { name: words.say('common:undo') }).waitFor({ state: 'detached' });
  };
  const panel = (key: string) =>
    page.locator('section', { has: page.getByRole('heading', { name: words.say(key), exact: true }) });

  it('a removed run comes back by its undo, with its curve', async () => {
    const query = { run: FIXTURE_RUN_ID, keys: ['loss'], maxPoints: 100 };
    const before = await callFromPage(page, 'metrics.query', query);
    await removeRun();
    await expect.poll(() => page.getByRole('cell', { name: RUN_NAME }).count()).toBe(0);
    await undo();
    await page.getByText(RUN_NAME).first().waitFor();
    expect(await callFromPage(page, 'metrics.query', query)).toEqual(before);
    expect(before.series[0]?.points.length).toBe(6);
  });

  it('a removed dataset comes back by its undo, with its rows', async () => {
    await open(`/datasets/${dataset}`);
    const remove = page.getByRole('button', { name: words.say('datasets:detail.remove'), exact: true });
    await remove.click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: words.say('datasets:detail.remove') })
      .click();
    await page.getByText(words.say('common:trash.removed', { name: '民法典问答' })).waitFor();
    expect((await callFromPage(page, 'datasets.list', {})).total).toBe(0);
    await undo();
    expect((await callFromPage(page, 'datasets.rows', { dataset })).total).toBeGreaterThan(0);
  });

  it('what was removed is still offered in the settings after a reload', async () => {
    await removeRun();
    await page.reload();
    await open('/settings?section=storage');
    await page
      .getByRole('button', { name: words.say('storage:trash.restoreLabel', { name: RUN_NAME }) })
      .click();
    await page.getByText(words.say('storage:trash.nothing')).waitFor();
    expect((await callFromPage(page, 'runs.show', { run: FIXTURE_RUN_ID })).step).toBe(6);
  });

  it('clean-up tells what goes, and frees exactly the bytes that it said', async () => {
    const runDir = path.join(studio.home, 'runs', FIXTURE_RUN_ID);
    await panel('storage:use.title')
      .getByRole('button', { name: words.say('storage:use.count') })
      .click();
    const offer = panel('storage:clean.title').getByRole('checkbox', { name: new RegExp(RUN_NAME, 'u') });
    await offer.check();
    const { items } = await callFromPage(page, 'storage.proposals', {});
    const shown = items.find((item) => item.kind === 'checkpoints')?.bytes ?? 0;
    const size = formatBytes(shown);
    const before = diskUse(runDir);
    await panel('storage:clean.title')
      .getByRole('button', { name: words.say('storage:clean.delete', { size }) })
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(words.say('storage:lost.checkpoints', { steps: '2' })).waitFor();
    await dialog.getByRole('button', { name: words.say('storage:clean.confirm', { size }) }).click();
    await page.getByText(words.say('storage:clean.freed', { size })).waitFor();
    expect(before - diskUse(runDir)).toBe(shown);
    expect(readdirSync(path.join(runDir, 'checkpoints')).sort()).toEqual(['step-00000004', 'step-00000006']);
    await offer.waitFor({ state: 'detached' });
  });

  it('shows the folders that a person added, and says that they are never deleted', async () => {
    await panel('storage:use.title')
      .getByRole('button', { name: new RegExp(`^${words.say('storage:group.models')}`, 'u') })
      .click();
    await page.getByText(words.say('storage:item.notOurs')).waitFor();
  });

  it('a model taken off the list comes back by its undo; its folder is not touched', async () => {
    const { items } = await callFromPage(page, 'models.list', {});
    await page
      .getByRole('button', { name: words.say('storage:model.forgetLabel', { name: 'tiny-model' }) })
      .click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: words.say('storage:model.forget') })
      .click();
    await page.getByText(words.say('common:trash.removed', { name: 'tiny-model' })).waitFor();
    const left = (await callFromPage(page, 'models.list', {})).items;
    expect(left.map(({ name }) => name)).not.toContain('tiny-model');
    expect(existsSync(path.join(repositoryRoot, 'resources/tiny-model/config.json'))).toBe(true);
    await undo();
    expect((await callFromPage(page, 'models.list', {})).items).toEqual(items);
  });

  it.each(['light', 'dark'] as const)(
    'axe finds nothing in it, with something in the trash (%s)',
    async (theme) => {
      await removeRun();
      const { browser, cookies } = {
        browser: page.context().browser(),
        cookies: await page.context().cookies(),
      };
      const context = await browser?.newContext({
        bypassCSP: true,
        storageState: { cookies, origins: [] },
        locale: language,
        colorScheme: theme,
        reducedMotion: 'reduce',
        viewport: { width: 1280, height: 800 },
      });
      const checked = await context?.newPage();
      if (checked === undefined) throw new Error('no browser');
      await checked.goto(`${new URL(page.url()).origin}/#/settings?section=storage`);
      const restore = checked.getByRole('button', {
        name: words.say('storage:trash.restoreLabel', { name: RUN_NAME }),
      });
      await restore.waitFor();
      await checked
        .getByRole('button', { name: new RegExp(`^${words.say('storage:group.models')}`, 'u') })
        .click();
      await checked.getByText(words.say('storage:item.notOurs')).waitFor();
      expect(await accessibilityFaults(checked)).toEqual([]);
      await checked.getByRole('checkbox').first().check();
      if (SHOTS !== undefined) {
        const title = checked.getByRole('heading', { name: words.say('storage:use.title') });
        await title.scrollIntoViewIfNeeded();
        await checked.screenshot({ path: path.join(SHOTS, `storage-${language}-${theme}-1.png`) });
        await restore.scrollIntoViewIfNeeded();
        await checked.screenshot({ path: path.join(SHOTS, `storage-${language}-${theme}-2.png`) });
      }
      const heading = checked.getByRole('heading', { name: words.say('storage:clean.title'), exact: true });
      await checked.locator('section', { has: heading }).getByRole('button').click();
      await checked.getByRole('dialog').waitFor();
      expect(await accessibilityFaults(checked)).toEqual([]);
      if (SHOTS !== undefined)
        await checked.screenshot({ path: path.join(SHOTS, `storage-${language}-${theme}-3.png`) });
      await context?.close();
      const { items } = await callFromPage(page, 'storage.trash', {});
      await callFromPage(page, 'storage.restore', { trashId: items[0]?.trashId ?? '' });
    },
  );

  it('wrote no error to the console', () => {
    expect(studio.complaints).toEqual([]);
  });
});
