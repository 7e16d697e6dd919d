import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { processes, type ProcessFacts } from './shell-processes.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

/** Every permission name that a page can ask about in the engines we run on. */
const PERMISSIONS = [
  'accelerometer',
  'background-fetch',
  'background-sync',
  'camera',
  'clipboard-read',
  'clipboard-write',
  'display-capture',
  'geolocation',
  'gyroscope',
  'idle-detection',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'nfc',
  'notifications',
  'payment-handler',
  'periodic-background-sync',
  'persistent-storage',
  'screen-wake-lock',
  'storage-access',
  'window-management',
];

/** Addresses that would leave the table of pages if any part of them were joined to a path. */
const TRAVERSALS = [
  '/../package.json',
  '/%2e%2e/package.json',
  '/%2e%2e%2fpackage.json',
  '/..%2f..%2f..%2fetc/passwd',
  '/%5c..%5cpackage.json',
  '/..\\package.json',
  '/index.html%00.png',
  '/index.html::$DATA',
  '/INDEX~1.HTM',
  '/assets/../../desktop/main.cjs',
  '//etc/passwd',
  '/desktop/main.cjs',
  // An encoded separator is none to the engine, and one to whoever decodes before joining.
  '/..%2fdesktop/main.cjs',
  '/..%2f..%2fpackage.json',
  `/${'..%2f'.repeat(16)}etc/hosts`,
  `/assets/${'..%2f'.repeat(16)}etc/hosts`,
  '/assets/',
  '/.',
];

