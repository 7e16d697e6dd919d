import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { monotonicFactory } from 'ulid';

import { createCore, type Core } from '../../../electron/core/create-core.ts';
import { hostResources } from '../../../electron/core/platform/host-resources.ts';
import { linuxProcesses } from '../../../electron/core/platform/linux-processes.ts';
import type { CorePorts } from '../../../electron/core/ports.ts';
import type { JobTopicData } from '../../../electron/shared/contract/events.ts';
import { createRpcClient, type RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { createDispatcher } from '../../../electron/rpc/dispatcher.ts';
import { createInMemoryPair } from '../../../electron/rpc/in-memory-pair.ts';
import { serveChannel } from '../../../electron/rpc/serve-channel.ts';
import { createTopicHub } from '../../../electron/rpc/topic-hub.ts';
import { STUDIO_CONTRACT, type StudioContract } from '../../../electron/shared/contract/index.ts';
import { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';

export const ROOT = path.resolve(import.meta.dirname, '../../..');
export const TEST_PYTHON = process.env['LEGAL_EAGLE_TEST_PYTHON'] ?? 'python3';

const OFF = { available: false } as const;
const nextId = monotonicFactory();

export function testPorts(home: string): CorePorts {
  return {
    home,
    homeSource: { kind: 'argument', pointerFile: path.join(home, 'pointer.json') },
    command: 'test',
    version: '0.0.0',
    platform: linuxProcesses(),
    environment: process.env,
    runtime: {
      pythonPath: () => Promise.resolve(TEST_PYTHON),
      standingPython: () => TEST_PYTHON,
      overview: () => Promise.reject(new Error('no environments in this test')),
      mirrors: () => [],
      checkMirror: () => undefined,
      resolve: () => Promise.reject(new Error('no environments in this test')),
      install: () => Promise.reject(new Error('no environments in this test')),
    },
    environments: {
      current: () => undefined,
      list: () => [],
      noteUse: () => undefined,
      remove: () => Promise.reject(new Error('no environments in this test')),
      sweep: () => Promise.resolve(),
    },
    gpu: {
      list: () => Promise.resolve({ state: 'none', cards: [] }),
      processes: () => Promise.resolve(undefined),
    },
    host: hostResources,
    resourcesDir: path.join(ROOT, 'resources'),
    runScript: path.join(ROOT, 'python-runtime/run.py'),
    clock: {
      nowMs: () => Date.now(),
      after: (delayMs, work) => {
        const timer = setTimeout(work, delayMs);
        return { dispose: () => clearTimeout(timer) };
      },
    },
    ids: { next: () => nextId() },
    keyring: {
      status: () => Promise.resolve({ available: false, reason: 'no_shell' }),
      seal: () => Promise.reject(new StudioError('secrets.keyring_failed')),
      open: () => Promise.reject(new StudioError('secrets.keyring_failed')),
    },
    handedTokens: [],
    hostUi: {
      capabilities: { nativeDialogs: OFF, revealInFolder: OFF, upload: OFF, terminal: OFF, autoUpdate: OFF },
      call: () => Promise.reject(new StudioError('host.unavailable')),
    },
  };
}

/** A data folder of its own, with a name that breaks what cannot take spaces or Chinese. */
export class TestStudio {
  readonly home = mkdtempSync(path.join(tmpdir(), '工作室 core '));
  readonly defects: unknown[] = [];
  #open: { core: Core; dispose: () => Promise<void> }[] = [];

  async client(
    mode: 'read' | 'write' = 'write',
    changes: Partial<CorePorts> = {},
    options: Readonly<{ startsQueue?: boolean }> = {},
  ): Promise<RpcClient<StudioContract>> {
    const core = await createCore({ ...testPorts(this.home), ...changes }, { mode, ...options });
    const hub = createTopicHub(core.events, core.nowMs);
    const [near, far] = createInMemoryPair();
    serveChannel(far, {
      dispatcher: createDispatcher(STUDIO_CONTRACT, core.handlers, { checkOutputs: true }),
      hub,
      onDefect: (error) => this.defects.push(error),
    });
    const client = createRpcClient<StudioContract>();
    client.attach(near);
    this.#open.push({
      core,
      dispose: async () => {
        client.dispose();
        hub.dispose();
        await core.dispose();
      },
    });
    return client;
  }

  /** Closes every core of this folder; the next `client` is a new life. */
  async close(): Promise<void> {
    for (const open of this.#open.splice(0).reverse()) await open.dispose();
  }

  async dispose(): Promise<void> {
    await this.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}

export async function failure(promise: Promise<unknown>): Promise<StudioError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof StudioError) return error;
    throw error;
  }
  throw new Error('expected a rejection');
}

/** Imports the sample rows and waits for it; resolves to the dataset's id. */
export async function importSampleRows(client: RpcClient<StudioContract>): Promise<string> {
  const { jobId, datasetId } = await client.call('datasets.import', {
    sources: [path.join(ROOT, 'resources/sample-data/rows')],
  });
  await new Promise<void>((resolve) => {
    client.subscribe(
      `job.${jobId}`,
      ({ data }) => {
        const frame = data as JobTopicData;
        if (frame.kind !== 'events' && !isLive(frame.job.state)) resolve();
      },
      0,
    );
  });
  return datasetId;
}
