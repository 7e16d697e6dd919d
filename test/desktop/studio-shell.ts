import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { _electron, type ElectronApplication, type Page } from 'playwright-core';

import { assembleApp } from './assemble-app.ts';
import { findShell, type ShellSource } from './find-shell.ts';
import { sharedPlace } from './shared-place.ts';
import { processes } from './shell-processes.ts';
import { shellRuntime } from './shell-python.ts';

/** `nobody`: the sandbox of Chromium refuses to work for root. */
const UNPRIVILEGED_UID = 65_534;
/** For a start that is to end by itself, on a busy machine. */
const RUN_PATIENCE_MS = 20_000;
/** An app that is asked to end does so within this. */
const END_PATIENCE_MS = 15_000;
/** Longer than the shell's own patience with a core, with its windows, and with a run that is to save first. */
const QUIT_PATIENCE_MS = 180_000;
export const XVFB: string | undefined = ['/usr/bin/Xvfb', '/usr/local/bin/Xvfb'].find((file) =>
  existsSync(file),
);

export const shell: ShellSource | undefined = findShell();

if (shell === undefined)
  process.stderr.write(
    '\n*** NO ELECTRON: neither the official binary nor the stand-in can be had; the shell tests are SKIPPED ***\n\n',
  );

export type OpenStudio = Readonly<{
  app: ElectronApplication;
  page: Page;
  /** What the page wrote as errors, and what it threw. */
  complaints: readonly string[];
  /** Quits as a person does; a question about live runs is answered with this button (0: keep running). */
  quit: (answer?: number) => Promise<void>;
  /** Process id of Electron's main process. */
  pid: number;
}>;

/** One assembled app with a display of its own; every `open` starts the real shell on a data folder. */
export class ShellBench {
  readonly folder: string = mkdtempSync(path.join(sharedPlace(), 'run-'));
  readonly home: string = path.join(this.folder, 'data 数据');
  #executable = '';
  #runtime = '';
  #display: Readonly<{ name: string; process: ChildProcess }> | undefined;
  readonly #open = new Set<ElectronApplication>();

  /** `assemble` puts an app under `folder` and returns its binary. */
  async prepare(assemble: typeof assembleApp = assembleApp): Promise<void> {
    if (shell === undefined) throw new Error('no Electron');
    if (XVFB === undefined) throw new Error('no Xvfb: install the Debian package xvfb');
    chmodSync(this.folder, 0o755);
    this.#runtime = await shellRuntime();
    const binary = await assemble(this.folder, shell);
    for (const name of [this.home, this.#userHome]) this.#makeOwn(name);
    this.#executable = this.#launcher(binary);
    this.#display = await startDisplay(XVFB);
  }

  get #userHome(): string {
    return path.join(this.folder, 'user');
  }

  #makeOwn(folder: string): void {
    mkdirSync(folder, { recursive: true });
    if (process.getuid?.() === 0) chownSync(folder, UNPRIVILEGED_UID, UNPRIVILEGED_UID);
  }

