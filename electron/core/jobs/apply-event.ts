import type { ErrorBody } from '../../shared/contract/studio-error.ts';
import { nextJobState } from '../../shared/domain/run-state.ts';
import type { JobEvent } from '../../shared/protocol/events.ts';
import type { JobRecord } from './job-record.ts';

/** What an event changes in the record of its job. Pure; the tail position is the tailer's affair. */
export function applyEvent(job: JobRecord, event: JobEvent): JobRecord {
  switch (event.type) {
    case 'started': {
      const { pid, osStartTime, bootId } = event.data;
      return {
        ...job,
        state: nextJobState(job.state, { kind: 'started' }),
        startedAtMs: event.t,
        process: { pid, osStartTime, bootId },
      };
    }
    case 'error':
      return { ...job, error: toErrorBody(event.data) };
    case 'result':
      return { ...job, result: event.data };
    case 'ended': {
      const { status, exitCode } = event.data;
      return {
        ...job,
        state: nextJobState(job.state, { kind: 'ended', status, exitCode }),
        exitCode,
        endedAtMs: job.endedAtMs ?? event.t,
      };
    }
    case 'phase':
    case 'progress':
    case 'device':
    case 'memory':
    case 'plan':
    case 'step':
    case 'eval':
    case 'sample':
    case 'checkpoint':
    case 'checkpoint-removed':
    case 'listing':
    case 'file-progress':
    case 'file-verified':
    case 'waiting':
    case 'hash-progress':
    case 'upload-plan':
    case 'file-sent':
    case 'control-ack':
    case 'control-done':
    case 'warning':
      return job;
  }
}

function toErrorBody(data: Extract<JobEvent, { type: 'error' }>['data']): ErrorBody {
  return { code: data.code, params: data.params, detail: data.detail ?? data.message };
}
