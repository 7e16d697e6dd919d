import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ANSWERS, escapeCorpus, PAYLOAD } from '../../helpers/escape-corpus.ts';
import { TerminalPage } from './terminal-page.ts';
import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';

type Watched = Readonly<{ hit?: unknown; copied?: number }>;

/** Some hundreds of escape sequences written by a program in a real terminal, in a real Chromium. */
describe('what a program writes to the terminal', () => {
  let studio: StudioBrowser;
  let page: Page;
  let terminal: TerminalPage;
  let folder: string;
  const requests: string[] = [];
  const windows: string[] = [];
  const typed: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'escapes-'));
    studio = await openStudioBrowser({ language: 'en', serveArgs: ['--allow-terminal'] });
    ({ page } = studio);
    await page.getByText(/^Connected$/u).waitFor();
    await page.addInitScript(() => {
      const seen = window as unknown as { copied: number };
      seen.copied = 0;
      const count = (): Promise<void> => {
        seen.copied += 1;
        return Promise.resolve();
      };
      Object.defineProperty(navigator, 'clipboard', { value: { writeText: count, readText: count } });
      document.addEventListener('copy', () => void (seen.copied += 1));
    });
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        if (payload.includes('"terminal.input"')) typed.push(String(payload));
      }),
    );
    page.on('popup', (popup) => windows.push(popup.url()));
    page.on('dialog', (dialog) => {
      windows.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (new URL(request.url()).host !== new URL(page.url()).host) requests.push(request.url());
    });
    await page.reload();
    terminal = new TerminalPage(page);
    await terminal.open();
  });
  afterAll(async () => {
    await studio.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('only draws: no script, window, request, clipboard, title, link or answer comes of it', async () => {
    const corpus = escapeCorpus();
    expect(corpus.length).toBeGreaterThan(500);
    const file = path.join(folder, 'corpus');
    const answers = path.join(folder, 'answers');
    writeFileSync(file, corpus.join(''));
    // Raw, so that every answer of the terminal arrives as it was sent.
    const script = `stty raw -echo; cat ${file}; timeout 3 cat > ${answers}; stty sane; printf '\\033c'; echo 'all d''one'`;
    await terminal.type(`${script}\n`);
    await terminal.shows('all done');
    const sent = typed.splice(0).join('');
    await page.waitForTimeout(500);
    // The keys of the command above, and nothing that the page made of the output.
    expect(sent).not.toContain('\\u001b');
    expect(typed).toEqual([]);
    expect(readFileSync(answers, 'latin1')).toMatch(ANSWERS);
    expect(readFileSync(answers, 'latin1')).not.toContain(PAYLOAD);
    const watched = await page.evaluate(() => {
      const { hit, copied } = window as unknown as Watched;
      return { hit, copied };
    });
    expect(watched).toEqual({ hit: undefined, copied: 0 });
    expect([windows, requests, studio.complaints]).toEqual([[], [], []]);
    expect(await page.title()).toBe('Terminal · Legal Eagle Studio');
    expect(await page.locator('.xterm :is(a, img, script, iframe, svg, object)').count()).toBe(0);
  });

  it('a title is shortened text on the tab', async () => {
    await terminal.type("printf '\\033]0;<b>x</b>\\n\\342\\200\\256%0500d\\007' 7; echo 'ti''tled'\n");
    await terminal.shows('titled');
    const name = await page.getByRole('tab', { name: /<b>x<\/b>/u }).innerText();
    expect(name.length).toBeLessThan(100);
    expect(name).not.toMatch(/[\u202E\n]/u);
  });

  it('a click on a link asks, and says where it really leads', async () => {
    await terminal.type(
      "printf '\\033c\\033]8;;https://evil.invalid/steal\\033\\\\https://good.invalid\\033]8;;\\033\\\\ \\033]8;;javascript:hit=1\\033\\\\script\\033]8;;\\033\\\\ e''nd\\r\\n'\n",
    );
    await terminal.shows('good.invalid script end');
    await terminal.clickText('good.invalid');
    const dialog = page.getByRole('dialog', { name: 'Open this address?' });
    await dialog.getByText('https://evil.invalid/steal').waitFor();
    expect(windows).toEqual([]);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await terminal.clickText('script');
    await page.waitForTimeout(300);
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(windows).toEqual([]);
  });
});
