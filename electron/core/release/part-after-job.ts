import { toErrorBody } from '../../shared/contract/studio-error.ts';
import { uploadResultSchema, visibilityResultSchema } from '../../shared/protocol/upload.ts';
import type { ReleasePartRecord } from '../db/repositories/release-repository.ts';
import type { JobRecord } from '../jobs/job-record.ts';

/** What a part's record says once its job is over. */
export function partAfterJob(record: ReleasePartRecord, job: JobRecord): ReleasePartRecord {
  // What a person or a restart stopped is paused, not failed; what was killed while we looked on is told.
  if (job.state !== 'done') {
    const isTold = job.state === 'failed' || job.error?.code === 'job.killed';
    return isTold && job.error !== undefined ? { ...record, error: job.error } : record;
  }
  try {
    if (job.spec.kind === 'visibility') {
      return { ...record, visibility: visibilityResultSchema.parse(job.result).visibility };
    }
    const { files: _files, ...result } = uploadResultSchema.parse(job.result);
    if (job.spec.kind === 'upload' && job.spec.params.planOnly) return record;
    return { ...record, result, visibility: result.visibility };
  } catch (error) {
    return { ...record, error: toErrorBody(error) };
  }
}
