import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callFromPage } from './page-calls.ts';
import { screenWords } from './screen-words.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';

const WAIT_MS = 30_000;

/** The settings as a person changes them, in either language, by mouse and by keyboard. */
describe.each(['zh-CN', 'en'] as const)('Settings in %s', (language) => {
  const words = screenWords(language);
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), '设置 browser ')));
  // Found as every start finds it, so that a move has something to switch.
  const target = path.join(dir, 'share', '新磁盘 data');
  const home = path.join(dir, 'share', 'legal-eagle-studio');
  let studio: StudioBrowser;

  beforeAll(async () => {
    studio = await openStudioBrowser({
      language,
      home,
      grant: [path.join(dir)],
      variables: {
        LEGAL_EAGLE_HOME: '',
        XDG_DATA_HOME: path.join(dir, 'share'),
        XDG_CONFIG_HOME: path.join(dir, 'config'),
      },
    });
    studio.page.setDefaultTimeout(WAIT_MS);
    await studio.page.evaluate(() => (window.location.hash = '/settings'));
    await studio.page.getByRole('heading', { name: words.say('settings:title'), level: 1 }).waitFor();
  });

  afterAll(async () => {
    await studio.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const settings = (): ReturnType<typeof callFromPage<'settings.get'>> =>
    callFromPage(studio.page, 'settings.get', {});

  it('is reached by its key, and a section by the list beside it', async () => {
    const { page } = studio;
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    await page.waitForURL(/#\/$/u);
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.waitForURL(/#\/settings$/u);
    await page
      .getByRole('navigation', { name: words.say('settings:places') })
      .getByRole('link', { name: words.say('settings:section.privacy') })
      .click();
    // Whoever does not see the screen move is where it has moved to.
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('settings-privacy');
  });

  it('a second window follows the theme at once', async () => {
    const { page } = studio;
    const other = await page.context().newPage();
    await other.goto(`${new URL(page.url()).origin}/#/`);
    await other.getByRole('navigation').first().waitFor();
    const dark = words.say('settings:appearance.themes.dark');
    await page
      .getByRole('radiogroup', { name: words.say('settings:appearance.theme') })
      .getByText(dark, { exact: true })
      .click();
    await expect
      .poll(() => other.evaluate(() => document.documentElement.dataset['mantineColorScheme']), {
        timeout: WAIT_MS,
      })
      .toBe('dark');
    await other.close();
  });

  it('a mirror is chosen; an address of one’s own must be https', async () => {
    const { page } = studio;
    const name = words.say('settings:runtime.mirror');
    const choose = async (label: string | RegExp): Promise<void> => {
      await page.getByRole('combobox', { name }).click();
      await page.getByRole('option', { name: label }).click();
    };
    await choose(/TUNA/u);
    await expect.poll(async () => (await settings()).mirror).toBe('tuna');
    await choose(words.say('settings:runtime.mirrorCustom'));
    const address = page.getByLabel(words.say('settings:runtime.mirrorAddress'));
    await address.fill('http://mirror.example/simple');
    await address.press('Enter');
    await page.getByText('runtime.unknown_mirror').waitFor();
    expect((await settings()).mirror).toBe('tuna');
    await address.fill('https://mirror.example/simple');
    await address.press('Enter');
    await expect.poll(async () => (await settings()).mirror).toBe('https://mirror.example/simple');
  });

  it('the air gap is a switch for the keyboard, and installing then says why not', async () => {
    const { page } = studio;
    const gap = page.getByRole('switch', { name: words.say('settings:privacy.airGap') });
    await gap.focus();
    await page.keyboard.press('Space');
    await expect.poll(async () => (await settings()).airGap).toBe(true);
    await expect.poll(() => gap.isChecked()).toBe(true);
    await expect(callFromPage(page, 'runtime.install', { variant: 'cpu' })).rejects.toThrow(
      'runtime.air_gap',
    );
    await page.keyboard.press('Space');
    await expect.poll(async () => (await settings()).airGap).toBe(false);
  });

  it('no folder can be granted from here; the commands that can stand ready', async () => {
    const { page } = studio;
    await page.getByText('legal-eagle settings grant DIR').waitFor();
    expect(await page.getByRole('button', { name: words.say('settings:grants.add') }).count()).toBe(0);
  });

  it('the data folder moves: refused in words onto itself, then copied; nothing changes until the restart', async () => {
    const { page } = studio;
    await page.getByRole('button', { name: words.say('settings:data.moveStart') }).click();
    const field = page.getByLabel(words.say('settings:data.target'));
    await field.fill(path.join(home, 'below'));
    await field.press('Enter');
    await page.getByText('data_folder.inside').waitFor();
    await field.fill(target);
    await field.press('Enter');
    await page.getByText(words.say('settings:data.moved', { folder: target })).waitFor();
    await page.getByText(words.say('settings:restart.server')).waitFor();
    await expect(callFromPage(page, 'settings.set', { theme: 'light' })).rejects.toThrow('data_folder.moved');
  });
});
