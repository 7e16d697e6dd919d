import path from 'node:path';

import { expect, vi } from 'vitest';

import type { StudioContract } from '../../../electron/shared/contract/index.ts';
import type { ReleaseView } from '../../../electron/shared/contract/methods/releases.ts';
import type { RpcClient } from '../../../electron/shared/contract/rpc-client.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { importSampleRows, ROOT } from '../core/core-harness.ts';

export type Client = RpcClient<StudioContract>;

/** Long enough for a loaded machine; what is waited for is stated, never assumed. */
const POLL = { timeout: 240_000, interval: 100 } as const;
export const RUN = '法律 4 步';
export const MERGED = '合并 模型';
/** What the tests' hub takes, looked for wherever a token could have been written; and whose it is. */
export const HUB_TOKEN = 'ms-6f1e0a52-90fd-4f2b-8f0e-3c1de7c4a001';
export const HUB_OWNER = 'reader';

/** Waits until what `read` gives satisfies `isEnough`; the error says what was seen last. Also for hooks. */
export function until<T>(read: () => Promise<T> | T, isEnough: (seen: T) => boolean): Promise<T> {
  return vi.waitFor(async () => {
    const seen = await read();
    if (!isEnough(seen)) throw new Error(`still ${JSON.stringify(seen)}`);
    return seen;
  }, POLL);
}

/** A run of four steps on the embedded model, and the model merged from it, of one file unless told otherwise. */
export async function makeRelease(
  client: Client,
  merge: Readonly<{ maxShardBytes?: number }> = {},
): Promise<Readonly<{ runId: string; modelId: string }>> {
  const dataset = await importSampleRows(client);
  await client.call('models.add', {
    path: path.join(ROOT, 'resources/tiny-model'),
    name: '小模型',
    source: { hub: 'modelscope', repository: 'law/tiny-base', revision: 'v1.0' },
  });
  const { runId } = await client.call('runs.start', {
    recipe: {
      name: RUN,
      model: '小模型',
      dataset,
      maxSteps: 4,
      cutoffLength: 128,
      batch: { microBatch: 1, gradientAccumulation: 1 },
      lora: { rank: 2, targets: 'attention' },
      evaluation: { everySteps: 0, maxRows: 2, samplePrompts: ['借条怎么写？'], sampleMaxTokens: 4 },
      checkpoints: { everySteps: 2 },
      hardware: { device: 'cpu', cpuThreads: 1 },
    },
  });
  const run = await until(
    () => client.call('runs.show', { run: runId }),
    ({ state }) => !isLive(state),
  );
  expect(run.error).toBeUndefined();
  const { modelId } = await client.call('merge.start', { run: runId, name: MERGED, ...merge });
  const merged = await until(
    () => client.call('models.show', { model: modelId }),
    ({ state }) => state !== 'building',
  );
  expect(merged.error).toBeUndefined();
  return { runId, modelId };
}

/** An account whose token may go to the tests' hub alone. */
export async function addAccount(client: Client, endpoint: string, token = HUB_TOKEN): Promise<string> {
  const account = { hub: 'modelscope', endpoint, agreedOrigin: endpoint, label: '试验', token } as const;
  return (await client.call('accounts.put', account)).id;
}

/** The release when nothing of it is under way any more. */
export async function settled(client: Client, release: string): Promise<ReleaseView> {
  const view = await until(
    () => client.call('releases.get', { release }),
    ({ parts, state }) =>
      !['preparing', 'running', 'waiting', 'stopping'].includes(state) &&
      !parts.some((part) => part.publishing || part.state === 'queued'),
  );
  for (const { jobId } of view.parts) {
    if (jobId !== undefined) expect(isLive((await client.call('jobs.show', { jobId })).state)).toBe(false);
  }
  return view;
}
