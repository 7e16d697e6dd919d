import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

import { StudioError, toErrorBody } from '../../shared/contract/studio-error.ts';
import type { JobParams } from '../../shared/protocol/job-spec.ts';
import type { Mapping } from '../../shared/protocol/mapping.ts';
import type { DataFolder } from '../data-folder.ts';
import { DatasetFile } from '../db/repositories/dataset-file.ts';
import type { DatasetRecord, DatasetRepository } from '../db/repositories/dataset-repository.ts';
import { requireOne } from '../db/repositories/require-one.ts';
import type { JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';
import { datasetFilePath, writeDatasetRecord } from './dataset-folder.ts';

export type DatasetServiceDeps = Readonly<{
  datasets: DatasetRepository;
  supervisor: Pick<JobSupervisor, 'start'>;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
}>;

export type ImportRequest = Readonly<{
  sources: readonly string[];
  mapping: Mapping | undefined;
  evalFraction: number;
  seed: number;
  accept: 'none' | 'usable';
  name: string | undefined;
}>;

export class DatasetService {
  readonly #deps: DatasetServiceDeps;

  constructor(deps: DatasetServiceDeps) {
    this.#deps = deps;
  }

  /** Throws `core.not_found` or `core.ambiguous`. */
  find(reference: string): DatasetRecord {
    return requireOne('dataset', this.#deps.datasets.find, reference);
  }

  /** Starts a job that reads sources and writes nothing. Throws `dataset.source_missing`. */
  async inspect(request: Omit<ImportRequest, 'accept' | 'name'>): Promise<string> {
    const { clock, folder, ids, supervisor } = this.#deps;
    const sources = existingSources(request.sources);
    const jobId = ids.next();
    const dir = folder.jobDir(jobId);
    const spec = newJobSpec(
      'dataset-import',
      {
        sources,
        outPath: datasetFilePath(dir),
        mapping: request.mapping ?? null,
        evalFraction: request.evalFraction,
        seed: request.seed,
        accept: 'inspect',
      },
      { id: jobId, nowMs: clock.nowMs() },
    );
    await supervisor.start(spec, { dir, detached: false });
    return jobId;
  }

  /** Starts an import and returns at once. Throws `dataset.source_missing`. */
  async import(request: ImportRequest): Promise<Readonly<{ datasetId: string; jobId: string }>> {
    const { clock, datasets, folder, ids, supervisor } = this.#deps;
    const sources = existingSources(request.sources);
    const id = ids.next();
    const jobId = ids.next();
    const createdAtMs = clock.nowMs();
    const dir = folder.datasetDir(id);
    const dataset: DatasetRecord = {
      id,
      name: request.name ?? path.parse(sources[0] ?? id).name,
      path: datasetFilePath(dir),
      state: 'importing',
      jobId,
      createdAtMs,
    };
    writeDatasetRecord(dir, { version: 1, id, name: dataset.name, createdAtMs });
    datasets.insert(dataset);
    const spec = newJobSpec(
      'dataset-import',
      {
        sources,
        outPath: dataset.path,
        mapping: request.mapping ?? null,
        evalFraction: request.evalFraction,
        seed: request.seed,
        accept: request.accept,
      },
      { id: jobId, nowMs: createdAtMs },
    );
    try {
      await supervisor.start(spec, { dir: folder.jobDir(jobId), detached: false });
    } catch (error) {
      datasets.save({ ...dataset, state: 'failed', error: { ...toErrorBody(error) } });
      throw error;
    }
    return { datasetId: id, jobId };
  }

  async statistics(
    datasetPath: string,
    modelPath: string,
    options: Pick<JobParams<'dataset-statistics'>, 'template' | 'thinking' | 'systemPrompt' | 'cutoffLength'>,
  ): Promise<string> {
    const { clock, folder, ids, supervisor } = this.#deps;
    const jobId = ids.next();
    const params = { datasetPath, modelPath, ...options };
    const spec = newJobSpec('dataset-statistics', params, { id: jobId, nowMs: clock.nowMs() });
    await supervisor.start(spec, { dir: folder.jobDir(jobId), detached: false });
    return jobId;
  }

  /**
   * What a recipe or a job may read: a ready dataset of the library, or a dataset file anywhere. Throws
   * `dataset.not_ready`, `dataset.unreadable`, `core.ambiguous`; undefined where the reference means nothing.
   */
  resolve(reference: string): Readonly<{ id: string | undefined; name: string; path: string }> | undefined {
    const [found] = this.#deps.datasets.find(reference);
    if (found !== undefined) {
      const dataset = this.find(reference);
      this.requireReady(dataset);
      return { id: dataset.id, name: dataset.name, path: dataset.path };
    }
    const file = path.resolve(reference);
    if (!(statSync(file, { throwIfNoEntry: false })?.isFile() ?? false)) return undefined;
    DatasetFile.use(file, (opened) => opened.facts());
    return { id: undefined, name: path.basename(file), path: file };
  }

  requireReady(dataset: DatasetRecord): void {
    if (dataset.state === 'ready') return;
    throw new StudioError('dataset.not_ready', { dataset: dataset.name, state: dataset.state });
  }
}

function existingSources(given: readonly string[]): string[] {
  const sources = given.map((source) => path.resolve(source));
  const missing = sources.find((source) => !existsSync(source));
  if (missing !== undefined) throw new StudioError('dataset.source_missing', { path: missing });
  return sources;
}
