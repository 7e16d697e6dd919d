import path from 'node:path';

import type { Page } from 'playwright-core';
import { expect, vi } from 'vitest';

import { repositoryRoot } from '../../helpers/studio-cli.ts';
import { callFromPage } from './page-calls.ts';

const POLL = { timeout: 120_000, interval: 200 } as const;

/** Two steps of the embedded model on the sample rows; gives the id of the run that is done. */
export async function trainTinyRun(page: Page): Promise<string> {
  const { datasetId } = await callFromPage(page, 'datasets.import', {
    sources: [path.join(repositoryRoot, 'resources/sample-data/rows')],
    name: '民法典问答',
  });
  const becomes = (state: () => Promise<string>, wanted: string): Promise<void> =>
    vi.waitFor(async () => expect(await state()).toBe(wanted), POLL);
  await becomes(
    async () => (await callFromPage(page, 'datasets.show', { dataset: datasetId })).state,
    'ready',
  );
  const model = await callFromPage(page, 'models.add', {
    path: path.join(repositoryRoot, 'resources/tiny-model'),
  });
  const { runId } = await callFromPage(page, 'runs.start', {
    recipe: {
      name: '合同纠纷',
      model: model.id,
      dataset: datasetId,
      maxSteps: 2,
      cutoffLength: 128,
      batch: { microBatch: 1, gradientAccumulation: 1 },
      lora: { rank: 2, targets: 'attention' },
      evaluation: { everySteps: 0, maxRows: 2, samplePrompts: [] },
      hardware: { device: 'cpu', cpuThreads: 1 },
    },
  });
  await becomes(async () => (await callFromPage(page, 'runs.show', { run: runId })).state, 'done');
  return runId;
}
