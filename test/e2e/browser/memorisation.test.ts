import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { startModelScope, type HubProcess } from '../../helpers/hub-process.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { TEST_PYTHON } from '../../integration/core/core-harness.ts';
import { HUB_OWNER, HUB_TOKEN } from '../../integration/release/released-studio.ts';
import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';
import { screenWords } from './screen-words.ts';
import { trainTinyRun } from './tiny-run.ts';
import { withoutPolicy } from './without-policy.ts';

const WAIT_MS = 240_000;

/** Catches: a private release that is made public while nobody could have looked at what the model remembers. */
describe('a memorisation check before going public', { timeout: WAIT_MS }, () => {
  const hubFolder = mkdtempSync(path.join(tmpdir(), 'hub '));
  const words = screenWords('zh-CN');
  const say = (key: string, values: Readonly<Record<string, string | number>> = {}): string =>
    words.say(`release:${key}`, values);
  let hub: HubProcess;
  let studio: StudioBrowser;
  let release: string;

  beforeAll(async () => {
    hub = await startModelScope(TEST_PYTHON, hubFolder);
    studio = await openStudioBrowser({ language: 'zh-CN' });
    const { page } = studio;
    const runId = await trainTinyRun(page);
    const { id: account } = await callFromPage(page, 'accounts.put', {
      hub: 'modelscope',
      endpoint: hub.endpoint,
      agreedOrigin: hub.endpoint,
      token: HUB_TOKEN,
    });
    ({ releaseId: release } = await callFromPage(page, 'releases.start', {
      parts: [{ part: 'adapter', run: runId, repository: `${HUB_OWNER}/memory-lora` }],
      account,
      licence: 'MIT License',
    }));
    await vi.waitFor(
      async () => expect((await callFromPage(page, 'releases.get', { release })).state).toBe('done'),
      { timeout: WAIT_MS / 2, interval: 200 },
    );
  }, WAIT_MS);
  afterAll(async () => {
    await studio.close();
    await hub.close();
    rmSync(hubFolder, { recursive: true, force: true });
  });

  it('says that nobody has looked, looks, and says what it found', async () => {
    const { page } = studio;
    page.setDefaultTimeout(WAIT_MS / 2);
    await page.evaluate((hash) => void (window.location.hash = hash), `/release?release=${release}`);
    await page.getByText(say('memory.never')).waitFor();
    const doubts = await callFromPage(page, 'releases.publish', {
      release,
      confirmed: [`${HUB_OWNER}/memory-lora`],
      reason: '',
    }).catch((error: unknown) => String(error));
    expect(JSON.stringify(doubts)).toContain('release.reason_needed');
    await page.getByRole('button', { name: say('memory.start') }).click();
    await page.getByText(say('memory.verdict.none-found')).waitFor();
    await page.getByRole('button', { name: say('memory.again') }).waitFor();
    const result = (await callFromPage(page, 'memorisation.show', { run: '合同纠纷' })).result;
    expect(result?.askedRows).toBeGreaterThan(0);
    const { context, page: checked } = await withoutPolicy(page);
    await checked.getByText(say('memory.verdict.none-found')).waitFor();
    expect(await accessibilityFaults(checked)).toEqual([]);
    await context.close();
    const shots = process.env['LEGAL_EAGLE_TEST_SHOTS'];
    if (shots !== undefined)
      await page.screenshot({ path: path.join(shots, 'memorisation.png'), fullPage: true });
  });
});
