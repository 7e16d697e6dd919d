import { statSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { DataFolder } from '../data-folder.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';

export type ConvertServiceDeps = Readonly<{
  supervisor: Pick<JobSupervisor, 'start'>;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
  /** Takes a folder into the library. Throws what keeps it out. */
  addFolder: (folder: string) => void;
}>;

/** Starts conversions of pickled weights; each runs in a process that can reach nothing but its folder. */
export class ConvertService {
  readonly #deps: ConvertServiceDeps;
  /** Jobs whose folder joins the library at their end; they end with the core, so nothing of it is stored. */
  readonly #adding = new Set<string>();

  constructor(deps: ConvertServiceDeps) {
    this.#deps = deps;
  }

  /** Throws `model.folder_missing`. */
  async start(
    folderPath: string,
    { add }: Readonly<{ add: boolean }>,
  ): Promise<Readonly<{ jobId: string; path: string }>> {
    const { clock, folder, ids, supervisor } = this.#deps;
    const modelPath = path.resolve(folderPath);
    if (!(statSync(modelPath, { throwIfNoEntry: false })?.isDirectory() ?? false)) {
      throw new StudioError('model.folder_missing', { folder: modelPath });
    }
    const jobId = ids.next();
    const spec = newJobSpec('convert', { folder: modelPath }, { id: jobId, nowMs: clock.nowMs() });
    if (add) this.#adding.add(jobId);
    try {
      await supervisor.start(spec, { dir: folder.jobDir(jobId), detached: false });
    } catch (error) {
      this.#adding.delete(jobId);
      throw error;
    }
    return { jobId, path: modelPath };
  }

  /** To be told of every job that has ended. */
  ended({ id, spec, state }: Pick<JobRecord, 'id' | 'spec' | 'state'>): void {
    if (!this.#adding.delete(id) || state !== 'done' || spec.kind !== 'convert') return;
    try {
      this.#deps.addFolder(spec.params.folder);
    } catch (error) {
      // Whoever converted it asks for the same and is told why; other faults are not a folder's.
      if (!(error instanceof StudioError)) throw error;
    }
  }
}
