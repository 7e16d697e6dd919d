import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TerminalPage } from '../e2e/browser/terminal-page.ts';
import { ANSWERS, escapeCorpus, PAYLOAD } from '../helpers/escape-corpus.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

/** The browser's pass takes all of them; here the clipboard, the windows and the title are the system's own. */
const EVERY = 3;
const CLIPBOARD = 'what was there before';

describe.skipIf(shell === undefined)('what a program writes to the terminal of the desktop app', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
  });
  afterAll(() => bench.dispose());

  it('only draws: no script, window, request, clipboard, title, link or answer comes of it', async () => {
    const { app, page } = studio;
    const corpus = escapeCorpus().filter((_one, at) => at % EVERY === 0);
    expect(corpus.length).toBeGreaterThan(300);
    const requests: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith('app://studio/')) requests.push(request.url());
    });
    page.on('dialog', (dialog) => {
      requests.push(dialog.message());
      void dialog.dismiss();
    });
    await app.evaluate(({ clipboard }, text) => clipboard.writeText(text), CLIPBOARD);
    const folder = path.join(bench.home, 'escapes');
    mkdirSync(folder);
    const file = path.join(folder, 'corpus');
    // Made here, so that the shell's user may write it.
    const answers = path.join(folder, 'answers');
    writeFileSync(file, corpus.join(''));
    writeFileSync(answers, '');
    chmodSync(answers, 0o666);
    const terminal = new TerminalPage(page);
    await terminal.open();
    // Raw, so that every answer of the terminal arrives as it was sent.
    const script = `stty raw -echo; cat '${file}'; timeout 3 cat > '${answers}'; stty sane; printf '\\033c'; echo 'all d''one'`;
    await terminal.type(`${script}\n`);
    await terminal.shows('all done');
    expect(readFileSync(answers, 'latin1')).not.toBe('');
    expect(readFileSync(answers, 'latin1')).toMatch(ANSWERS);
    expect(readFileSync(answers, 'latin1')).not.toContain(PAYLOAD);
    expect(await page.evaluate(() => (window as unknown as { hit?: unknown }).hit)).toBeUndefined();
    expect(await app.evaluate(({ clipboard }) => clipboard.readText())).toBe(CLIPBOARD);
    const titles = await app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map((window) => window.getTitle()),
    );
    expect(titles).toHaveLength(1);
    expect(titles[0]).not.toContain(PAYLOAD);
    expect([requests, studio.complaints]).toEqual([[], []]);
    expect(await page.locator('.xterm :is(a, img, script, iframe, svg, object)').count()).toBe(0);
    process.stdout.write(`${String(corpus.length)} sequences drawn by the desktop's terminal\n`);
  });
});
