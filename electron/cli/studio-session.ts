import type { StudioContract } from '../shared/contract/index.ts';
import { createInMemoryPair } from '../rpc/in-memory-pair.ts';
import { createRpcClient, type RpcClient } from '../shared/contract/rpc-client.ts';
import { createCore, type Core } from '../core/create-core.ts';
import {
  createNodePorts,
  type InstallProgress,
  type NodePorts,
  type RuntimeVariant,
} from '../core/node-ports.ts';
import { createDispatcher } from '../rpc/dispatcher.ts';
import { serveChannel } from '../rpc/serve-channel.ts';
import { createTopicHub } from '../rpc/topic-hub.ts';
import { STUDIO_CONTRACT } from '../shared/contract/index.ts';

export type StudioClient = RpcClient<StudioContract>;

export type StudioSessionOptions = Readonly<{
  /** Tokens are taken out of it. */
  env: Record<string, string | undefined>;
  home: string | undefined;
  /** The verb, for the owner line of the data folder's lock. */
  command: string;
  /** Whether a missing Python environment may be made. */
  mayInstall: boolean;
  onInstallProgress: (progress: InstallProgress) => void;
}>;

/** The core of one command, in this process, behind the same frames as every other face. */
export class StudioSession {
  readonly ports: NodePorts;
  #core: Core | undefined;
  #client: StudioClient | undefined;
  #mode: 'read' | 'write' | undefined;

  constructor(options: StudioSessionOptions) {
    this.ports = createNodePorts(options);
  }

  /** The variant whose environment jobs run in. */
  get variant(): RuntimeVariant {
    return this.ports.variant();
  }

  /**
   * Opens the core. `write` refuses while another studio holds the data folder (`core.data_folder_in_use`);
   * `read` then opens the database for reading only.
   */
  async open(mode: 'read' | 'write'): Promise<StudioClient> {
    if (this.#client !== undefined) {
      if (mode === 'write' && this.#mode === 'read') throw new Error('the core was opened for reading');
      return this.#client;
    }
    this.#core = await createCore(this.ports.core, { mode });
    this.#mode = mode;
    const [near, far] = createInMemoryPair();
    const core = this.#core;
    serveChannel(far, {
      dispatcher: createDispatcher(STUDIO_CONTRACT, core.handlers),
      hub: createTopicHub(core.events, core.nowMs),
      onDefect: core.onDefect,
    });
    const client: StudioClient = createRpcClient();
    client.attach(near);
    this.#client = client;
    return client;
  }

  async dispose(): Promise<void> {
    this.#client?.dispose();
    await this.#core?.dispose();
    this.#client = undefined;
    this.#core = undefined;
  }
}
