import path from 'node:path';

import type { DatasetRepository } from './db/repositories/dataset-repository.ts';
import type { ModelRepository } from './db/repositories/model-repository.ts';
import type { RunRepository } from './db/repositories/run-repository.ts';
import type { DescribeJob } from './topics/live-jobs-feed.ts';

/** Names what imports, statistics, merges, exports and downloads work on, and the screen that shows it. */
export function createDescribeJob({
  datasets,
  models,
  runs,
}: Readonly<{
  datasets: DatasetRepository;
  models: ModelRepository;
  runs: Pick<RunRepository, 'byId'>;
}>): DescribeJob {
  return ({ id, spec }) => {
    switch (spec.kind) {
      case 'dataset-import': {
        if (spec.params.accept === 'inspect') {
          return { kind: 'inspect', name: path.basename(spec.params.sources[0] ?? ''), place: undefined };
        }
        const dataset = datasets.byJob(id);
        if (dataset === undefined) return undefined;
        return { kind: 'import', name: dataset.name, place: { kind: 'dataset', id: dataset.id } };
      }
      case 'dataset-statistics': {
        // A dataset of the library lies in a folder of its id; one from elsewhere has its file's name only.
        const { datasetPath } = spec.params;
        const dataset = datasets.byId(path.basename(path.dirname(datasetPath)));
        return {
          kind: 'statistics',
          name: dataset?.name ?? path.basename(datasetPath),
          place: dataset === undefined ? undefined : { kind: 'dataset', id: dataset.id },
        };
      }
      case 'merge': {
        const model = models.byJob(id);
        if (model === undefined) return undefined;
        const place = model.runId === undefined ? undefined : ({ kind: 'run', id: model.runId } as const);
        return { kind: 'merge', name: model.name, place };
      }
      case 'download':
        return { kind: 'download', name: spec.params.repository, place: undefined };
      case 'upload':
        return { kind: 'upload', name: spec.params.repository, place: undefined };
      case 'memorisation': {
        const run = runs.byId(spec.params.runId);
        if (run === undefined) return undefined;
        return { kind: 'memorisation', name: run.name, place: { kind: 'run', id: run.id } };
      }
      case 'export':
        return { kind: 'export', name: path.basename(spec.params.outPath), place: undefined };
      case 'convert':
        return { kind: 'convert', name: path.basename(spec.params.folder), place: undefined };
      case 'train':
      case 'chat':
      case 'self-test':
      case 'account-check':
      case 'visibility':
      case 'template-inspection':
        return undefined;
    }
  };
}
