import type { DownloadView } from '../../shared/contract/methods/models.ts';
import type { JobEvent } from '../../shared/protocol/events.ts';

type File = { path: string; bytes: number; doneBytes: number; verified: boolean };
type Seen = {
  files: Map<string, File>;
  totalBytes: number | undefined;
  waiting: DownloadView['waiting'];
  /** When how many bytes were there, for the speed of the last seconds. */
  marks: { atMs: number; bytes: number }[];
};

export type DownloadFigures = Pick<DownloadView, 'doneBytes' | 'files'> &
  Partial<Pick<DownloadView, 'totalBytes' | 'bytesPerSecond' | 'waiting'>>;

/** Speed is told over this much of the past. */
const SPEED_WINDOW_MS = 8000;
const SECOND_MS = 1000;

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
      marks: [],
    };
    this.#seen.set(jobId, seen);
    for (const event of events) apply(seen, event);
    const bytes = doneBytesOf(seen);
    const atMs = this.#nowMs();
    seen.marks.push({ atMs, bytes });
    while ((seen.marks[0]?.atMs ?? atMs) < atMs - SPEED_WINDOW_MS) seen.marks.shift();
  }

  of(jobId: string): DownloadFigures {
    const seen = this.#seen.get(jobId);
    if (seen === undefined) return { doneBytes: 0, files: [] };
    const speed = speedOf(seen);
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

function apply(seen: Seen, { type, data }: JobEvent): void {
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
  if (type === 'waiting') seen.waiting = { reason: data.reason, detail: data.detail };
}

function doneBytesOf(seen: Seen): number {
  let sum = 0;
  for (const file of seen.files.values()) sum += file.doneBytes;
  return sum;
}

function speedOf({ marks }: Seen): number | undefined {
  const first = marks[0];
  const last = marks.at(-1);
  if (first === undefined || last === undefined || last.atMs - first.atMs < SECOND_MS) return undefined;
  return Math.max(0, ((last.bytes - first.bytes) * SECOND_MS) / (last.atMs - first.atMs));
}
