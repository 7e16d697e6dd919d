import type { Migration } from '../migrate.ts';
import { JOBS_MIGRATION } from './0001-jobs.ts';
import { STUDIO_MIGRATION } from './0002-studio.ts';
import { RUN_LABELS_MIGRATION } from './0003-run-labels.ts';
import { METRIC_SERIES_MIGRATION } from './0004-metric-series.ts';
import { ACCOUNTS_MIGRATION } from './0005-accounts.ts';
import { MODEL_KINDS_MIGRATION } from './0006-model-kinds.ts';
import { RELEASES_MIGRATION } from './0007-releases.ts';

/** Every migration, oldest first; versions are 1, 2, 3 … without a gap. */
export const MIGRATIONS: readonly Migration[] = [
  JOBS_MIGRATION,
  STUDIO_MIGRATION,
  RUN_LABELS_MIGRATION,
  METRIC_SERIES_MIGRATION,
  ACCOUNTS_MIGRATION,
  MODEL_KINDS_MIGRATION,
  RELEASES_MIGRATION,
];
