import { isLive } from '../../shared/domain/run-state.ts';
import { DatasetFile } from '../db/repositories/dataset-file.ts';
import type { DatasetRepository } from '../db/repositories/dataset-repository.ts';
import type { JobProjector, JobRecord } from '../jobs/job-record.ts';

/** Follows import jobs into dataset records, and stores what statistics jobs found in the dataset's own file. */
export function createDatasetProjector(datasets: DatasetRepository): JobProjector {
  const importEnded = (job: JobRecord): void => {
    const dataset = datasets.byJob(job.id);
    if (dataset === undefined || isLive(job.state)) return;
    if (job.state !== 'done') {
      const error = job.error ?? { code: 'dataset.import_stopped', params: { state: job.state } };
      datasets.save({ ...dataset, state: 'failed', error: { ...error } });
      return;
    }
    const { counts, contentHash } = DatasetFile.use(dataset.path, (file) => file.facts());
    datasets.save({ ...dataset, state: 'ready', counts: { ...counts }, contentHash, error: undefined });
  };

  return {
    project: (job, events) => {
      if (job.spec.kind !== 'dataset-statistics') return;
      const event = events.findLast((one) => one.type === 'result');
      if (event === undefined) return;
      const { datasetPath, modelPath, template, cutoffLength } = job.spec.params;
      const stated = event.data['key'];
      const key = typeof stated === 'string' ? stated : [modelPath, template, cutoffLength].join(':');
      const statistics = { key, createdAtMs: event.t, value: event.data };
      DatasetFile.use(datasetPath, (file) => file.saveStatistics(statistics), 'write');
    },
    stateChanged: (job) => {
      if (job.kind === 'dataset-import') importEnded(job);
    },
  };
}
