import { readFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callFromPage } from './shell-calls.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

/** What the settings do to the shell itself. */
describe.skipIf(shell === undefined)('settings in the desktop shell', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
  });
  afterAll(() => bench.dispose());

  const firstMenu = (): Promise<string | undefined> =>
    studio.app.evaluate(({ Menu }) => Menu.getApplicationMenu()?.items[0]?.label);

  // The menu learned the language only at the start, and stayed in the old one.
  it('the native menu follows the language that a page sets', async () => {
    await callFromPage(studio.page, 'settings.set', { language: 'en' });
    await expect.poll(firstMenu).toBe('File');
    await callFromPage(studio.page, 'settings.set', { language: 'zh-CN' });
    await expect.poll(firstMenu).toBe('文件');
  });

  // A page that names a folder by itself must not open it; only the person's choice in the system's dialog may.
  it('a folder is granted for good by the system’s dialog alone, and taken back at once', async () => {
    const wanted = path.dirname(process.execPath);
    const refused = callFromPage(studio.page, 'settings.grantFolder', { path: wanted });
    await expect(refused).rejects.toThrow('server.path_refused');
    await studio.app.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [chosen] });
    }, '/usr/share');
    await callFromPage(studio.page, 'host.chooseFiles', { kind: 'folder' });
    const { grantedRoots } = await callFromPage(studio.page, 'settings.grantFolder', { path: '/usr/share' });
    expect(grantedRoots).toEqual(['/usr/share']);
    await callFromPage(studio.page, 'settings.revokeFolder', { root: '/usr/share' });
    const again = callFromPage(studio.page, 'models.add', { path: '/usr/share/doc' });
    await expect(again).rejects.toThrow('server.path_refused');
  });

  it('the interface is kept off the card from the next start on, and says so', async () => {
    expect(await callFromPage(studio.page, 'host.shell', {})).toMatchObject({
      acceleration: 'auto',
      isAccelerated: true,
    });
    const set = await callFromPage(studio.page, 'host.setAcceleration', { acceleration: 'off' });
    expect(set).toMatchObject({ acceleration: 'off', isAccelerated: true });
    const folder = await studio.app.evaluate(({ app }) => app.getPath('userData'));
    expect(JSON.parse(readFileSync(path.join(folder, 'shell.json'), 'utf8'))).toMatchObject({
      acceleration: 'off',
    });
  });
});
