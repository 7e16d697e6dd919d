import { statSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { DataFolder } from '../data-folder.ts';
import type { JobSupervisor } from '../jobs/job-supervisor.ts';
import { newJobSpec } from '../new-job-spec.ts';
import type { Clock, IdGen } from '../ports.ts';

export type ConvertServiceDeps = Readonly<{
  supervisor: Pick<JobSupervisor, 'start'>;
  folder: DataFolder;
  clock: Clock;
  ids: IdGen;
}>;

/** Starts conversions of pickled weights; each runs in a process that can reach nothing but its folder. */
export class ConvertService {
  readonly #deps: ConvertServiceDeps;

  constructor(deps: ConvertServiceDeps) {
    this.#deps = deps;
  }

  /** Throws `model.folder_missing`. */
  async start(folderPath: string): Promise<Readonly<{ jobId: string; path: string }>> {
    const { clock, folder, ids, supervisor } = this.#deps;
    const modelPath = path.resolve(folderPath);
    if (!(statSync(modelPath, { throwIfNoEntry: false })?.isDirectory() ?? false)) {
      throw new StudioError('model.folder_missing', { folder: modelPath });
    }
    const jobId = ids.next();
    const spec = newJobSpec('convert', { folder: modelPath }, { id: jobId, nowMs: clock.nowMs() });
    await supervisor.start(spec, { dir: folder.jobDir(jobId), detached: false });
    return { jobId, path: modelPath };
  }
}
