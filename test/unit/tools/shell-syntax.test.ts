import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { ESLint, Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { beforeAll, describe, expect, it } from 'vitest';

import { repositoryRoot } from '../../helpers/studio-cli.ts';

/** One statement a line, each of which must be refused by the repository's own configuration, in any shell file. */
const REFUSED_IN_MAIN = [
  'open({ webSecurity: false });',
  "open({ 'webSecurity': false });",
  'open({ webSecurity: chosen });',
  'open({ nodeIntegration: true });',
  'open({ nodeIntegrationInWorker: true });',
  'open({ nodeIntegrationInSubFrames: true });',
  'open({ contextIsolation: false });',
  'open({ sandbox: false });',
  'open({ sandbox: chosen });',
  'open({ allowRunningInsecureContent: true });',
  'open({ experimentalFeatures: true });',
  "open({ enableBlinkFeatures: 'CSSVariables' });",
  'open({ webviewTag: true });',
  'open({ plugins: true });',
  'open({ navigateOnDragDrop: true });',
  "open({ additionalArguments: ['--x'] });",
  "window.loadURL('https://example.com/');",
  'window.loadURL(chosen);',
  'window.webContents.loadURL(`${APP_PAGE}x`);',
  "window.loadFile('index.html');",
  "window.webContents.executeJavaScript('1');",
  "shell.openExternal('https://example.com/');",
  'const { openExternal } = shell;',
  "app.commandLine.appendSwitch('no-sandbox');",
  "app.commandLine.appendSwitch('disable-web-security');",
  "app.commandLine.appendSwitch('remote-debugging-port', '9222');",
  "app.commandLine.appendArgument('--no-sandbox');",
  'app.commandLine.appendSwitch(chosen);',
  'session.defaultSession.setCertificateVerifyProc(answer);',
  "app.on('certificate-error', answer);",
  'new BrowserWindow({});',
  'new electron.BrowserWindow({});',
  'new WebContentsView({});',
  'new BrowserView({});',
];

const REFUSED_IN_PRELOAD = [
  "contextBridge.exposeInMainWorld('studio', ipcRenderer);",
  "contextBridge.exposeInMainWorld('studio', { ipc: ipcRenderer });",
  "contextBridge.exposeInMainWorld('studio', { ...ipcRenderer });",
  "contextBridge.exposeInMainWorld('studio', { send: ipcRenderer.send });",
  'const all = ipcRenderer;',
  'const send = ipcRenderer.send;',
  "contextBridge.exposeInMainWorld('studio', { send: (channel) => ipcRenderer.send(channel) });",
  "contextBridge.exposeInMainWorld('studio', { ask: (channel) => ipcRenderer.invoke(`studio:${channel}`) });",
  'open({ contextIsolation: false });',
];

const ALLOWED_IN_PRELOAD = [
  "import { contextBridge, ipcRenderer } from 'electron';",
  "contextBridge.exposeInMainWorld('studio', { connect: () => ipcRenderer.send('studio:connect') });",
  "ipcRenderer.on('studio:port', answer);",
];

const eslint = new ESLint({ cwd: repositoryRoot });

type Finding = Readonly<{ line: number; message: string }>;

/**
 * What the rule finds in a text that stands in that file: the repository's own configuration for it, without the rules
 * that ask for types, which take a minute.
 */
async function findings(file: string, text: string): Promise<readonly Finding[]> {
  const { rules } = (await eslint.calculateConfigForFile(path.join(repositoryRoot, file))) as Linter.Config;
  const rule = rules?.['no-restricted-syntax'];
  if (rule === undefined) throw new Error(`${file} is under no rule`);
  const messages = new Linter().verify(
    text,
    [
      {
        files: ['**/*.ts'],
        languageOptions: { parser: tseslint.parser },
        linterOptions: { reportUnusedDisableDirectives: 'off' },
        rules: { 'no-restricted-syntax': rule },
      },
    ],
    file,
  );
  expect(messages.filter(({ fatal }) => fatal === true)).toEqual([]);
  return messages.map(({ line, message }) => ({ line, message }));
}

/** Places of the lines that the rule refuses, in that file. */
const refusedLines = async (file: string, lines: readonly string[]): Promise<ReadonlySet<number>> =>
  new Set((await findings(file, lines.join('\n'))).map(({ line }) => line - 1));

/** The repository's own configuration, over lines that would take a protection of the shell away. */
describe('the linter of the shell', () => {
  let main: ReadonlySet<number>;
  let preload: ReadonlySet<number>;

  beforeAll(async () => {
    main = await refusedLines('electron/main/main.ts', REFUSED_IN_MAIN);
    preload = await refusedLines('electron/preload/preload.ts', REFUSED_IN_PRELOAD);
  });

  it.each(REFUSED_IN_MAIN.map((line, at) => [line, at] as const))('main: %s', (_line, at) => {
    expect(main.has(at)).toBe(true);
  });

  it.each(REFUSED_IN_PRELOAD.map((line, at) => [line, at] as const))('preload: %s', (_line, at) => {
    expect(preload.has(at)).toBe(true);
  });

  it('finds nothing in the shell as it is', async () => {
    const files = globSync('electron/{main,preload}/**/*.ts', { cwd: repositoryRoot });
    expect(files.length).toBeGreaterThan(10);
    const found: string[] = [];
    for (const file of files)
      for (const { line, message } of await findings(
        file,
        readFileSync(path.join(repositoryRoot, file), 'utf8'),
      ))
        found.push(`${file}:${String(line)}: ${message}`);
    expect(found).toEqual([]);
  });

  // A rule that refuses everything would be switched off.
  it('lets pass what the shell does, where it does it', async () => {
    const window = [
      'new BrowserWindow({ webPreferences: { sandbox: true, nodeIntegration: false } });',
      'window.loadURL(APP_PAGE);',
    ];
    expect([...(await refusedLines('electron/main/studio-window.ts', window))]).toEqual([]);
    expect([...(await refusedLines('electron/preload/preload.ts', ALLOWED_IN_PRELOAD))]).toEqual([]);
    const host = ['shell.openExternal(address);', 'shell.openExternal(url);', 'new BrowserWindow({});'];
    expect([...(await refusedLines('electron/main/host-service.ts', host))]).toEqual([1, 2]);
    expect([...(await refusedLines('electron/main/studio-window.ts', host))]).toEqual([0, 1]);
  });
});
