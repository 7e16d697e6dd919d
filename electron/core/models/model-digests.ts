import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { z } from 'zod';

import type { DigestState, ModelsTopicData } from '../../shared/contract/methods/models.ts';
import type { ModelRecord } from '../db/repositories/model-repository.ts';
import type { JobLog } from '../jobs/job-log.ts';
import { writeJsonFile } from '../write-json-file.ts';

export type ModelDigestsDeps = Readonly<{
  /** A record that stands now. */
  byId: (id: string) => ModelRecord | undefined;
  modelDir: (id: string) => string;
  publish: () => void;
  /** While something trains, its reading comes first. */
  isBusy: () => boolean;
  nowMs: () => number;
  log: JobLog;
}>;

const FRAME_MS = 250;
const BUSY_PAUSE_MS = 5000;
const CHUNK_BYTES = 1024 * 1024;
/** A snapshot has tens of files; a folder with more is somebody's disk. */
const MOST_FILES = 2000;
const MOST_DEPTH = 4;

const keptSchema = z.object({
  version: z.literal(1),
  files: z.array(z.object({ name: z.string(), bytes: z.int(), mtimeMs: z.number(), sha256: z.string() })),
});
type Kept = z.output<typeof keptSchema>['files'][number];
type File = Readonly<{ name: string; path: string; bytes: number; mtimeMs: number }>;

/**
 * SHA-256 of the files of models, computed one file after another beside everything else. Each is kept with its
 * file's size and time, so that a later start goes on with what is left and a changed file is read anew.
 */
export class ModelDigests {
  readonly #deps: ModelDigestsDeps;
  /** What waits, in order; whether somebody asked for it, so that it does not wait for a run to end. */
  readonly #waiting = new Map<string, Readonly<{ asked: boolean }>>();
  readonly #disposed = new AbortController();
  #current: Readonly<{ modelId: string; abort: AbortController }> | undefined;
  #progress: ModelsTopicData['digesting'] = null;
  #working: Promise<void> | undefined;

  constructor(deps: ModelDigestsDeps) {
    this.#deps = deps;
  }

  /** What is read now. */
  get digesting(): ModelsTopicData['digesting'] {
    return this.#progress;
  }

  state(model: ModelRecord): DigestState {
    const known = this.#known(model.id);
    const files = filesOf(model).map((file) => {
      const sha256 = known.get(stampOf(file))?.sha256;
      return { name: file.name, bytes: file.bytes, ...(sha256 === undefined ? {} : { sha256 }) };
    });
    const done = files.filter((file) => file.sha256 !== undefined);
    const sum = (list: readonly { bytes: number }[]): number => list.reduce((all, one) => all + one.bytes, 0);
    const isRunning = this.#progress?.modelId === model.id;
    return {
      state: isRunning
        ? 'running'
        : this.#waiting.has(model.id)
          ? 'waiting'
          : done.length === 0
            ? 'none'
            : done.length < files.length
              ? 'partial'
              : 'whole',
      doneBytes: isRunning && this.#progress !== null ? this.#progress.doneBytes : sum(done),
      totalBytes: sum(files),
      files,
    };
  }

