import type { ReleasePartView } from '../../shared/contract/methods/releases.ts';
import type { JobEvent } from '../../shared/protocol/events.ts';
import { ByteSpeed } from '../byte-speed.ts';

type File = {
  path: string;
  bytes: number;
  doneBytes: number;
  state: ReleasePartView['files'][number]['state'];
};
type Seen = {
  files: Map<string, File>;
  phase: string | undefined;
  waiting: ReleasePartView['waiting'];
  speed: ByteSpeed;
};

export type UploadFigures = Readonly<{
  files: readonly ReleasePartView['files'][number][];
  phase: string | undefined;
  waiting: ReleasePartView['waiting'];
  bytesPerSecond: number | undefined;
}>;

const NOTHING: UploadFigures = { files: [], phase: undefined, waiting: undefined, bytesPerSecond: undefined };

/** What the events of upload jobs have said in this life of the core. */
export class UploadProgress {
  readonly #nowMs: () => number;
  readonly #seen = new Map<string, Seen>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  take(jobId: string, events: readonly JobEvent[]): void {
    const seen: Seen = this.#seen.get(jobId) ?? {
      files: new Map(),
      phase: undefined,
      waiting: undefined,
      speed: new ByteSpeed(),
    };
    this.#seen.set(jobId, seen);
    for (const event of events) apply(seen, event);
    seen.speed.mark(this.#nowMs(), sentBytesOf(seen));
  }

  of(jobId: string | undefined): UploadFigures {
    const seen = jobId === undefined ? undefined : this.#seen.get(jobId);
    if (seen === undefined) return NOTHING;
    return {
      files: [...seen.files.values()].map((file) => ({ ...file })),
      phase: seen.phase,
      waiting: seen.waiting,
      bytesPerSecond: seen.speed.perSecond,
    };
  }

  forget(jobId: string): void {
    this.#seen.delete(jobId);
  }
}

function apply(seen: Seen, { t, type, data }: JobEvent): void {
  if (type === 'phase') seen.phase = data.name;
  if (type === 'waiting') {
    seen.waiting = { reason: data.reason, detail: data.detail, untilMs: t + data.waitMs };
    return;
  }
  if (type === 'phase' || type === 'hash-progress' || type === 'file-progress' || type === 'file-sent') {
    seen.waiting = undefined;
  }
  if (type === 'hash-progress') {
    const { path, bytes, doneBytes } = data;
    seen.files.set(path, { path, bytes, doneBytes, state: doneBytes < bytes ? 'hashing' : 'hashed' });
  }
  if (type === 'upload-plan') {
    const files = data.files.map(({ path, bytes, change }): [string, File] => {
      const isThere = change === 'same';
      return [path, { path, bytes, doneBytes: isThere ? bytes : 0, state: isThere ? 'reused' : 'waiting' }];
    });
    seen.files = new Map(files);
    seen.speed.restart();
  }
  if (type === 'file-progress') {
    const { path, bytes, doneBytes } = data;
    seen.files.set(path, { path, bytes, doneBytes, state: 'sending' });
  }
  if (type === 'file-sent') {
    const { path, bytes, reused } = data;
    seen.files.set(path, { path, bytes, doneBytes: bytes, state: reused ? 'reused' : 'sent' });
  }
}

/** Bytes that left this machine: what the hub had already says nothing of the line. */
function sentBytesOf({ files }: Seen): number {
  let sum = 0;
  for (const file of files.values()) if (file.state !== 'reused') sum += file.doneBytes;
  return sum;
}