/** The rows of Electron's own checklist, each tried against the running app. */
describe.skipIf(shell === undefined)('the desktop app defends itself', () => {
  const bench = new ShellBench();
  let studio: OpenStudio;

  beforeAll(async () => {
    await bench.prepare();
    studio = await bench.open();
    await studio.page.getByText(bench.home).waitFor();
  });
  afterAll(() => bench.dispose());

  const stillHome = async (): Promise<void> => {
    expect(studio.page.url()).toMatch(/^app:\/\/studio\//u);
    expect(studio.app.windows()).toHaveLength(1);
    expect(
      await studio.page.evaluate(() => document.querySelector('#root')?.childElementCount),
    ).toBeGreaterThan(0);
  };

  it('gives every page the safe preferences (rows 2, 3, 4, 6, 9, 10, 20)', async () => {
    const preferences = await studio.app.evaluate(({ webContents }) =>
      webContents.getAllWebContents().map((contents) =>
        // Not in the declarations, though the checklist's own tests use it.
        (contents as unknown as { getLastWebPreferences(): Record<string, unknown> }).getLastWebPreferences(),
      ),
    );
    expect(preferences.length).toBeGreaterThan(0);
    for (const one of preferences) {
      expect(one).toMatchObject({
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        allowRunningInsecureContent: false,
        experimentalFeatures: false,
        webviewTag: false,
      });
      expect(one['enableBlinkFeatures'] ?? '').toBe('');
      expect(one['nodeIntegrationInWorker'] ?? false).toBe(false);
    }
  });

  it('runs the page under the system’s sandbox (row 4)', async () => {
    const pid = await studio.app.evaluate(({ webContents }) =>
      webContents.getAllWebContents()[0]?.getOSProcessId(),
    );
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    expect(status).toMatch(/^Seccomp:\t2$/mu);
    expect(status).toMatch(/^NoNewPrivs:\t1$/mu);
  });

  it('shows the page nothing of Node and only the bridge (rows 2, 3, 20)', async () => {
    const seen = await studio.page.evaluate(() => ({
      node: ['require', 'process', 'Buffer', 'module', 'global'].filter((name) => name in globalThis),
      bridge: Object.keys((window as unknown as { studio: object }).studio).sort(),
    }));
    expect(seen).toEqual({ node: [], bridge: ['connect', 'grantFile'] });
  });

  it('denies every permission (row 5)', async () => {
    const granted = await studio.page.evaluate(async (names) => {
      const found: string[] = [];
      for (const name of names) {
        try {
          const { state } = await navigator.permissions.query({ name: name as PermissionName });
          if (state !== 'denied') found.push(`${name}: ${state}`);
        } catch {
          // A name that this engine does not know cannot be granted.
        }
      }
      return found;
    }, PERMISSIONS);
    expect(granted).toEqual([]);
    const asked = await studio.page.evaluate(async () => {
      const refused = (work: Promise<unknown>): Promise<string> =>
        work.then(
          () => 'granted',
          () => 'refused',
        );
      return {
        notification: await Notification.requestPermission(),
        camera: await refused(navigator.mediaDevices.getUserMedia({ video: true })),
        screen: await refused(navigator.mediaDevices.getDisplayMedia()),
        clipboard: await refused(navigator.clipboard.readText()),
        place: await refused(
          new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(resolve, reject)),
        ),
      };
    });
    expect(asked).toEqual({
      notification: 'denied',
      camera: 'refused',
      screen: 'refused',
      clipboard: 'refused',
      place: 'refused',
    });
  });

  it('lets nothing in that the policy does not name (row 7)', async () => {
    const { ran, violations } = await studio.page.evaluate(async () => {
      const seen: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective));
      const marks = window as unknown as Record<string, unknown>;
      const attempt = (work: () => void): void => {
        try {
          work();
        } catch {
          // Refused at once.
        }
      };
      attempt(() => {
        const script = document.createElement('script');
        script.append('window.inlineRan = true');
        document.body.append(script);
      });
      // In a task of its own: the debugger that runs this function may evaluate, the page may not.
      setTimeout(() => {
        const evaluate = globalThis.eval as (text: string) => unknown;
        attempt(() => void evaluate('window.evalRan = true'));
      }, 0);
      attempt(() => {
        const image = document.createElement('img');
        image.src = 'https://example.com/pixel.png';
        document.body.append(image);
      });
      attempt(() => {
        const link = document.createElement('a');
        link.href = 'javascript:window.linkRan = true';
        document.body.append(link);
        link.click();
      });
      attempt(() => {
        const frame = document.createElement('iframe');
        frame.src = 'https://example.com/';
        document.body.append(frame);
      });
      attempt(() => {
        document.body.insertAdjacentHTML('beforeend', '<b>markup</b>');
        marks['markupRan'] = true;
      });
      await fetch('https://example.com/').catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 300));
      return {
        ran: ['inlineRan', 'evalRan', 'linkRan', 'markupRan'].filter((name) => marks[name] === true),
        violations: [...new Set(seen)].sort(),
      };
    });
    expect(ran).toEqual([]);
    for (const directive of [
      'connect-src',
      'frame-src',
      'img-src',
      'require-trusted-types-for',
      'script-src-elem',
    ])
      expect(violations).toContain(directive);
    await stillHome();
  });

  it('has no way to a webview (rows 11, 12)', async () => {
    const before = await studio.app.evaluate(({ webContents }) => webContents.getAllWebContents().length);
    await studio.page.evaluate(() => {
      const view = document.createElement('webview');
      view.setAttribute('src', 'https://example.com/');
      view.setAttribute('nodeintegration', '');
      document.body.append(view);
    });
    await studio.page.waitForTimeout(300);
    const after = await studio.app.evaluate(({ webContents }) => webContents.getAllWebContents().length);
    expect(after).toBe(before);
  });

  it('goes nowhere else and opens no further window (rows 1, 8, 13, 14)', async () => {
    const leave = async (work: () => void): Promise<void> => {
      await studio.page.evaluate(work).catch(() => undefined);
      await studio.page.waitForTimeout(200);
      await stillHome();
    };
    await leave(() => window.location.assign('https://example.com/'));
    await leave(() => window.location.assign('file:///etc/passwd'));
    await leave(() => window.location.replace('app://other/'));
    await leave(() => void window.open('https://example.com/'));
    await leave(() => void window.open('app://studio/', '_blank', 'nodeIntegration=yes'));
    await leave(() => {
      const link = document.createElement('a');
      link.href = 'https://example.com/';
      link.target = '_blank';
      document.body.append(link);
      link.click();
    });
    await leave(() => {
      const form = document.createElement('form');
      form.action = 'https://example.com/';
      form.method = 'post';
      document.body.append(form);
      form.submit();
    });
    await leave(() => {
      const refresh = document.createElement('meta');
      refresh.httpEquiv = 'refresh';
      refresh.content = '0;url=https://example.com/';
      document.head.append(refresh);
    });
  });

  it('loads nothing over the network even where the policy would allow it (rows 1, 8)', async () => {
    const outcomes = await studio.app.evaluate(async ({ session }) => {
      const load = (address: string): Promise<string> =>
        session.defaultSession.fetch(address, { bypassCustomProtocolHandlers: true }).then(
          () => 'loaded',
          (error: unknown) => String(error),
        );
      return [await load('https://example.com/'), await load('http://127.0.0.1:9/')];
    });
    for (const outcome of outcomes) expect(outcome).toContain('ERR_BLOCKED_BY_CLIENT');
  });

  it('serves the table of pages and nothing beside it (row 18)', async () => {
    const served = await studio.page.evaluate(async (addresses) => {
      const found: string[] = [];
      for (const address of addresses) {
        const response = await fetch(`app://studio${address}`).catch(() => undefined);
        if (response?.ok === true) found.push(`${address} → ${(await response.text()).slice(0, 40)}`);
      }
      return found;
    }, TRAVERSALS);
    // The engine itself folds dots; what is left may only be the studio's own first page.
    expect(served.filter((line) => !/→ <!doctype html>/iu.test(line))).toEqual([]);
    const headers = await studio.page.evaluate(async () => {
      const response = await fetch('app://studio/nothing-here');
      return [response.status, response.headers.get('content-security-policy')] as const;
    });
    expect(headers[0]).toBe(404);
    expect(headers[1]).toContain("default-src 'none'");
  });

  it('listens to its own window only (row 17)', async () => {
    const log = path.join(bench.home, 'shell', 'shell.log');
    const refusals = (): number => readFileSync(log, 'utf8').split('a message was refused').length - 1;
    const before = refusals();
    const ports = await studio.app.evaluate(async ({ app, BrowserWindow }) => {
      const preload = `${app.getAppPath()}/dist/desktop/preload.cjs`;
      const stranger = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
      await stranger.loadURL('app://studio/');
      const got = (await stranger.webContents.executeJavaScript(
        `new Promise((resolve) => {
           window.addEventListener('message', (event) => { if (event.ports.length > 0) resolve('a port'); });
           window.studio.connect();
           setTimeout(() => resolve('nothing'), 700);
         })`,
      )) as string;
      stranger.destroy();
      return got;
    });
    expect(ports).toBe('nothing');
    expect(refusals()).toBeGreaterThan(before);
  });

  it('opens no port (desktop mode)', () => {
    // Playwright's own two debugging sockets are the test's, asked for on the command line of the main process.
    const ofTest = listening(studio.pid);
    expect(ofTest.length).toBeLessThanOrEqual(2);
    const children = childrenOf(studio.pid);
    expect(children.length).toBeGreaterThan(0);
    const found = children.flatMap(({ pid, command }) =>
      listening(pid)
        .filter((socket) => !ofTest.includes(socket))
        .map((socket) => `${command.slice(0, 200)}: ${socket}`),
    );
    expect(found).toEqual([]);
  });
});

