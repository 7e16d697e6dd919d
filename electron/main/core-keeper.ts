import type { CoreStart } from '../shared/contract/core-link.ts';
import type { StudioContract } from '../shared/contract/index.ts';
import { createRpcClient, type RpcClient } from '../shared/contract/rpc-client.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import type { FrameChannel } from '../shared/contract/frame-channel.ts';
import { Listeners } from '../shared/domain/listeners.ts';
import type { CoreLauncher, CoreProcess } from './core-process.ts';

/** A core that ends this often within the window is not started again: something is broken for good. */
const MOST_ENDS = 3;
const ENDS_WINDOW_MS = 5 * 60_000;
/** A core that is asked to end closes its database within this; then it is killed. */
const END_PATIENCE_MS = 5000;
/** The end of a killed core is reported within this; then nobody waits for the report any longer. */
const KILL_PATIENCE_MS = 2000;

export type CoreState =
  | Readonly<{ state: 'starting' }>
  | Readonly<{ state: 'ready'; home: string }>
  /** It ended by itself and is being started again, or cannot stay up, or refused to start. */
  | Readonly<{ state: 'failed'; error: StudioError; restarts: boolean }>
  | Readonly<{ state: 'ended' }>;

export type CoreKeeperOptions = Readonly<{
  launch: CoreLauncher;
  start: () => CoreStart;
  /** Answers the host contract on a channel of each new core. */
  serveHost: (channel: FrameChannel) => void;
  nowMs: () => number;
}>;

/** Keeps one core alive: starts it, starts it again with a cap when it ends by itself, and ends it in order. */
export class CoreKeeper {
  /** The shell's own client; it outlives the cores, as a page's client outlives its sockets. */
  readonly client: RpcClient<StudioContract> = createRpcClient();
  readonly #options: CoreKeeperOptions;
  readonly #changes = new Listeners<CoreState>();
  readonly #endedAtMs: number[] = [];
  #process: CoreProcess | undefined;
  #state: CoreState = { state: 'starting' };
  #ending = false;

  constructor(options: CoreKeeperOptions) {
    this.#options = options;
  }

  get state(): CoreState {
    return this.#state;
  }

  get process(): CoreProcess | undefined {
    return this.#process;
  }

  onChange(listener: (state: CoreState) => void): void {
    this.#changes.add(listener);
  }

  start(): void {
    const core = this.#options.launch(this.#options.start());
    this.#process = core;
    this.#set({ state: 'starting' });
    this.#options.serveHost(core.open('host'));
    this.client.attach(core.open('shell'));
    core.onSaid((said) => {
      if (said.kind === 'ready') this.#set({ state: 'ready', home: said.home });
      else
        this.#set({
          state: 'failed',
          error: new StudioError(
            said.error.code,
            said.error.params,
            said.error.detail === undefined ? {} : { detail: said.error.detail },
          ),
          restarts: false,
        });
    });
    core.onExit((exitCode) => this.#exited(exitCode));
  }

  /** Closes the core's database and waits for its process, but never for good; runs go on. */
  async end(): Promise<void> {
    this.#ending = true;
    const core = this.#process;
    if (core === undefined) return;
    const timers: NodeJS.Timeout[] = [];
    await new Promise<void>((resolve) => {
      core.onExit(() => resolve());
      timers.push(
        setTimeout(() => core.kill(), END_PATIENCE_MS),
        setTimeout(resolve, END_PATIENCE_MS + KILL_PATIENCE_MS),
      );
      core.order({ kind: 'end' });
    });
    for (const timer of timers) clearTimeout(timer);
  }

  #exited(exitCode: number): void {
    this.#process = undefined;
    if (this.#ending) {
      this.#set({ state: 'ended' });
      return;
    }
    // A core that said why it cannot start would say the same again.
    if (this.#state.state === 'failed') return;
    const nowMs = this.#options.nowMs();
    this.#endedAtMs.push(nowMs);
    const recent = this.#endedAtMs.filter((atMs) => nowMs - atMs < ENDS_WINDOW_MS).length;
    if (recent >= MOST_ENDS) {
      const error = new StudioError('host.core_keeps_ending', { times: recent });
      this.#set({ state: 'failed', error, restarts: false });
      return;
    }
    this.#set({
      state: 'failed',
      error: new StudioError('host.core_ended', { exitCode }),
      restarts: true,
    });
    this.start();
  }

  #set(state: CoreState): void {
    this.#state = state;
    this.#changes.emit(state);
  }
}
