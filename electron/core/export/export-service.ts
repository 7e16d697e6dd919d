import { existsSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { EXPORT_FORMATS, type ExportFormat } from '../../shared/protocol/export-format.ts';
import type { DataFolder } from '../data-folder.ts';
import type { JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';
import { fileNameOf } from './export-name.ts';

const ZIP = '.zip';

export type ExportServiceDeps = Readonly<{
  supervisor: Pick<JobSupervisor, 'start'>;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
}>;

export type ExportSource = Readonly<{
  /** Of the model, or of the run. */
  name: string;
  /** What is written, or the base of the adapter that is. */
  modelPath: string;
  adapterPath: string | undefined;
  template: string | undefined;
  /** Where the base of an adapter can be fetched from; undefined where nobody knows. */
  baseSource: Readonly<{ repository: string; revision?: string | undefined }> | undefined;
}>;

export type ExportTarget = Readonly<{
  format: ExportFormat;
  path: string;
  folderName: string | undefined;
  archive: 'folder' | 'zip';
  ollamaName: string | undefined;
}>;

/** Starts export jobs. Their result is the person's own folder, of which no record is kept. */
export class ExportService {
  readonly #deps: ExportServiceDeps;

  constructor(deps: ExportServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Throws `export.needs_adapter`, `export.needs_model`, `export.inside_source`, `export.zip_format`,
   * `export.zip_ollama`, `merge.base_missing`.
   */
  async start(
    source: ExportSource,
    target: ExportTarget,
  ): Promise<Readonly<{ jobId: string; path: string }>> {
    const { clock, folder, ids, supervisor } = this.#deps;
    const { adapterPath, modelPath, name } = source;
    const wanted = EXPORT_FORMATS[target.format].source;
    if (wanted === 'adapter' && adapterPath === undefined) {
      throw new StudioError('export.needs_adapter', { format: target.format, model: name });
    }
    if (wanted === 'model' && adapterPath !== undefined) {
      throw new StudioError('export.needs_model', { format: target.format, run: name });
    }
    if (target.archive === 'zip') {
      if (wanted === 'model' && !target.format.startsWith('gguf-')) {
        throw new StudioError('export.zip_format', { format: target.format });
      }
      if (target.ollamaName !== undefined) throw new StudioError('export.zip_ollama');
    }
    if (!existsSync(modelPath)) throw new StudioError('merge.base_missing', { path: modelPath });
    const outPath = placeOf(target, fileNameOf(name));
    for (const read of [modelPath, adapterPath]) {
      if (read !== undefined && isWithin(read, outPath)) {
        throw new StudioError('export.inside_source', { path: outPath, source: read });
      }
    }
    const jobId = ids.next();
    const spec = newJobSpec(
      'export',
      {
        format: target.format,
        modelPath,
        adapterPath: adapterPath ?? null,
        outPath,
        name: fileNameOf(name),
        template: source.template ?? 'auto',
        archive: target.archive,
        baseRepository: source.baseSource?.repository ?? null,
        baseRevision: source.baseSource?.revision ?? null,
        ollamaName: target.ollamaName ?? null,
      },
      { id: jobId, nowMs: clock.nowMs() },
    );
    await supervisor.start(spec, { dir: folder.jobDir(jobId), detached: false });
    return { jobId, path: outPath };
  }
}

/** The folder or the file that the export makes: `target.path`, or right below it. */
function placeOf({ path: wanted, folderName, archive }: ExportTarget, name: string): string {
  const chosen = path.resolve(wanted);
  if (archive === 'folder') return folderName === undefined ? chosen : path.join(chosen, folderName);
  if (folderName !== undefined) return path.join(chosen, `${folderName}${ZIP}`);
  return chosen.toLowerCase().endsWith(ZIP) ? chosen : path.join(chosen, `${name}${ZIP}`);
}

function isWithin(folder: string, candidate: string): boolean {
  const way = path.relative(folder, candidate);
  return way === '' || (!way.startsWith('..') && !path.isAbsolute(way));
}
