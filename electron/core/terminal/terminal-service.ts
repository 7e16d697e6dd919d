import { accessSync, constants as files, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import type { TerminalsTopicData, TerminalTopicData } from '../../shared/contract/events.ts';
import type { Capability } from '../../shared/contract/methods/app.ts';
import type { TerminalView } from '../../shared/contract/methods/terminal.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import type { CorePorts } from '../ports.ts';
import type { TopicBoard } from '../topics/topic-board.ts';
import { loadPtyBackend, type Pty, type PtyBackend } from './pty-backend.ts';
import { shellEnvironment, TERMINAL_MARKER_NAME } from './shell-environment.ts';
import { shellLaunch } from './shell-launch.ts';
import { TerminalSession } from './terminal-session.ts';

/** Open at once, ended ones included; those make room first. */
const MOST_TERMINALS = 8;

export type TerminalServiceDeps = Readonly<{
  ports: Pick<
    CorePorts,
    'clock' | 'environment' | 'home' | 'hostUi' | 'ids' | 'platform' | 'resourcesDir' | 'runtime'
  >;
  board: TopicBoard;
}>;

export type OpenTerminal = Readonly<{ columns: number; rows: number; folder: 'data' | 'home' }>;

/**
 * Terminals on this machine, each a shell of the person's own. Off unless the face in front says that whoever reaches
 * it may run programs here: every method then throws `terminal.not_allowed`.
 */
export class TerminalService {
  readonly #deps: TerminalServiceDeps;
  readonly #sessions = new Map<string, TerminalSession>();
  #backend: Promise<PtyBackend | undefined> | undefined;
  #disposed = false;

  constructor(deps: TerminalServiceDeps) {
    this.#deps = deps;
    deps.board.provide(
      'terminal',
      (id) => this.#sessions.get(id)?.snapshot(),
      (id) => this.#sessions.get(id)?.follow() ?? { dispose: () => undefined },
    );
    deps.board.provide('terminals', (id) => (id === '' && this.#isAllowed ? this.#view() : undefined));
  }

  /** Whether terminals can be opened; the reason is a code with words. */
  async capability(): Promise<Capability> {
    if (!this.#isAllowed) return { available: false, reason: 'terminal.not_allowed' };
    if ((await this.#load()) === undefined) return { available: false, reason: 'terminal.no_binary' };
    return { available: true };
  }

  /** Throws `terminal.not_allowed`, `terminal.no_binary`, `terminal.too_many`, `terminal.shell_failed`. */
  async open({ columns, rows, folder }: OpenTerminal): Promise<TerminalView> {
    const backend = await this.#require();
    await this.#makeRoom();
    if (!this.#isAllowed) throw new StudioError('terminal.not_allowed');
    const { clock, environment, home, ids, platform, resourcesDir, runtime } = this.#deps.ports;
    const terminalId = ids.next();
    const python = runtime.standingPython();
    const env = shellEnvironment(environment, { platform, home, python, marker: terminalId });
    const launch = shellLaunch({
      platformName: platform.name,
      env,
      systemRoot: environment['SystemRoot'],
      resourcesDir,
      isExecutable,
    });
    const shell = path.basename(launch.file).replace(/\.exe$/iu, '');
    const cwd = folder === 'home' && existsSync(homedir()) ? homedir() : home;
    let pty: Pty;
    try {
      pty = backend.spawn(launch.file, [...launch.args], {
        name: 'xterm-256color',
        cols: columns,
        rows,
        cwd,
        env: launch.env,
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StudioError('terminal.shell_failed', { shell, reason }, { cause: error });
    }
    const publish = (data: TerminalTopicData): void =>
      this.#deps.board.publish(`terminal.${terminalId}`, data, { passing: true });
    const session = new TerminalSession({
      pty,
      view: {
        terminalId,
        shell,
        folder: cwd,
        ...(python === undefined ? {} : { pythonFolder: path.dirname(python) }),
        openedAtMs: clock.nowMs(),
        columns,
        rows,
      },
      publish,
      onChange: () => this.#publishList(),
      killAll: () => this.#killAll(pty.pid, terminalId),
    });
    this.#sessions.set(terminalId, session);
    this.#publishList();
    return session.view;
  }

  async list(): Promise<TerminalsTopicData> {
    await this.#require();
    return this.#view();
  }

  /** Throws `terminal.unknown`, `terminal.ended`. */
  async input(terminalId: string, text: string): Promise<void> {
    (await this.#session(terminalId)).input(text);
  }

  async resize(terminalId: string, columns: number, rows: number): Promise<void> {
    (await this.#session(terminalId)).resize(columns, rows);
  }

  async acknowledge(terminalId: string, through: number): Promise<void> {
    (await this.#session(terminalId)).acknowledge(through);
  }

  async close(terminalId: string): Promise<void> {
    await this.#drop(await this.#session(terminalId));
  }

  /** Resolves when no process of any terminal lives. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#sessions.values()].map((session) => this.#drop(session)));
  }

  get #isAllowed(): boolean {
    return !this.#disposed && this.#deps.ports.hostUi.capabilities.terminal.available;
  }

  #load(): Promise<PtyBackend | undefined> {
    return (this.#backend ??= loadPtyBackend());
  }

  async #require(): Promise<PtyBackend> {
    if (!this.#isAllowed) throw new StudioError('terminal.not_allowed');
    const backend = await this.#load();
    if (backend === undefined) throw new StudioError('terminal.no_binary');
    return backend;
  }

  async #session(terminalId: string): Promise<TerminalSession> {
    await this.#require();
    const session = this.#sessions.get(terminalId);
    if (session === undefined) throw new StudioError('terminal.unknown');
    return session;
  }

  async #makeRoom(): Promise<void> {
    if (this.#sessions.size < MOST_TERMINALS) return;
    const ended = [...this.#sessions.values()].find(({ view }) => view.exit !== undefined);
    if (ended === undefined) throw new StudioError('terminal.too_many', { most: MOST_TERMINALS });
    await this.#drop(ended);
  }

  async #drop(session: TerminalSession): Promise<void> {
    await session.close();
    if (this.#sessions.delete(session.view.terminalId)) this.#publishList();
  }

  async #killAll(pid: number, terminalId: string): Promise<void> {
    const { platform } = this.#deps.ports;
    const osStartTime = (await platform.startTime(pid)) ?? '';
    const identity = { pid, osStartTime, bootId: await platform.bootId() };
    await platform.killTree(identity, `${TERMINAL_MARKER_NAME}=${terminalId}`);
  }

  #view(): TerminalsTopicData {
    return { items: [...this.#sessions.values()].map(({ view }) => view) };
  }

  #publishList(): void {
    if (!this.#disposed) this.#deps.board.publish('terminals', this.#view());
  }
}

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, files.X_OK);
    return true;
  } catch {
    return false;
  }
};
