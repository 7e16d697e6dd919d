import type { ErrorBody } from '../../shared/contract/studio-error.ts';
import type { JobState } from '../../shared/domain/run-state.ts';
import { EXIT_CODES } from '../../shared/protocol/exit-codes.ts';
import type { JobRecord } from './job-record.ts';

/** How a process that wrote no `ended` left, as far as anybody knows. */
export type SilentExit =
  | Readonly<{ kind: 'exited'; exitCode: number | undefined; signal: string | undefined }>
  | Readonly<{ kind: 'vanished' }>;

/**
 * The error of a job whose process is gone without a word, given the state it comes to. Undefined where
 * there is nothing to explain (it was stopped) or the job said itself what is wrong.
 */
export function silentExitError(
  job: JobRecord,
  state: JobState,
  exit: SilentExit,
  logTail: string,
): ErrorBody | undefined {
  if (job.error !== undefined || state === 'stopped' || state === 'done') return job.error;
  const detail = logTail === '' ? {} : { detail: logTail };
  const code = (name: string, params: Readonly<Record<string, unknown>>): ErrorBody => ({
    code: name,
    params,
    ...detail,
  });
  if (exit.kind === 'vanished') {
    return job.startedAtMs === undefined ? code('job.never_started', {}) : code('job.vanished', {});
  }
  if (exit.signal !== undefined) {
    return state === 'interrupted'
      ? code('job.killed', { signal: exit.signal })
      : code('job.crashed', { reason: exit.signal });
  }
  switch (exit.exitCode) {
    case EXIT_CODES.outOfGpuMemory:
      return code('job.out_of_memory', { reason: `exit code ${EXIT_CODES.outOfGpuMemory}` });
    case EXIT_CODES.environment:
      return code('job.environment_broken', { reason: `exit code ${EXIT_CODES.environment}`, module: '' });
    case EXIT_CODES.diskFull:
      return code('job.disk_full', { path: job.dir });
    case undefined:
    default:
      return job.startedAtMs === undefined
        ? code('job.never_started', { exitCode: exit.exitCode })
        : code('job.ended_silently', { exitCode: exit.exitCode });
  }
}
