import { setTimeout as delay } from 'node:timers/promises';

import type { Page } from 'playwright-core';

import type { CallInput } from '../../electron/shared/contract/define.ts';
import type { StudioContract } from '../../electron/shared/contract/index.ts';
import type { RunSummary } from '../../electron/shared/contract/methods/runs.ts';
import { callFromPage } from './shell-calls.ts';

const PATIENCE_MS = 120_000;
const POLL_MS = 100;

/** Asks again until it holds. Throws when it did not come to pass in two minutes. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > giveUpAtMs) throw new Error('it did not come to pass');
    await delay(POLL_MS);
  }
}

type Recipe = CallInput<StudioContract['runs.start']>['recipe'];

/** Enough steps that the run outlives whatever is tried with it. */
export const ENDLESS = { epochs: 1000, maxSteps: 100_000 } as const;

/** Imports the sample rows once more and starts a run of the tiny model on one core. */
export async function startTinyRun(
  page: Page,
  recipe: Partial<Recipe> = {},
): Promise<Readonly<{ runId: string; datasetId: string }>> {
  const { rowsPath, modelPath } = await callFromPage(page, 'app.samples', {});
  const { datasetId } = await callFromPage(page, 'datasets.import', {
    sources: [rowsPath],
    evalFraction: 0.1,
  });
  await until(async () => {
    const { state, error } = await callFromPage(page, 'datasets.show', { dataset: datasetId });
    if (state === 'failed') throw new Error(JSON.stringify(error));
    return state === 'ready';
  });
  const { runId } = await callFromPage(page, 'runs.start', {
    recipe: {
      name: '夜间训练',
      model: modelPath,
      dataset: datasetId,
      cutoffLength: 128,
      batch: { microBatch: 1, gradientAccumulation: 1 },
      hardware: { cpuThreads: 1 },
      ...recipe,
    },
  });
  return { runId, datasetId };
}

/** Throws when the run ends in another state. */
export async function waitForState(page: Page, runId: string, wanted: RunSummary['state']): Promise<void> {
  await until(async () => {
    const { state, error } = await callFromPage(page, 'runs.show', { run: runId });
    if (state === 'failed' && wanted !== 'failed') throw new Error(JSON.stringify(error));
    return state === wanted;
  });
}

/** The run has taken more than this many steps. */
export async function waitForStep(page: Page, runId: string, step: number): Promise<void> {
  await until(async () => (await callFromPage(page, 'runs.show', { run: runId })).step > step);
}
