import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findText } from '../../helpers/find-text.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';

const CANARY = 'K9xBrowser+Canary.no~form';
const HANDED = 'hf_CaNaRyCaNaRyCaNaRyCaNaRyCaNaRy0002';
const PASSPHRASE = '正确的 passphrase';

/** A server that was handed tokens at its start, one of them in a file that others can read. */
describe('accounts and secrets', () => {
  const folder = mkdtempSync(path.join(tmpdir(), '令牌 '));
  const home = path.join(folder, 'data');
  const environmentFile = path.join(folder, 'environment');
  const shots = process.env['LEGAL_EAGLE_TEST_SHOTS'];
  let studio: StudioBrowser;

  beforeAll(async () => {
    const file = path.join(folder, 'token');
    writeFileSync(file, CANARY);
    chmodSync(file, 0o644);
    // What the studio asks about cards, in its place a program that tells what it was given.
    const tools = path.join(folder, 'tools');
    mkdirSync(tools);
    writeFileSync(path.join(tools, 'nvidia-smi'), `#!/bin/sh\nenv >> '${environmentFile}'\nexit 1\n`, {
      mode: 0o755,
    });
    studio = await openStudioBrowser({
      language: 'en',
      home,
      variables: {
        HF_TOKEN: HANDED,
        MODELSCOPE_API_TOKEN_FILE: file,
        PATH: `${tools}:${process.env['PATH'] ?? ''}`,
      },
    });
    await studio.page.evaluate(() => {
      location.hash = '#/settings?section=secrets';
    });
    await studio.page.getByRole('heading', { name: 'Accounts and secrets' }).waitFor();
  });
  afterAll(async () => {
    await studio.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const look = async (name: string): Promise<void> => {
    expect(await accessibilityFaults(studio.page)).toEqual([]);
    if (shots !== undefined) await studio.page.screenshot({ path: path.join(shots, `secrets-${name}.png`) });
  };

  it('shows what was handed over, what was refused and why, and no token', async () => {
    const { page } = studio;
    await page.getByText('Nowhere: gone when the studio ends').waitFor();
    await page.getByText('handed over by HF_TOKEN at start').waitFor();
    await page.getByText('others can read it').first().waitFor();
    await look('handed');
    expect(await page.content()).not.toMatch(/canary/iu);
  });

  // Catches: a child that inherits what the server was started with.
  it('no program that the server starts has a token in its environment', async () => {
    await callFromPage(studio.page, 'gpu.list', {});
    const seen = readFileSync(environmentFile, 'utf8');
    expect(seen).toContain('LEGAL_EAGLE_HOME=');
    expect(seen).not.toMatch(/HF_TOKEN|MODELSCOPE_API_TOKEN|canary/iu);
  });

  it('a vault is made, locked, refuses a wrong passphrase and opens with the right one', async () => {
    const { page } = studio;
    await callFromPage(page, 'accounts.put', { hub: 'modelscope', label: '发布账号', token: CANARY });
    await page.getByRole('button', { name: 'Change where tokens are kept' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: 'A vault behind a passphrase' }).check();
    const change = dialog.getByRole('button', { name: 'Change', exact: true });
    await dialog.getByLabel('Passphrase (8 characters or more)').fill(PASSPHRASE);
    await dialog.getByLabel('The passphrase again').fill('another');
    await dialog.getByText('The two differ').waitFor();
    expect(await change.isDisabled()).toBe(true);
    await dialog.getByLabel('The passphrase again').fill(PASSPHRASE);
    await look('dialog');
    await change.click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Vault · Unlocked').waitFor();
    await page.getByText('发布账号').waitFor();
    expect(findText(home, [CANARY, PASSPHRASE])).toEqual([]);

    await page.getByRole('button', { name: 'Lock now' }).click();
    await page.getByText('Vault · Locked').waitFor();
    await page.getByText('vault is locked').waitFor();
    await page.getByLabel('Passphrase of the vault').fill('a wrong one');
    await page.keyboard.press('Enter');
    await page.getByText('The passphrase does not open the vault.').waitFor();
    expect(await page.getByLabel('Passphrase of the vault').inputValue()).toBe('');
    await look('wrong');
    const { pausedUntilMs } = await callFromPage(page, 'accounts.status', {});
    await expect.poll(() => Date.now() > (pausedUntilMs ?? 0), { timeout: 30_000 }).toBe(true);
    await page.getByLabel('Passphrase of the vault').fill(PASSPHRASE);
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByText('Vault · Unlocked').waitFor();
    await look('unlocked');
  });

  it('an account is removed after a question, and nothing of it is left', async () => {
    const { page } = studio;
    await page.getByRole('button', { name: 'Remove the account 发布账号' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('发布账号').first().waitFor({ state: 'detached' });
    const { items } = await callFromPage(page, 'accounts.list', {});
    expect(items.map(({ source }) => source)).toEqual(['file', 'environment']);
    expect(findText(home, [CANARY, HANDED, PASSPHRASE])).toEqual([]);
    // The pages say a refusal once; nothing else went wrong.
    expect(studio.complaints).toEqual([]);
  });
});