/** Sockets that wait for callers and belong to this process, by their inodes. */
function listening(pid: number): readonly string[] {
  const own = socketsOf(pid);
  // One table for all processes of this network, the test's own too.
  const waiting = ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/net/${name}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/u))
      .filter((fields) => fields[3] === '0A')
      .map((fields) => fields[9] ?? ''),
  );
  return own.filter((inode) => waiting.includes(inode));
}

/** The core, the page, the graphics process and all that they have started. */
function childrenOf(parent: number): readonly ProcessFacts[] {
  const all = processes().map((facts) => ({ ...facts, parent: parentOf(facts.pid) }));
  const below = (wanted: number): readonly ProcessFacts[] =>
    all.flatMap((one) => (one.parent === wanted ? [one, ...below(one.pid)] : []));
  return below(parent);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\t(\d+)$/mu.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

/** Socket inodes that a process holds; of another user only root may ask. */
function socketsOf(pid: number): readonly string[] {
  const folder = `/proc/${String(pid)}/fd`;
  // A helper of the engine may end while it is looked at, and so may a socket.
  const whileThere = <Found>(look: () => readonly Found[]): readonly Found[] => {
    try {
      return look();
    } catch {
      return [];
    }
  };
  return whileThere(() => readdirSync(folder)).flatMap((name) =>
    whileThere(() => {
      const match = /^socket:\[(\d+)\]$/u.exec(readlinkSync(path.join(folder, name)));
      return match?.[1] === undefined ? [] : [match[1]];
    }),
  );
}
