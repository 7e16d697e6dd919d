import type { ReleasePartView } from '../../shared/contract/methods/releases.ts';
import type { JobEvent } from '../../shared/protocol/events.ts';

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
  /** When how many bytes were there, for the speed of the last seconds. */
  marks: { atMs: number; bytes: number }[];
};

export type UploadFigures = Readonly<{
  files: readonly ReleasePartView['files'][number][];
  phase: string | undefined;
  waiting: ReleasePartView['waiting'];
  bytesPerSecond: number | undefined;
}>;

const SPEED_WINDOW_MS = 8000;
const SECOND_MS = 1000;
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
      marks: [],
    };
    this.#seen.set(jobId, seen);
    for (const event of events) apply(seen, event);
    const atMs = this.#nowMs();
    seen.marks.push({ atMs, bytes: sentBytesOf(seen) });
    while ((seen.marks[0]?.atMs ?? atMs) < atMs - SPEED_WINDOW_MS) seen.marks.shift();
  }

  of(jobId: string | undefined): UploadFigures {
    const seen = jobId === undefined ? undefined : this.#seen.get(jobId);
    if (seen === undefined) return NOTHING;
    return {
      files: [...seen.files.values()].map((file) => ({ ...file })),
      phase: seen.phase,
      waiting: seen.waiting,
      bytesPerSecond: speedOf(seen),
    };
  }

  forget(jobId: string): void {
    this.#seen.delete(jobId);
  }
}

function apply(seen: Seen, { type, data }: JobEvent): void {
  if (type === 'phase') seen.phase = data.name;
  if (type === 'waiting') {
    seen.waiting = { reason: data.reason, detail: data.detail };
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
    seen.marks = [];
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

function speedOf({ marks }: Seen): number | undefined {
  const first = marks[0];
  const last = marks.at(-1);
  if (first === undefined || last === undefined || last.atMs - first.atMs < SECOND_MS) return undefined;
  return Math.max(0, ((last.bytes - first.bytes) * SECOND_MS) / (last.atMs - first.atMs));
}
