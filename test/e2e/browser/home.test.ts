import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';

import { readLock } from '../../../electron/core/runtime/runtime-paths.ts';
import { fakeNvidiaSmi } from '../../helpers/fake-nvidia-smi.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot } from '../../helpers/studio-cli.ts';
import { accessibilityFaults } from './accessibility.ts';
import { callFromPage } from './page-calls.ts';
import { withoutPolicy } from './without-policy.ts';

const WAIT_MS = 60_000;
const CARD =
  '0, GPU-0a, NVIDIA GeForce RTX 4090, 580.95.05, 24564, 300, 0, 40, 20.00, 450.00, 00000000:01:00.0, 8.9, Disabled, [N/A]\n';

const program = (file: string, lines: readonly string[]): void => {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${lines.join('\n')}\n`);
  chmodSync(file, 0o755);
};

/** A rig that runs on the CPU build although a card was put in since. */
describe('Home', () => {
  let studio: StudioBrowser;
  let page: Page;
  let dir: string;

  beforeAll(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'le-home-'));
    const smi = fakeNvidiaSmi(path.join(dir, 'smi'));
    smi.answer(CARD);
    const { sha256 } = readLock(path.join(repositoryRoot, 'python-runtime'), 'cpu', 'linux');
    const standing = path.join(dir, 'runtime', `cpu-${sha256.slice(0, 12)}`);
    program(path.join(standing, 'bin/python'), ['exit 1']);
    writeFileSync(
      path.join(standing, 'legal-eagle-runtime.json'),
      JSON.stringify({
        version: 1,
        variant: 'cpu',
        lockSha256: sha256,
        python: '3.11.2',
        torch: { kind: 'configured', sha256: 'a'.repeat(64) },
        createdAtMs: 1,
      }),
    );
    // A Python that is found, and takes for ever to make an environment.
    const python = path.join(dir, 'slow-python');
    program(python, [
      'case "$*" in *" -m venv "*) exec /bin/sleep 600;; esac',
      `echo '{"executable": "${python}", "version": "3.11.2", "bits": 64, "venv": true}'`,
    ]);
    studio = await openStudioBrowser({
      language: 'zh-CN',
      variables: {
        PATH: `${smi.searchPath}${path.delimiter}${process.env['PATH'] ?? ''}`,
        LEGAL_EAGLE_VARIANT: '',
        LEGAL_EAGLE_RUNTIME: path.join(dir, 'runtime'),
        LEGAL_EAGLE_PYTHON: python,
      },
    });
    ({ page } = studio);
    page.setDefaultTimeout(WAIT_MS);
    await page.getByRole('heading', { name: '导入数据' }).waitFor();
  });

  afterAll(async () => {
    await studio.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('offers the build that fits the card, with its reason; the installation shows where it is and can be given up', async () => {
    await page.getByText('有更合适的版本').waitFor();
    const { choice } = await callFromPage(page, 'runtime.status', {});
    await page.getByText(choice.reason.zh).waitFor();
    const offer = page.getByRole('button', { name: '改装 cu130 版' });
    await offer.press('Enter');
    await page.getByText('正在创建 Python 环境…').waitFor();
    const { context, page: checked } = await withoutPolicy(page);
    await checked.getByText('正在创建 Python 环境…').waitFor();
    expect(await accessibilityFaults(checked)).toEqual([]);
    await context.close();
    await page.getByRole('button', { name: '取消安装' }).press('Enter');
    await offer.waitFor();
    // The person's own decision is no failure, and what ran before still runs.
    expect(await page.getByRole('alert').count()).toBe(0);
    const { current, environments } = await callFromPage(page, 'runtime.status', {});
    expect([current, environments.filter((one) => one.installed).map((one) => one.variant)]).toEqual([
      'cpu',
      ['cpu'],
    ]);
  });

  it('the demo asks before it writes over a recipe that a person has begun', async () => {
    await page.goto(`${page.url().split('#')[0] ?? ''}#/new`);
    await page.getByRole('textbox', { name: 'LoRA 秩' }).fill('77');
    await page.goto(`${page.url().split('#')[0] ?? ''}#/`);
    await page.getByRole('button', { name: '准备演示' }).press('Enter');
    const question = page.getByRole('dialog', { name: '表单里还有未提交的内容' });
    await question.getByRole('button', { name: '保留并打开草稿' }).press('Enter');
    await page.waitForURL(/#\/new$/u);
    expect(await page.getByRole('textbox', { name: 'LoRA 秩' }).inputValue()).toBe('77');
  });

  it('language and theme follow the person to another browser; a choice made without the rig is told later', async () => {
    await page.getByRole('button', { name: 'Switch to English' }).press('Enter');
    await page.getByRole('button', { name: /Change appearance/u }).press('Enter');
    await page.getByRole('button', { name: /Change appearance/u }).press('Enter');
    await expect
      .poll(() => callFromPage(page, 'settings.get', {}), { timeout: WAIT_MS })
      .toMatchObject({ language: 'en', theme: 'dark' });
    const browser = page.context().browser();
    if (browser === null) throw new Error('the page has a browser');
    const { cookies } = await page.context().storageState();
    const context = await browser.newContext({ locale: 'zh-CN', storageState: { cookies, origins: [] } });
    const other = await context.newPage();
    await other.goto(`${page.url().split('#')[0] ?? ''}#/`);
    await other.getByRole('heading', { name: 'Home', exact: true }).waitFor({ timeout: WAIT_MS });
    const scheme = (): Promise<string | null> =>
      other.evaluate(() => document.documentElement.getAttribute('data-mantine-color-scheme'));
    await expect.poll(scheme, { timeout: WAIT_MS }).toBe('dark');

    await other.route('**/api/session', (route) => route.abort());
    await other.reload();
    await other.getByRole('button', { name: /切换到中文/u }).press('Enter');
    await other.unroute('**/api/session');
    await expect
      .poll(async () => (await callFromPage(page, 'settings.get', {})).language, { timeout: WAIT_MS })
      .toBe('zh-CN');
    await context.close();
  });
});
