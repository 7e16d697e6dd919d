import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

/** The real shell with its real sandbox: the studio opens and its page talks to the core. */
describe.skipIf(shell === undefined)('the desktop app opens', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
  });
  afterAll(() => bench.dispose());

  it('shows Home with the core’s facts', async () => {
    await studio.page.getByText(bench.home).waitFor();
    expect(studio.page.url()).toBe('app://studio/');
    expect(studio.complaints).toEqual([]);
  });

  it('runs its page in the sandbox, without Node', async () => {
    expect(await studio.page.evaluate(() => typeof (globalThis as { require?: unknown }).require)).toBe(
      'undefined',
    );
    const offered = await studio.page.evaluate(() =>
      Object.keys((window as unknown as { studio: object }).studio).sort(),
    );
    expect(offered).toEqual(['connect', 'grantFile']);
  });

  it('ends in order: the next start finds the data folder free', async () => {
    await studio.quit();
    studio = await bench.open();
    await studio.page.getByText(bench.home).waitFor();
  });
});
