import type { DownloadView } from '../../shared/contract/methods/models.ts';
import type { JobEvent } from '../../shared/protocol/events.ts';
import { ByteSpeed } from '../byte-speed.ts';

type File = { path: string; bytes: number; doneBytes: number; verified: boolean };
type Seen = {
  files: Map<string, File>;
  totalBytes: number | undefined;
  waiting: DownloadView['waiting'];
  speed: ByteSpeed;
};

export type DownloadFigures = Pick<DownloadView, 'doneBytes' | 'files'> &
  Partial<Pick<DownloadView, 'totalBytes' | 'bytesPerSecond' | 'waiting'>>;

/** What the events of download jobs have said in this life of the core; a later life lists anew. */
export class DownloadProgress {
  readonly #nowMs: () => number;
  readonly #seen = new Map<string, Seen>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  take(jobId: string, events: readonly JobEvent[]): void {
    const seen: Seen = this.#seen.get(jobId) ?? {
      files: new Map(),
      totalBytes: undefined,
      waiting: undefined,
      speed: new ByteSpeed(),
    };
    this.#seen.set(jobId, seen);
    for (const event of events) apply(seen, event);
    seen.speed.mark(this.#nowMs(), doneBytesOf(seen));
  }

  of(jobId: string): DownloadFigures {
    const seen = this.#seen.get(jobId);
    if (seen === undefined) return { doneBytes: 0, files: [] };
    const speed = seen.speed.perSecond;
    return {
      doneBytes: doneBytesOf(seen),
      files: [...seen.files.values()].map((file) => ({ ...file })),
      ...(seen.totalBytes === undefined ? {} : { totalBytes: seen.totalBytes }),
      ...(seen.waiting === undefined ? {} : { waiting: seen.waiting }),
      ...(speed === undefined ? {} : { bytesPerSecond: speed }),
    };
  }

  forget(jobId: string): void {
    this.#seen.delete(jobId);
  }
}

function apply(seen: Seen, { t, type, data }: JobEvent): void {
  if (type === 'listing') {
    seen.totalBytes = data.takenBytes;
    const taken = data.files.filter((file) => file.taken);
    seen.files = new Map(
      taken.map(({ path, bytes }) => [path, { path, bytes, doneBytes: 0, verified: false }]),
    );
  }
  if (type === 'file-progress') {
    const { path, bytes, doneBytes } = data;
    seen.files.set(path, { path, bytes, doneBytes, verified: false });
    seen.waiting = undefined;
  }
  if (type === 'file-verified') {
    const { path, bytes } = data;
    seen.files.set(path, { path, bytes, doneBytes: bytes, verified: true });
    seen.waiting = undefined;
  }
  if (type === 'waiting')
    seen.waiting = { reason: data.reason, detail: data.detail, untilMs: t + data.waitMs };
}

function doneBytesOf(seen: Seen): number {
  let sum = 0;
  for (const file of seen.files.values()) sum += file.doneBytes;
  return sum;
}
