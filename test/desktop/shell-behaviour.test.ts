import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callFromPage } from './shell-calls.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

/** What the shell does for a page that a browser does not do. */
describe.skipIf(shell === undefined)('the desktop shell', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
  });
  afterAll(() => bench.dispose());

  const route = (): Promise<string> => studio.page.evaluate(() => window.location.hash);
  it('opens files through the system’s dialog, and only what was chosen may be read', async () => {
    const { rowsPath } = await callFromPage(studio.page, 'app.samples', {});
    await studio.app.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] });
    }, rowsPath);
    await studio.page.evaluate(() => (window.location.hash = '/datasets'));
    await studio.page.getByRole('button', { name: /^(Browse the rig|浏览训练主机)/u }).click();
    await studio.page.getByText(path.parse(rowsPath).name, { exact: true }).first().waitFor();
    const refused = callFromPage(studio.page, 'datasets.import', { sources: ['/etc/hostname'] });
    await expect(refused).rejects.toThrow('server.path_refused');
  });

  it('leads to a screen from its native menu', async () => {
    await studio.app.evaluate(({ Menu }) => {
      const items = Menu.getApplicationMenu()?.items.flatMap((item) => item.submenu?.items ?? []) ?? [];
      items.find((item) => item.accelerator === 'CmdOrCtrl+4')?.click();
    });
    await expect.poll(route).toBe('#/runs');
  });

  it('reloads a page whose process died', async () => {
    await studio.app.evaluate(({ webContents }) =>
      webContents.getAllWebContents()[0]?.forcefullyCrashRenderer(),
    );
    await delay(500);
    await expect
      .poll(() =>
        studio.app.evaluate(({ webContents }) =>
          webContents
            .getAllWebContents()[0]
            ?.executeJavaScript('document.title')
            .catch(() => ''),
        ),
      )
      .toContain('Legal Eagle Studio');
  });
});
