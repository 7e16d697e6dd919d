import path from 'node:path';

import type { HandlersFor } from '../shared/contract/define.ts';
import type { StudioContract } from '../shared/contract/index.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import type { CoreServices } from './core-services.ts';
import { JOB_FILES } from './jobs/job-folder.ts';
import { queryMetrics } from './metrics/metric-service.ts';
import type { CorePorts } from './ports.ts';
import { makeReport } from './runs/report/make-report.ts';
import { REPORT_CURVES, REPORT_POINTS, REPORT_SMOOTHING } from './runs/report/report-facts.ts';
import { attemptDir } from './runs/run-folder.ts';
import { readLogPage } from './runs/run-log.ts';
import { searchLog } from './runs/search-log.ts';

/** What is read of a run besides its rows: its log, and the report made of all of it. */
export function runFileHandlers(
  ports: CorePorts,
  services: CoreServices,
): Pick<HandlersFor<StudioContract>, 'runs.log' | 'runs.searchLog' | 'runs.report'> {
  const { runs, repositories } = services;
  return {
    'runs.log': ({ run: reference, attempt: number, limitBytes, ...place }) => {
      const log = logOf(services, reference, number);
      const page = readLogPage(log.file, place, limitBytes);
      if (page === undefined) throw log.missing();
      return { attempt: log.attempt, ...page };
    },
    'runs.searchLog': async ({ run: reference, attempt: number, ...query }) => {
      const log = logOf(services, reference, number);
      const findings = await searchLog(log.file, query);
      if (findings === undefined) throw log.missing();
      return { attempt: log.attempt, ...findings };
    },
    'runs.report': async ({ run: reference, language }) => {
      const run = runs.find(reference);
      const shape = { from: 0, to: undefined, maxPoints: REPORT_POINTS };
      const [smoothed, plain] = await Promise.all([
        queryMetrics(repositories.metrics, run.id, { ...shape, keys: ['loss'], smoothing: REPORT_SMOOTHING }),
        queryMetrics(repositories.metrics, run.id, { ...shape, keys: REPORT_CURVES, smoothing: 0 }),
      ]);
      return makeReport(run, runs.checkpoints(run.id), language, {
        repositories,
        dataset: (id) => repositories.datasets.byId(id),
        firstEvents: (jobId, count) => repositories.jobs.eventsAfter(jobId, 0, count),
        curves: [...smoothed, ...plain],
        studioVersion: ports.version,
        nowMs: ports.clock.nowMs(),
      });
    },
  };
}

function logOf(
  { runs }: CoreServices,
  reference: string,
  number: number | undefined,
): Readonly<{ file: string; attempt: number; missing: () => StudioError }> {
  const run = runs.find(reference);
  const attempt = number ?? Math.max(run.attempts, 1);
  return {
    file: path.join(attemptDir(run.dir, attempt), JOB_FILES.log),
    attempt,
    missing: () => new StudioError('run.no_log', { run: run.name, attempt }),
  };
}
