import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findText } from '../../helpers/find-text.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';
import { screenWords } from './screen-words.ts';

const CANARY = 'ms-canary-accounts-form-0001';
const RENEWED = 'ms-canary-accounts-form-0002';
/** Nobody answers there: nothing of a test leaves this machine. */
const OWN = 'https://127.0.0.1:9';
const OTHER = 'https://127.0.0.1:19';

/** Accounts as a person adds, renews and removes them, in either language. */
describe.each(['zh-CN', 'en'] as const)('accounts in %s', (language) => {
  const words = screenWords(language);
  const say = (key: string, values: Readonly<Record<string, string>> = {}): string =>
    words.say(`secrets:${key}`, values);
  const folder = mkdtempSync(path.join(tmpdir(), '账号 '));
  const home = path.join(folder, 'data');
  const shots = process.env['LEGAL_EAGLE_TEST_SHOTS'];
  let studio: StudioBrowser;

  beforeAll(async () => {
    studio = await openStudioBrowser({ language, home });
    // A new token is asked about at once: no question of a test reaches a real hub.
    await callFromPage(studio.page, 'settings.set', { airGap: true });
    await studio.page.evaluate(() => {
      location.hash = '#/settings?section=secrets&add=huggingface';
    });
  });
  afterAll(async () => {
    await studio.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const look = async (name: string): Promise<void> => {
    expect(await accessibilityFaults(studio.page)).toEqual([]);
    if (shots === undefined) return;
    await studio.page.screenshot({ path: path.join(shots, `accounts-${name}-${language}.png`) });
  };

  it('an address that other screens link to opens the form for that hub', async () => {
    const dialog = studio.page.getByRole('dialog', { name: say('addTitle') });
    await dialog.waitFor();
    expect(await dialog.getByRole('combobox', { name: say('form.hub') }).inputValue()).toBe('Hugging Face');
    await studio.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    // Catches: a form that opens again by itself when the page is loaded anew.
    expect(studio.page.url()).not.toContain('add=');
  });

  it('by keyboard alone: a token goes in, and nothing of it is on the page or the disk', async () => {
    const { page } = studio;
    const add = page.getByRole('button', { name: say('add') });
    await add.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: say('addTitle') });
    const token = dialog.getByLabel(say('form.token'));
    await expect.poll(() => token.evaluate((field) => field === document.activeElement)).toBe(true);
    await page.keyboard.type('a b');
    await page.keyboard.press('Tab');
    await dialog.getByText(say('form.tokenWrong')).waitFor();
    await look('form');
    await token.fill(CANARY);
    await dialog.getByLabel(say('form.label')).fill('发布账号');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('发布账号', { exact: true }).waitFor();
    await page.getByText(say('token.ready')).waitFor();
    await look('one');
    expect(await page.content()).not.toContain(CANARY);
    expect(findText(home, [CANARY])).toEqual([]);
  });

  it('an address that is not the hub’s own is refused, then taken on a word for exactly that address', async () => {
    const { page } = studio;
    await page.getByRole('button', { name: say('add') }).click();
    const dialog = page.getByRole('dialog', { name: say('addTitle') });
    await dialog.getByRole('combobox', { name: say('form.site') }).click();
    await page.getByRole('option', { name: say('form.sites.own') }).click();
    const address = dialog.getByLabel(say('form.address'));
    await dialog.getByLabel(say('form.token')).fill(CANARY);
    const save = dialog.getByRole('button', { name: say('form.add'), exact: true });
    await address.fill('http://hub.example.org');
    await save.click();
    await dialog.getByText('accounts.endpoint_refused').waitFor();
    await address.fill(`${OWN}/models`);
    await save.click();
    const agree = dialog.getByRole('checkbox', { name: say('form.agree', { origin: OWN }) });
    await agree.waitFor();
    expect(await save.isDisabled()).toBe(true);
    await look('foreign');
    await agree.check();
    // Catches: a word given for one address that counts for the next one.
    await address.fill(OTHER);
    await save.click();
    await dialog.getByRole('checkbox', { name: say('form.agree', { origin: OTHER }) }).waitFor();
    expect((await callFromPage(page, 'accounts.list', {})).items).toHaveLength(1);
    await address.fill(OWN);
    await save.click();
    await agree.check();
    await save.click();
    await dialog.waitFor({ state: 'detached' });
    const { items } = await callFromPage(page, 'accounts.list', {});
    expect(items.map(({ origin }) => origin).sort()).toEqual([OWN, 'https://modelscope.cn']);
  });

  it('a new token takes the place of the old one, and the account stays where it belongs', async () => {
    const { page } = studio;
    await page.getByRole('button', { name: say('renewLabel', { label: '发布账号' }) }).click();
    const dialog = page.getByRole('dialog', { name: say('renewTitle', { label: '发布账号' }) });
    await dialog.getByText(say('form.bound', { origin: 'https://modelscope.cn' })).waitFor();
    await dialog.getByLabel(say('form.token')).fill(RENEWED);
    await dialog.getByRole('button', { name: say('form.renew'), exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(findText(home, [CANARY, RENEWED])).toEqual([]);
    expect(await page.content()).not.toContain(RENEWED);
  });

  it('says how a token is revoked at each hub, and opens its page outside', async () => {
    const { page } = studio;
    const link = page.getByRole('button', { name: say('tokenPage', { host: 'modelscope.cn' }) });
    expect(await link.getAttribute('title')).toBe('https://modelscope.cn/my/myaccesstoken');
    await page.evaluate(() => {
      window.open = (address) => {
        document.title = String(address);
        return null;
      };
    });
    await link.click();
    expect(await page.title()).toBe('https://modelscope.cn/my/myaccesstoken');
    expect(studio.complaints).toEqual([]);
  });
});
