import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callFromPage } from './shell-calls.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

type Bounds = Readonly<Record<'x' | 'y' | 'width' | 'height', number>>;

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
  const shellFile = (name: string): string => path.join(bench.home, 'shell', name);
  const menuLabels = (): Promise<readonly string[]> =>
    studio.app.evaluate(({ Menu }) => Menu.getApplicationMenu()?.items.map(({ label }) => label) ?? []);
  const place = (): Promise<Readonly<{ bounds: Bounds; maximized: boolean }>> =>
    studio.app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      if (window === undefined) throw new Error('no window');
      return { bounds: window.getNormalBounds(), maximized: window.isMaximized() };
    });
  const reopen = async (options: Parameters<ShellBench['open']>[0] = {}): Promise<void> => {
    await studio.quit();
    studio = await bench.open(options);
  };

  it('opens files through the system’s dialog, and only what was chosen may be read', async () => {
    const { rowsPath } = await callFromPage(studio.page, 'app.samples', {});
    await studio.app.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = (...args: readonly unknown[]) => {
        (globalThis as { asked?: unknown }).asked = args.at(-1);
        return Promise.resolve({ canceled: false, filePaths: [chosen] });
      };
    }, rowsPath);
    await studio.page.evaluate(() => (window.location.hash = '/datasets'));
    await studio.page
      .getByRole('button', { name: /^(Choose files|选择文件)$/u })
      .first()
      .click();
    await studio.page.getByText(path.parse(rowsPath).name, { exact: true }).first().waitFor();
    const asked = (): Promise<unknown> =>
      studio.app.evaluate(() => (globalThis as { asked?: { properties?: unknown } }).asked?.properties);
    expect(await asked()).toEqual(['openFile', 'multiSelections']);
    await studio.page.getByRole('button', { name: /^(Choose a folder…|选择文件夹…)$/u }).click();
    await expect.poll(asked).toEqual(['openDirectory', 'createDirectory']);
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

  it('reloads a page whose process died, on the screen where it was, and that page works', async () => {
    await studio.page.getByRole('heading', { level: 1, name: /^(Runs|训练记录)$/u }).waitFor();
    // The driver loses a page that crashes; what is asked of it goes through the shell from here on.
    const ask = (script: string): Promise<unknown> =>
      studio.app.evaluate(({ webContents }, code) => {
        const [page] = webContents.getAllWebContents();
        // A question to a process that is just dying is never answered.
        const silence = new Promise((resolve) => setTimeout(resolve, 1000));
        return Promise.race([page?.executeJavaScript(code).catch(() => undefined), silence]);
      }, script);
    await ask('window.beforeCrash = true');
    await studio.app.evaluate(({ webContents }) =>
      webContents.getAllWebContents()[0]?.forcefullyCrashRenderer(),
    );
    await expect
      .poll(() => ask('`${window.beforeCrash} ${location.hash} ${document.querySelector("h1")?.innerText}`'))
      .toMatch(/^undefined #\/runs (Runs|训练记录)$/u);
    await expect
      .poll(() => ask('document.querySelector("[role=status]")?.innerText'))
      .toMatch(/^(Connected|已连接)$/u);
    expect(readFileSync(shellFile('shell.log'), 'utf8')).toContain('the page ended');
    await reopen();
  });

  it('speaks both languages in its menu, as the studio does', async () => {
    expect((await menuLabels()).slice(0, 3)).toEqual(['File', 'Edit', 'View']);
    await callFromPage(studio.page, 'settings.set', { language: 'zh-CN' });
    await reopen();
    await expect.poll(async () => (await menuLabels()).slice(0, 3)).toEqual(['文件', '编辑', '视图']);
    expect(await menuLabels()).toHaveLength(6);
    await callFromPage(studio.page, 'settings.set', { language: 'auto' });
  });

  it('opens where it was', async () => {
    const wanted = { x: 140, y: 90, width: 1210, height: 760 };
    await studio.app.evaluate(({ BrowserWindow }, bounds) => {
      BrowserWindow.getAllWindows()[0]?.setBounds(bounds);
    }, wanted);
    await expect.poll(async () => (await place()).bounds).toEqual(wanted);
    await reopen();
    expect(await place()).toEqual({ bounds: wanted, maximized: false });
  });

  it('opens on a screen that is there, where the one it was on is gone', async () => {
    await studio.quit();
    const bounds = { x: 9000, y: 9000, width: 1210, height: 760 };
    writeFileSync(shellFile('window.json'), JSON.stringify({ bounds, maximized: false }));
    studio = await bench.open();
    const { x, y, width, height } = (await place()).bounds;
    expect({ width, height }).toEqual({ width: 1210, height: 760 });
    const isInside = x >= 0 && x + width <= 1920 && y >= 0 && y + height <= 1080;
    expect(isInside, `${String(x)},${String(y)}`).toBe(true);
  });

  it('remembers that it filled the screen', async () => {
    // This display has no window manager to fill it for us: what the shell asks of it is what counts.
    await studio.app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.prototype.isMaximized = () => true;
      BrowserWindow.getAllWindows()[0]?.emit('maximize');
    });
    await studio.quit();
    expect(JSON.parse(readFileSync(shellFile('window.json'), 'utf8'))).toMatchObject({
      bounds: { width: 1210 },
      maximized: true,
    });
    studio = await bench.open();
  });

  it('gives acceleration up after two crashes of the graphics process, opens again, and remembers', async () => {
    const crashTwice = (): Promise<void> =>
      studio.app.evaluate(({ app }) => {
        app.relaunch = () => {
          (globalThis as { relaunched?: true }).relaunched = true;
        };
        for (const reason of ['crashed', 'crashed'])
          app.emit('child-process-gone', {}, { type: 'GPU', reason });
      });
    const closed = new Promise<void>((resolve) => studio.app.once('close', () => resolve()));
    await crashTwice();
    await closed;
    expect(JSON.parse(readFileSync(shellFile('shell.json'), 'utf8'))).toMatchObject({
      acceleration: 'failed',
    });
    studio = await bench.open();
    // With the processor drawing already, another start would only crash again.
    await crashTwice();
    expect(await studio.app.evaluate(() => 'relaunched' in globalThis)).toBe(false);
  });
});
