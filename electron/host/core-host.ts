/** The process of the core behind a desktop shell. The shell says where to start and opens the channels. */
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

import { createCore, type Core } from '../core/create-core.ts';
import { createNodePorts } from '../core/node-ports.ts';
import { grantRoots, type GrantedRoots } from '../gate/granted-roots.ts';
import { guardPaths } from '../gate/path-guard.ts';
import { followStoredGrants } from '../gate/stored-grants.ts';
import { createDispatcher } from '../rpc/dispatcher.ts';
import { createCheckedChannel } from '../rpc/checked-channel.ts';
import { createHeldChannel } from '../rpc/held-channel.ts';
import { serveChannel } from '../rpc/serve-channel.ts';
import { createTopicHub, type TopicHub } from '../rpc/topic-hub.ts';
import type { ChannelRole, CoreStart } from '../shared/contract/core-link.ts';
import type { FrameChannel } from '../shared/contract/frame-channel.ts';
import { STUDIO_CONTRACT } from '../shared/contract/index.ts';
import type { ShellContract } from '../shared/contract/keyring-contract.ts';
import { createRpcClient, type RpcClient } from '../shared/contract/rpc-client.ts';
import { toErrorBody } from '../shared/contract/studio-error.ts';
import type { CoreEnd } from './core-end.ts';
import { createDesktopKeyring } from './desktop-keyring.ts';
import { desktopCapabilities } from './desktop-capabilities.ts';
import { createIpcEnd } from './ipc-end.ts';
import { createPageChannels } from './page-channels.ts';
import { createUtilityEnd, type ParentPort } from './utility-end.ts';

type Studio = Readonly<{ core: Core; hub: TopicHub; granted: GrantedRoots }>;

/** Channels that came before the core stood wait here; a window opens while the database does. */
class CoreHost {
  readonly #end: CoreEnd;
  readonly #shell: RpcClient<ShellContract> = createRpcClient();
  readonly #waiting: (readonly [ChannelRole, FrameChannel])[] = [];
  readonly #earlyGrants: string[] = [];
  readonly #keepPage = createPageChannels();
  #studio: Studio | undefined;

  constructor(end: CoreEnd) {
    this.#end = end;
    end.onChannel((role, channel) => this.#accept(role, channel));
    end.onOrder((order) => {
      switch (order.kind) {
        case 'start':
          void this.#start(order);
          return;
        case 'grant':
          this.#grant(order.path);
          return;
        case 'end':
          void this.#stop();
      }
    });
  }

  async #start(start: CoreStart): Promise<void> {
    try {
      const ports = createNodePorts({
        env: process.env,
        home: start.home,
        root: start.root,
        command: 'desktop',
        mayInstall: true,
        onInstallProgress: () => undefined,
        hostUi: { capabilities: desktopCapabilities(start.noUpdates), call: this.#shell.call },
        keyring: createDesktopKeyring(this.#shell.call),
      });
      const core = await createCore(ports.core, { mode: 'write', startsQueue: true });
      const granted = grantRoots([homedir(), ports.home, ports.resourcesDir]);
      followStoredGrants(core.events, granted);
      this.#studio = { core, hub: createTopicHub(core.events, core.nowMs), granted };
      for (const early of [...start.grants, ...this.#earlyGrants.splice(0)]) this.#grant(early);
      for (const [role, channel] of this.#waiting.splice(0)) this.#accept(role, channel);
      this.#end.say({ kind: 'ready', home: path.resolve(ports.home) });
    } catch (error) {
      this.#end.say({ kind: 'failed', error: toErrorBody(error) });
    }
  }

  #accept(role: ChannelRole, channel: FrameChannel): void {
    if (role === 'host') {
      this.#shell.attach(channel);
      return;
    }
    if (this.#studio === undefined) {
      // A window is often there before the database is open; what it asks meanwhile must not be lost.
      this.#waiting.push([role, createHeldChannel(createCheckedChannel(channel))]);
      return;
    }
    const { core, hub, granted } = this.#studio;
    if (role === 'page') this.#keepPage(channel);
    const dispatcher = createDispatcher(STUDIO_CONTRACT, core.handlers);
    serveChannel(channel, {
      dispatcher: role === 'page' ? guardPaths(dispatcher, granted) : dispatcher,
      hub,
      onDefect: core.onDefect,
      onRefused: core.onRefused,
    });
  }

  /** What cannot be looked up (links in a circle, a name that no system knows) is not granted. */
  #grant(offered: string): void {
    if (this.#studio === undefined) {
      // One that comes while the core starts is granted once it stands.
      this.#earlyGrants.push(offered);
      return;
    }
    try {
      this.#studio.granted.add(offered);
    } catch {
      this.#studio.core.onRefused('server.path_refused');
    }
  }

  async #stop(): Promise<void> {
    await this.#studio?.core.dispose();
    process.exit(0);
  }
}

const parentPort = (process as unknown as { parentPort?: ParentPort }).parentPort;
new CoreHost(parentPort === undefined ? createIpcEnd(process) : createUtilityEnd(parentPort));