  /** Puts a model in line. `asked`: by a person, who does not want to wait for a run to end. */
  start(modelId: string, options: Readonly<{ asked: boolean }>): void {
    if (this.#disposed.signal.aborted || this.#current?.modelId === modelId) return;
    this.#waiting.set(modelId, options);
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  stop(modelId: string): void {
    this.#waiting.delete(modelId);
    if (this.#current?.modelId === modelId) this.#current.abort.abort();
  }

  /** What a download has computed already. */
  keep(model: ModelRecord, digests: ReadonlyMap<string, string>): void {
    const files = filesOf(model).flatMap((file): Kept[] => {
      const sha256 = digests.get(file.name);
      return sha256 === undefined ? [] : [{ ...stampOnly(file), sha256 }];
    });
    writeJsonFile(this.#file(model.id), { version: 1, files });
  }

  /** Resolves when nothing waits and nothing is read. */
  async settled(): Promise<void> {
    await this.#working;
  }

  async dispose(): Promise<void> {
    this.#waiting.clear();
    this.#disposed.abort();
    this.#current?.abort.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    for (;;) {
      const next = [...this.#waiting].find(([, { asked }]) => asked || !this.#deps.isBusy());
      if (next === undefined) {
        if (this.#waiting.size === 0 || this.#disposed.signal.aborted) return;
        await delay(BUSY_PAUSE_MS, undefined, { signal: this.#disposed.signal, ref: false }).catch(
          () => undefined,
        );
        continue;
      }
      const [modelId] = next;
      this.#waiting.delete(modelId);
      const abort = new AbortController();
      this.#current = { modelId, abort };
      try {
        await this.#computeModel(modelId, abort.signal);
      } catch (error) {
        if (!abort.signal.aborted) this.#deps.log.warn({ error, modelId }, 'a model could not be hashed');
      }
      this.#current = undefined;
      this.#tell(null);
    }
  }

  async #computeModel(modelId: string, signal: AbortSignal): Promise<void> {
    const model = this.#deps.byId(modelId);
    if (model === undefined) return;
    const known = this.#known(modelId);
    const files = filesOf(model);
    const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const kept: Kept[] = [];
    let doneBytes = 0;
    for (const file of files) {
      const have = known.get(stampOf(file));
      if (have !== undefined) kept.push(have);
      doneBytes += have === undefined ? 0 : file.bytes;
    }
    let toldAtMs = 0;
    for (const file of files) {
      if (known.has(stampOf(file))) continue;
      const before = doneBytes;
      const sha256 = await sha256Of(file.path, signal, (bytes) => {
        doneBytes = before + bytes;
        if (this.#deps.nowMs() - toldAtMs < FRAME_MS) return;
        toldAtMs = this.#deps.nowMs();
        this.#tell({ modelId, doneBytes, totalBytes });
      });
      // Removed while it was read: nothing is written where its folder was.
      if (this.#deps.byId(modelId) === undefined) return;
      kept.push({ ...stampOnly(file), sha256 });
      writeJsonFile(this.#file(modelId), { version: 1, files: kept });
    }
  }

  #tell(digesting: ModelsTopicData['digesting']): void {
    this.#progress = digesting;
    this.#deps.publish();
  }

  #file(modelId: string): string {
    return path.join(this.#deps.modelDir(modelId), 'digests.json');
  }

  #known(modelId: string): ReadonlyMap<string, Kept> {
    try {
      const { files } = keptSchema.parse(JSON.parse(readFileSync(this.#file(modelId), 'utf8')));
      return new Map(files.map((file) => [stampOf(file), file]));
    } catch {
      return new Map();
    }
  }
}

type Stamp = Readonly<{ name: string; bytes: number; mtimeMs: number }>;
const stampOnly = ({ name, bytes, mtimeMs }: Stamp): Stamp => ({ name, bytes, mtimeMs });
const stampOf = ({ name, bytes, mtimeMs }: Stamp): string => JSON.stringify([name, bytes, mtimeMs]);

/** The files of a model, by their paths below it; a GGUF model is one file. Links are followed, hidden folders not. */
function filesOf(model: ModelRecord): readonly File[] {
  const files: File[] = [];
  const add = (place: string, name: string, depth: number): void => {
    const stat = statSync(place, { throwIfNoEntry: false });
    if (stat === undefined || files.length >= MOST_FILES) return;
    if (stat.isFile()) files.push({ name, path: place, bytes: stat.size, mtimeMs: stat.mtimeMs });
    if (!stat.isDirectory() || depth >= MOST_DEPTH) return;
    for (const entry of readdirSync(place).sort()) {
      if (!entry.startsWith('.'))
        add(path.join(place, entry), name === '' ? entry : `${name}/${entry}`, depth + 1);
    }
  };
  try {
    add(model.path, model.kind === 'gguf' ? path.basename(model.path) : '', 0);
  } catch {
    // A folder that cannot be read has no digests; the record itself says what is wrong with it.
  }
  return files;
}

async function sha256Of(
  file: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES, signal })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    onBytes(bytes);
  }
  return hash.digest('hex');
}
