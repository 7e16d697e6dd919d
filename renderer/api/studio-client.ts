import { createRpcClient, type RpcClient } from '../../electron/shared/contract/rpc-client.ts';
import type { StudioContract } from '../../electron/shared/contract/index.ts';
import { StudioError } from '../../electron/shared/contract/studio-error.ts';
import { Listeners } from '../../electron/shared/domain/listeners.ts';
import { desktopBridge, listenToShell, type DesktopBridge } from './desktop-bridge.ts';
import { createBrowserChannel } from './web-socket-channel.ts';
import { startPulse, type Pulse } from './pulse.ts';
import { sessionProblem, signIn, takeToken } from './session.ts';

export type Connection =
  /** First contact. */
  | Readonly<{ state: 'connecting' }>
  | Readonly<{ state: 'online' }>
  /** Was lost or cannot be reached; tries again by itself. */
  | Readonly<{ state: 'offline' }>
  /** The server is there and does not take this browser. */
  | Readonly<{ state: 'refused'; error: StudioError }>;

const FIRST_PAUSE_MS = 250;
/** A laptop that wakes up must not wait long, a server that is down must not be hammered. */
const LONGEST_PAUSE_MS = 5000;
const SOCKET_PATH = 'api/socket';

/** The one connection of the page: a client that outlives its sockets. */
class StudioConnection {
  readonly client: RpcClient<StudioContract> = createRpcClient();
  readonly #changes = new Listeners<Connection>();
  #connection: Connection = { state: 'connecting' };
  #pauseMs = FIRST_PAUSE_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pulse: Pulse | undefined;
  #started = false;

  get connection(): Connection {
    return this.#connection;
  }

  onChange(listener: () => void): () => void {
    const subscription = this.#changes.add(() => listener());
    return () => subscription.dispose();
  }

  /** Signs in with the token of the address, where there is one, and connects. Runs once. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    if (desktopBridge !== undefined) {
      this.#openDesktop(desktopBridge);
      return;
    }
    window.addEventListener('online', () => this.#wake());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#wake();
    });
    void this.#open(takeToken());
  }

  /** Tries now in place of waiting. */
  retry(): void {
    if (this.#connection.state === 'online' || this.#timer === undefined) return;
    this.#pauseMs = FIRST_PAUSE_MS;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#open(undefined);
  }

  /** The machine or the window was away: what looks connected may not be. */
  #wake(): void {
    this.#pulse?.beat();
    this.retry();
  }

  /** Resolves when calls can be made; rejects where the server refuses this browser. */
  ready(): Promise<void> {
    const settled = (connection: Connection): boolean =>
      connection.state === 'online' || connection.state === 'refused';
    const outcome = (connection: Connection, resolve: () => void, reject: (error: Error) => void): void => {
      if (connection.state === 'refused') reject(connection.error);
      else resolve();
    };
    return new Promise((resolve, reject) => {
      if (settled(this.#connection)) {
        outcome(this.#connection, resolve, reject);
        return;
      }
      const subscription = this.#changes.add((connection) => {
        if (!settled(connection)) return;
        subscription.dispose();
        outcome(connection, resolve, reject);
      });
    });
  }

  /** The shell sends a port now, and another one whenever it had to start the core again. */
  #openDesktop(bridge: DesktopBridge): void {
    listenToShell({
      onCore: (channel) => {
        this.client.attach(channel);
        this.#set({ state: 'online' });
      },
      onLost: () => this.#set({ state: 'offline' }),
    });
    bridge.connect();
  }

  async #open(token: string | undefined): Promise<void> {
    try {
      if (token !== undefined) await signIn(token).catch(keepExistingSession);
      const problem = await sessionProblem();
      if (problem !== undefined) {
        this.#set({ state: 'refused', error: problem });
        return;
      }
    } catch (error) {
      if (error instanceof StudioError) this.#set({ state: 'refused', error });
      else this.#lost();
      return;
    }
    const address = new URL(SOCKET_PATH, window.location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    address.hash = '';
    const socket = new WebSocket(address);
    const channel = createBrowserChannel(socket);
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      this.#lost();
    };
    socket.addEventListener('open', () => {
      this.#pauseMs = FIRST_PAUSE_MS;
      this.client.attach(channel);
      this.#pulse = startPulse(
        () => this.client.call('app.info', {}),
        () => {
          // A dead line never finishes its closing, so that is not waited for.
          channel.close();
          end();
        },
      );
      this.#set({ state: 'online' });
    });
    socket.addEventListener('close', end);
  }

  #lost(): void {
    this.#pulse?.stop();
    this.#pulse = undefined;
    this.#set({ state: 'offline' });
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#open(undefined);
    }, this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  #set(connection: Connection): void {
    this.#connection = connection;
    this.#changes.emit(connection);
  }
}

/** A reload of the printed address offers a used token; a browser that is signed in may come in all the same. */
async function keepExistingSession(refusal: unknown): Promise<void> {
  if ((await sessionProblem()) !== undefined) throw refusal;
}

export const studio: StudioConnection = new StudioConnection();
