import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { addAccountByHand, releaseByHand } from '../e2e/browser/release-journey.ts';
import { screenWords } from '../e2e/browser/screen-words.ts';
import { startModelScope, type HubProcess } from '../helpers/hub-process.ts';
import { TEST_PYTHON } from '../integration/core/core-harness.ts';
import { HUB_OWNER, HUB_TOKEN } from '../integration/release/released-studio.ts';
import { callFromPage } from './shell-calls.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';
import { startTinyRun, waitForState } from './tiny-run.ts';

const WAIT_MS = 240_000;
const SLOW_SECONDS = 0.4;

/** The same hands as in the browser, on the pages, the core and the jobs of the real shell. */
describe.skipIf(shell === undefined)('a release from the desktop app', () => {
  const bench = new ShellBench();
  const hubFolder = mkdtempSync(path.join(tmpdir(), 'hub '));
  const shots = process.env['LEGAL_EAGLE_TEST_SHOTS'];
  let hub: HubProcess;
  let studio: OpenStudio;

  beforeAll(async () => {
    hub = await startModelScope(TEST_PYTHON, hubFolder, SLOW_SECONDS);
    await bench.prepare();
    studio = await bench.open();
    studio.page.setDefaultTimeout(WAIT_MS / 2);
  }, WAIT_MS);
  afterAll(async () => {
    await bench.dispose();
    await hub.close();
    rmSync(hubFolder, { recursive: true, force: true });
  });

  it(
    'goes from account to public page, and opens no address that its texts do not name',
    async () => {
      const { page } = studio;
      const { runId } = await startTinyRun(page, { name: '合同纠纷', maxSteps: 2 });
      await waitForState(page, runId, 'done');
      const journey = {
        page,
        words: screenWords('en'),
        hub: { endpoint: hub.endpoint, token: HUB_TOKEN, owner: HUB_OWNER },
        runId,
        repositoryName: 'desktop-lora',
        look: async (state: string): Promise<void> => {
          if (shots !== undefined) await page.screenshot({ path: path.join(shots, `desktop-${state}.png`) });
        },
      };
      await addAccountByHand(journey);
      const address = await releaseByHand(journey);
      const { items } = await callFromPage(page, 'releases.list', { limit: 10 });
      expect(items.map(({ state }) => state)).toEqual(['done']);
      // A hub of one's own is none that the shell opens by itself; its page is copied.
      await studio.app.evaluate(({ shell: systemShell }) => {
        systemShell.openExternal = () => Promise.reject(new Error('opened'));
      });
      await expect(callFromPage(page, 'host.openExternal', { url: address })).rejects.toThrow(
        'host.address_refused',
      );
      expect(studio.complaints).toEqual([]);
    },
    WAIT_MS,
  );
});
