import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { RunRecord } from '../db/repositories/run-repository.ts';
import { JOB_FILES } from '../jobs/job-folder.ts';
import { metricsCsv } from './metrics-csv.ts';
import { TELEMETRY_FILE } from './run-telemetry.ts';
import { toRunDetail } from './run-view.ts';
import type { RunRepositories } from './train-projector.ts';
import { writeZip, type ZipEntry } from './zip-writer.ts';

export type ExportRequest = Readonly<{ path: string; format: 'folder' | 'zip'; overwrite: boolean }>;
export type ExportedRun = Readonly<{ path: string; files: string[]; bytes: number }>;

/**
 * Writes recipe, metrics, samples, events, log and adapter of a run to a folder or an archive, which appears
 * under its name only when it is whole. Throws `run.export_exists`, `run.export_failed`.
 */
export async function exportRun(
  run: RunRecord,
  repositories: RunRepositories,
  adapterPath: string | undefined,
  request: ExportRequest,
): Promise<ExportedRun> {
  const target = path.resolve(request.path);
  if (existsSync(target) && !request.overwrite) throw new StudioError('run.export_exists', { path: target });
  const building = `${target}.partial-${process.pid}`;
  try {
    mkdirSync(path.dirname(target), { recursive: true });
    rmSync(building, { recursive: true, force: true });
    const entries = collect(run, repositories, adapterPath);
    const bytes =
      request.format === 'zip' ? await writeZip(building, entries) : writeFolder(building, entries);
    // Only now: a failed export leaves what stood there before.
    rmSync(target, { recursive: true, force: true });
    renameSync(building, target);
    return { path: target, files: entries.map((entry) => entry.name), bytes };
  } catch (error) {
    rmSync(building, { recursive: true, force: true });
    const detail = error instanceof Error ? error.message : String(error);
    throw new StudioError('run.export_failed', { path: target }, { detail, cause: error });
  }
}

function collect(
  run: RunRecord,
  repositories: RunRepositories,
  adapterPath: string | undefined,
): readonly ZipEntry[] {
  const { recipe, samples, ...detail } = toRunDetail(run, repositories);
  const json = (value: unknown): { text: string } => ({ text: `${JSON.stringify(value, undefined, 2)}\n` });
  const attempts = repositories.attempts.ofRun(run.id).flatMap((attempt) =>
    [JOB_FILES.spec, JOB_FILES.events, JOB_FILES.log]
      .map((name) => ({
        name: `attempts/${attempt.number}/${name}`,
        source: { file: path.join(attempt.dir, name) },
      }))
      .filter((entry) => existsSync(entry.source.file)),
  );
  const telemetry = path.join(run.dir, TELEMETRY_FILE);
  return [
    { name: 'recipe.json', source: json(recipe) },
    { name: 'run.json', source: json(detail) },
    { name: 'metrics.csv', source: { text: metricsCsv(repositories.metrics, run.id) } },
    { name: 'samples.json', source: json(samples) },
    ...(existsSync(telemetry) ? [{ name: TELEMETRY_FILE, source: { file: telemetry } }] : []),
    ...attempts,
    ...(adapterPath === undefined ? [] : adapterEntries(adapterPath)),
  ];
}

/** Only what makes an adapter: a checkpoint folder also holds optimizer moments of twice its size. */
function adapterEntries(folder: string): readonly ZipEntry[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('adapter_') || name === 'legal_eagle.json')
    .sort()
    .map((name) => ({ name: `adapter/${name}`, source: { file: path.join(folder, name) } }));
}

function writeFolder(folder: string, entries: readonly ZipEntry[]): number {
  let bytes = 0;
  for (const entry of entries) {
    const file = path.join(folder, ...entry.name.split('/'));
    mkdirSync(path.dirname(file), { recursive: true });
    if ('text' in entry.source) writeFileSync(file, entry.source.text);
    else copyFileSync(entry.source.file, file);
    bytes += statSync(file).size;
  }
  return bytes;
}