  /** Playwright starts one file: as root it must drop its rights first. */
  #launcher(binary: string): string {
    if (process.getuid?.() !== 0) return binary;
    const file = path.join(this.folder, 'start-shell');
    const id = String(UNPRIVILEGED_UID);
    writeFileSync(
      file,
      `#!/bin/sh\nexec setpriv --reuid=${id} --regid=${id} --clear-groups '${binary}' "$@"\n`,
    );
    chmodSync(file, 0o755);
    return file;
  }

  async open(
    options: Readonly<{
      home?: string;
      args?: readonly string[];
      env?: Readonly<Record<string, string>>;
      /** The page as it opens by itself, for measurements; `callFromPage` does not work on it. */
      untouched?: boolean;
    }> = {},
  ): Promise<OpenStudio> {
    const home = options.home ?? this.home;
    this.#makeOwn(home);
    const app = await _electron.launch({
      executablePath: this.#executable,
      args: [...(options.args ?? [])],
      chromiumSandbox: true,
      cwd: '/',
      env: this.#environment(home, options.env),
    });
    this.#open.add(app);
    app.on('close', () => this.#open.delete(app));
    const page = await app.firstWindow().catch((error: unknown) => {
      throw new Error(`no window: ${shellLog(home)}`, { cause: error });
    });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    if (options.untouched !== true) {
      // Before the page's own listener: a test that asks for a port of its own gets it, the page does not.
      await page.addInitScript(catchPorts);
      await page.reload();
    }
    await page
      .getByText(/^(Connected|已连接)$/u)
      .first()
      .waitFor();
    const pid = await app.evaluate(() => process.pid);
    return { app, page, complaints, pid, quit: (answer = 0) => quit(app, home, answer) };
  }

  /** Starts the app as a person does, without a test driver, and waits for its end. */
  run(
    options: Readonly<{ args: readonly string[]; home?: string; env?: Readonly<Record<string, string>> }>,
  ): Promise<Readonly<{ exitCode: number | null; output: string }>> {
    const home = options.home ?? this.home;
    this.#makeOwn(home);
    return new Promise((resolve, reject) => {
      const child = spawn(this.#executable, options.args, {
        cwd: '/',
        env: this.#environment(home, options.env),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      // One that stays is none of a person's second starts: the caller sees that it had to be ended.
      const patience = setTimeout(() => child.kill('SIGKILL'), RUN_PATIENCE_MS);
      child.on('error', reject);
      child.on('close', (exitCode) => {
        clearTimeout(patience);
        resolve({ exitCode, output });
      });
    });
  }

  #environment(home: string, changes: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      LANG: 'C.UTF-8',
      HOME: this.#userHome,
      DISPLAY: this.#display?.name ?? '',
      LEGAL_EAGLE_HOME: home,
      LEGAL_EAGLE_RUNTIME: this.#runtime,
      LEGAL_EAGLE_VARIANT: 'cpu',
      ...(shell?.needsNode === true ? { LEGAL_EAGLE_CORE_NODE: this.#node() } : {}),
      ...changes,
    };
  }

  /** A copy of this very Node that everybody may run. */
  #node(): string {
    const file = path.join(this.folder, 'electron', 'node24');
    if (!existsSync(file)) {
      copyFileSync(process.execPath, file);
      chmodSync(file, 0o755);
    }
    return file;
  }

  async dispose(): Promise<void> {
    for (const app of [...this.#open]) await end(app, this.home);
    this.#display?.process.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Runs in the page. */
function catchPorts(): void {
  const waiting: ((port: MessagePort) => void)[] = [];
  (window as unknown as { nextPort: () => Promise<MessagePort> }).nextPort = () =>
    new Promise((resolve) => waiting.push(resolve));
  window.addEventListener('message', (event) => {
    const [port] = event.ports;
    if (event.data !== 'studio:port' || port === undefined) return;
    const taker = waiting.shift();
    if (taker === undefined) return;
    event.stopImmediatePropagation();
    taker(port);
  });
}

async function quit(app: ElectronApplication, home: string, answer: number): Promise<void> {
  const closed = new Promise<void>((resolve) => app.once('close', () => resolve()));
  const answered = app.evaluate(({ app: electronApp, dialog }, response) => {
    dialog.showMessageBox = () => Promise.resolve({ response, checkboxChecked: false });
    electronApp.quit();
  }, answer);
  // The app may be gone before it has answered.
  await within(QUIT_PATIENCE_MS, Promise.all([answered.catch(() => undefined), closed]), () => {
    const state = isAlive(app.process().pid) ? 'still runs' : 'has ended, and its pipes are held open';
    return `quit: the shell ${state}\n${stillThere()}\n${shellLog(home)}`;
  });
}

const isAlive = (pid: number | undefined): boolean => processes().some((one) => one.pid === pid);

/** What of this app, or started by it, is still there. */
function stillThere(): string {
  return processes()
    .filter(({ command }) => command.includes('legal_eagle') || command.includes('electron'))
    .map(({ pid, command }) => `${String(pid)} ${command.slice(0, 200)}`)
    .join('\n');
}

function shellLog(home: string): string {
  const log = path.join(home, 'shell', 'shell.log');
  return existsSync(log) ? readFileSync(log, 'utf8').slice(-4000) : 'the shell wrote no log';
}

/** What `promise` gives; throws with `seen` where it takes longer: a wait without end would say nothing. */
async function within<Value>(ms: number, promise: Promise<Value>, seen: () => string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(seen())), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Whatever state the app is in, and whatever it would ask. */
async function end(app: ElectronApplication, home: string): Promise<void> {
  const patience = setTimeout(() => app.process().kill('SIGKILL'), END_PATIENCE_MS);
  await quit(app, home, 0).catch(() => undefined);
  clearTimeout(patience);
}

/** Xvfb picks a free display and writes its number to a descriptor; only local sockets, no access list. */
export function startDisplay(binary: string): Promise<Readonly<{ name: string; process: ChildProcess }>> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      binary,
      ['-displayfd', '3', '-screen', '0', '1920x1080x24', '-ac', '-nolisten', 'tcp'],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
    );
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`Xvfb ended: ${String(code)}`)));
    let said = '';
    (child.stdio[3] as NodeJS.ReadableStream).on('data', (bytes: Buffer) => {
      said += bytes.toString('utf8');
      if (said.endsWith('\n')) resolve({ name: `:${said.trim()}`, process: child });
    });
  });
}
