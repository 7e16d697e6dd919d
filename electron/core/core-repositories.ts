import type Database from 'better-sqlite3';

import { createAttemptRepository } from './db/repositories/attempt-repository.ts';
import { createCheckpointRepository } from './db/repositories/checkpoint-repository.ts';
import { createDatasetRepository, type DatasetRepository } from './db/repositories/dataset-repository.ts';
import { JobRepository } from './db/repositories/job-repository.ts';
import { createMetricRepository } from './db/repositories/metric-repository.ts';
import { createModelRepository, type ModelRepository } from './db/repositories/model-repository.ts';
import { createReleaseRepository, type ReleaseRepository } from './db/repositories/release-repository.ts';
import { createRunRepository } from './db/repositories/run-repository.ts';
import { createSampleRepository } from './db/repositories/sample-repository.ts';
import { createCurveMemory, type CurveMemory } from './metrics/curve-memory.ts';
import type { RunRepositories } from './runs/train-projector.ts';

export type CoreRepositories = RunRepositories &
  Readonly<{
    jobs: JobRepository;
    datasets: DatasetRepository;
    models: ModelRepository;
    releases: ReleaseRepository;
    metrics: CurveMemory;
  }>;

export function createRepositories(db: Database.Database): CoreRepositories {
  return {
    jobs: new JobRepository(db),
    runs: createRunRepository(db),
    attempts: createAttemptRepository(db),
    metrics: createCurveMemory(createMetricRepository(db)),
    checkpoints: createCheckpointRepository(db),
    samples: createSampleRepository(db),
    datasets: createDatasetRepository(db),
    models: createModelRepository(db),
    releases: createReleaseRepository(db),
  };
}
