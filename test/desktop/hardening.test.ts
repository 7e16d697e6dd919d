import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { MAX_FRAME_BYTES } from '../../electron/shared/contract/frames.ts';
import { callFromPage } from './shell-calls.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

const SETTLE_MS = 300;
/** Shorter than a test may take, so that what never comes to pass fails by its own words. */
const POLL_MS = 15_000;

/**
 * Protections of which another stands in front: each is tried alone, where need be in a further window that lacks the
 * other, because the one in front may be gone some day.
 */
describe.skipIf(shell === undefined)('each protection of the desktop app alone', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;
  let foreign: Server;
  let foreignOrigin = '';
  const asked: string[] = [];

  beforeAll(async () => {
    foreign = createServer((request, response) => {
      asked.push(request.url ?? '');
      if (request.url === '/redirect') response.writeHead(302, { location: '/elsewhere' }).end();
      else
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>foreign</title>');
    });
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    foreignOrigin = `http://127.0.0.1:${String((foreign.address() as AddressInfo).port)}`;
    await bench.prepare();
    studio = await bench.open();
  });
  afterAll(async () => {
    await bench.dispose();
    foreign.close();
  });

  const refusals = (): number =>
    readFileSync(path.join(bench.home, 'shell', 'shell.log'), 'utf8').split('a message was refused').length -
    1;

  it('the page does not even go to another file of its own (row 13, will-navigate)', async () => {
    const started = studio.page.url();
    for (const address of ['app://studio/icon.svg', 'app://studio/index.html', '/assets/']) {
      await studio.page.evaluate((target) => window.location.assign(target), address);
      await studio.page.waitForTimeout(SETTLE_MS);
      expect(studio.page.url()).toBe(started);
    }
  });

  it('a frame inside any page goes nowhere (row 13, will-frame-navigate)', async () => {
    const shown = await studio.app.evaluate(async ({ BrowserWindow }, settleMs) => {
      const window = new BrowserWindow({ show: false });
      await window.loadURL('data:text/html,<iframe srcdoc="here"></iframe>');
      await window.webContents.executeJavaScript(
        `document.querySelector('iframe').removeAttribute('srcdoc');
         document.querySelector('iframe').src = 'data:text/html,<title>elsewhere</title>elsewhere';`,
      );
      await new Promise((resolve) => setTimeout(resolve, settleMs));
      const addresses = window.webContents.mainFrame.frames.map((frame) => frame.url);
      window.destroy();
      return addresses;
    }, SETTLE_MS);
    expect(shown.filter((address) => address.includes('elsewhere'))).toEqual([]);
  });

  it('no page follows a redirect (row 13, will-redirect)', async () => {
    const outcome = await studio.app.evaluate(async ({ BrowserWindow }, address) => {
      // A session of its own, which loads from the network: the studio's cancels that before any redirect.
      const window = new BrowserWindow({ show: false, webPreferences: { partition: 'redirects' } });
      const loaded = await window.loadURL(address).then(
        () => 'loaded',
        (error: unknown) => String(error),
      );
      window.destroy();
      return loaded;
    }, `${foreignOrigin}/redirect`);
    expect(asked).toContain('/redirect');
    expect(asked).not.toContain('/elsewhere');
    expect(outcome).not.toBe('loaded');
  });

  it('no page holds a webview, also where its window allows the tag (row 12)', async () => {
    const kinds = await studio.app.evaluate(async ({ BrowserWindow, webContents }, settleMs) => {
      const window = new BrowserWindow({ show: false, webPreferences: { webviewTag: true } });
      await window.loadURL('data:text/html,<webview src="data:text/html,inside"></webview>');
      await new Promise((resolve) => setTimeout(resolve, settleMs));
      const found = webContents.getAllWebContents().map((contents) => contents.getType());
      window.destroy();
      return found;
    }, SETTLE_MS);
    expect(kinds).not.toContain('webview');
  });

  it('no page of any window opens another (row 14)', async () => {
    const count = await studio.app.evaluate(async ({ BrowserWindow, webContents }, settleMs) => {
      const window = new BrowserWindow({ show: false });
      await window.loadURL('data:text/html,opener');
      const before = webContents.getAllWebContents().length;
      await window.webContents.executeJavaScript('void window.open("about:blank")', true);
      await new Promise((resolve) => setTimeout(resolve, settleMs));
      const opened = webContents.getAllWebContents().length - before;
      window.destroy();
      return opened;
    }, SETTLE_MS);
    expect(count).toBe(0);
  });

  it('a window that asks for no sandbox is in it all the same (row 4, enableSandbox)', async () => {
    const pid = await studio.app.evaluate(async ({ BrowserWindow }) => {
      const window = new BrowserWindow({ show: false, webPreferences: { sandbox: false } });
      await window.loadURL('data:text/html,forgotten');
      (globalThis as { forgotten?: unknown }).forgotten = window;
      return window.webContents.getOSProcessId();
    });
    expect(readFileSync(`/proc/${String(pid)}/status`, 'utf8')).toMatch(/^Seccomp:\t2$/mu);
    expect(
      await studio.app.evaluate(() => {
        const { forgotten } = globalThis as unknown as { forgotten: Electron.BrowserWindow };
        return forgotten.webContents.executeJavaScript('typeof require').finally(() => forgotten.destroy());
      }),
    ).toBe('undefined');
  });

  it('no dropped file is shown in place of the page (row 13, a drop)', async () => {
    const driver = await studio.page.context().newCDPSession(studio.page);
    const before = studio.page.url();
    const data = { items: [], files: ['/etc/hostname', '/etc/hosts'], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await driver.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data });
    await studio.page.waitForTimeout(SETTLE_MS);
    expect(studio.page.url()).toBe(before);
    expect(studio.app.windows()).toHaveLength(1);
  });

  it('serves its own host by GET and nothing else (row 18)', async () => {
    const answers = await studio.app.evaluate(async ({ session }) => {
      const status = async (address: string, method: string): Promise<number> =>
        (await session.defaultSession.fetch(address, { method })).status;
      return {
        own: await status('app://studio/index.html', 'GET'),
        other: await status('app://other/index.html', 'GET'),
        longer: await status('app://studio.evil/index.html', 'GET'),
        post: await status('app://studio/index.html', 'POST'),
        deletion: await status('app://studio/index.html', 'DELETE'),
      };
    });
    expect(answers).toEqual({ own: 200, other: 404, longer: 404, post: 405, deletion: 405 });
  });

  it('grants no path that another window names (row 17, studio:grant)', async () => {
    const preload = path.join(bench.folder, 'stranger.cjs');
    writeFileSync(
      preload,
      `const { contextBridge, ipcRenderer } = require('electron');
       contextBridge.exposeInMainWorld('grant', (offered) => ipcRenderer.invoke('studio:grant', offered));`,
    );
    const place = path.join(bench.folder, 'not granted');
    mkdirSync(place);
    const file = path.join(place, 'rows.jsonl');
    writeFileSync(file, '{"input":"a","output":"b"}\n');
    const before = refusals();
    await studio.app.evaluate(
      async ({ BrowserWindow }, [script, offered]) => {
        const stranger = new BrowserWindow({ show: false, webPreferences: { preload: script } });
        await stranger.loadURL('app://studio/');
        await stranger.webContents.executeJavaScript(`window.grant(${JSON.stringify(offered)})`);
        stranger.destroy();
      },
      [preload, place] as const,
    );
    await expect(callFromPage(studio.page, 'datasets.inspect', { sources: [file] })).rejects.toThrow(
      'server.path_refused',
    );
    expect(refusals()).toBe(before + 1);
  });

  it('takes from a page no path outside the granted folders (path guard)', async () => {
    for (const outside of ['/etc/hostname', '/etc', `${bench.home}/../not granted`, '//etc/hostname'])
      await expect(callFromPage(studio.page, 'datasets.inspect', { sources: [outside] })).rejects.toThrow(
        'server.path_refused',
      );
  });

  it('refuses a frame of a page that is larger than a frame may be, and goes on (size cap)', async () => {
    const answers = await studio.page.evaluate(async (limit) => {
      const bridge = window as unknown as {
        nextPort: () => Promise<MessagePort>;
        studio: { connect(): void };
      };
      const offered = bridge.nextPort();
      bridge.studio.connect();
      const port = await offered;
      type Answer = Readonly<{ id: number; ok: boolean; error?: { code: string } }>;
      return new Promise<readonly Answer[]>((resolve) => {
        const got: Answer[] = [];
        port.addEventListener('message', ({ data }: MessageEvent<Answer>) => {
          got.push({ id: data.id, ok: data.ok, ...(data.error === undefined ? {} : { error: data.error }) });
          if (got.length === 2) resolve(got);
        });
        port.start();
        const ask = (id: number, params: unknown): void =>
          port.postMessage({ k: 'req', id, method: 'app.samples', params });
        ask(1, { text: 'x'.repeat(limit) });
        ask(2, {});
      });
    }, MAX_FRAME_BYTES);
    expect(answers.map(({ id, ok }) => [id, ok])).toEqual([
      [1, false],
      [2, true],
    ]);
    expect(answers[0]?.error?.code).toBe('core.frame_too_large');
  });

  it('opens an address of the list only after the person agreed (row 15)', async () => {
    await studio.app.evaluate(({ dialog, shell: systemShell }) => {
      const seen = globalThis as unknown as { questions: string[]; opened: string[]; answer: number };
      Object.assign(seen, { questions: [], opened: [], answer: 1 });
      dialog.showMessageBox = (...args: unknown[]) => {
        const { detail } = args.at(-1) as { detail: string };
        seen.questions.push(detail);
        return Promise.resolve({ response: seen.answer, checkboxChecked: false });
      };
      systemShell.openExternal = (address) => {
        seen.opened.push(address);
        return Promise.resolve();
      };
    });
    const seen = (): Promise<unknown> =>
      studio.app.evaluate(() => {
        const { questions, opened } = globalThis as unknown as { questions: string[]; opened: string[] };
        return { questions, opened };
      });
    const url = 'https://huggingface.co/Qwen';
    expect(await callFromPage(studio.page, 'host.openExternal', { url })).toEqual({ opened: false });
    expect(await seen()).toEqual({ questions: [url], opened: [] });
    await studio.app.evaluate(() => void ((globalThis as { answer?: number }).answer = 0));
    expect(await callFromPage(studio.page, 'host.openExternal', { url })).toEqual({ opened: true });
    expect(await seen()).toEqual({ questions: [url, url], opened: [url] });
    // Not on the list: nobody is even asked.
    for (const refused of ['https://example.com/', 'file:///etc/passwd', 'javascript:alert(1)'])
      await expect(callFromPage(studio.page, 'host.openExternal', { url: refused })).rejects.toThrow(
        'host.address_refused',
      );
    expect(await seen()).toEqual({ questions: [url, url], opened: [url] });
  });

  // Last: the page is gone afterwards.
  it('does not speak to its own window once that shows another page (row 17, origin)', async () => {
    const before = refusals();
    await studio.app.evaluate(async ({ BrowserWindow }) => {
      const own = BrowserWindow.getAllWindows()[0];
      await own?.loadURL('data:text/html,another page');
      await own?.webContents.executeJavaScript('window.studio.connect()');
    });
    await expect.poll(refusals, { timeout: POLL_MS }).toBe(before + 1);
  });
});
