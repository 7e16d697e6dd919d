import type { CheckpointState } from '../../../shared/contract/methods/runs.ts';
import { runFileName } from '../../../shared/domain/run-file-name.ts';
import type { DatasetRecord } from '../../db/repositories/dataset-repository.ts';
import type { StoredJobEvent } from '../../db/repositories/job-repository.ts';
import type { RunRecord } from '../../db/repositories/run-repository.ts';
import type { MetricSeries } from '../../../shared/contract/methods/metrics.ts';
import { toRunDetail } from '../run-view.ts';
import type { RunRepositories } from '../train-projector.ts';
import { verdictFrom, type ReportFacts } from './report-facts.ts';
import { reportHtml, type ReportLanguage } from './report-html.ts';

export type ReportDeps = Readonly<{
  repositories: RunRepositories;
  dataset: (id: string) => DatasetRecord | undefined;
  firstEvents: (jobId: string, count: number) => readonly StoredJobEvent[];
  curves: readonly MetricSeries[];
  studioVersion: string;
  nowMs: number;
}>;

/** The report of a run, and the name of its file. */
export function makeReport(
  record: RunRecord,
  checkpoints: readonly CheckpointState[],
  language: ReportLanguage,
  deps: ReportDeps,
): Readonly<{ name: string; html: string }> {
  const run = toRunDetail(record, deps.repositories);
  const values = (key: string): ReturnType<RunRepositories['metrics']['range']> =>
    deps.repositories.metrics.range(record.id, key, 0, Number.MAX_SAFE_INTEGER);
  const sum = (key: string): number | undefined => {
    const found = values(key);
    return found.length === 0 ? undefined : found.reduce((total, { value }) => total + (value ?? 0), 0);
  };
  const facts: ReportFacts = {
    run,
    verdict: verdictFrom(run, values, checkpoints.findLast((one) => one.whole)?.step),
    dataset: record.datasetId === undefined ? undefined : deps.dataset(record.datasetId),
    machines: new Map(
      run.attemptList.flatMap(({ number, jobId }) => {
        const machine = machineOf(deps.firstEvents(jobId, 1)[0]);
        return machine === undefined ? [] : [[number, machine] as const];
      }),
    ),
    curves: deps.curves,
    tokens: sum('tokens'),
    answerTokens: sum('answerTokens'),
    checkpoints,
    studioVersion: deps.studioVersion,
    madeAtMs: deps.nowMs,
  };
  return { name: `${runFileName(run)}.html`, html: reportHtml(facts, language) };
}

function machineOf(event: StoredJobEvent | undefined): { platform: string; python: string } | undefined {
  if (event?.type !== 'started') return undefined;
  const { platform, python } = event.data as { platform?: unknown; python?: unknown };
  return typeof platform === 'string' && typeof python === 'string' ? { platform, python } : undefined;
}
