import { existsSync } from 'node:fs';

import type { RunDetail, RunSummary } from '../../shared/contract/methods/runs.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';
import { attentionOf } from './run-attention.ts';
import { adapterDir, tunedModelDir } from './run-folder.ts';
import type { RunRepositories } from './train-projector.ts';

/** A run as lists and live frames show it. */
export function toRunSummary(run: RunRecord): RunSummary {
  const { dir: _dir, recipe, plan: _plan, device: _device, result: _result, error, tags, ...rest } = run;
  const method = (recipe as Partial<typeof recipe>).method ?? 'lora';
  return { ...rest, method, tags: [...tags], ...(error === undefined ? {} : { error: { ...error } }) };
}

/** {@link toRunSummary} with what its losses ask a person to look at. */
export function toJudgedSummary(run: RunRecord, { metrics }: Pick<RunRepositories, 'metrics'>): RunSummary {
  const attention = attentionOf(run, metrics);
  return { ...toRunSummary(run), ...(attention === undefined ? {} : { attention }) };
}

/** A run with everything its screen shows at first. */
export function toRunDetail(run: RunRecord, repositories: RunRepositories): RunDetail {
  const adapter = adapterDir(run.dir);
  const tunedModel = tunedModelDir(run.dir);
  return {
    ...toJudgedSummary(run, repositories),
    dir: run.dir,
    recipe: run.recipe,
    ...(run.plan === undefined ? {} : { plan: run.plan }),
    ...(run.device === undefined ? {} : { device: run.device }),
    ...(run.result === undefined ? {} : { result: run.result }),
    ...(existsSync(adapter) ? { adapterPath: adapter } : {}),
    ...(existsSync(tunedModel) ? { tunedModelPath: tunedModel } : {}),
    attemptList: repositories.attempts.ofRun(run.id).map(({ runId: _runId, ...attempt }) => attempt),
    checkpoints: repositories.checkpoints.ofRun(run.id).map(({ runId: _runId, ...checkpoint }) => checkpoint),
    samples: repositories.samples.ofRun(run.id).map(({ runId: _runId, ...sample }) => sample),
    metricKeys: [...repositories.metrics.keys(run.id)],
  };
}
