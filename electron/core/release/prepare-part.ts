import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { StudioError } from '../../shared/contract/studio-error.ts';
import type { JobParams } from '../../shared/protocol/job-spec.ts';
import { writeJsonFile } from '../write-json-file.ts';
import { isWeights } from './release-files.ts';
import type { BaseName, GeneratedFile, MadeCard, PartSource } from './release-source.ts';

const LIST_FILE = 'upload.json';
const FILES_DIR = 'files';
const SUMS_FILE = 'SHA256SUMS';
const EVIDENCE_FILE = 'evidence.json';
const CHUNK_BYTES = 1024 * 1024;

/** No path of this machine: a source's folder is looked up anew each time. */
const listSchema = z.strictObject({
  version: z.literal(1),
  files: z.array(
    z.strictObject({
      path: z.string(),
      from: z.enum(['source', 'generated']),
      bytes: z.int(),
      mtimeMs: z.number().optional(),
      sha256: z.string(),
    }),
  ),
});
type List = z.output<typeof listSchema>;
type ListedFile = List['files'][number];

export type Preparation = Readonly<{
  source: PartSource;
  generated: readonly GeneratedFile[];
  evidence: MadeCard['evidence'];
  /** What the settings of an adapter name as its base. */
  base: BaseName;
  known: ReadonlyMap<string, string>;
  signal: AbortSignal;
}>;

/**
 * Writes what a part has besides the files it comes from, and the list of all, with their SHA-256, below `dir`. A
 * list that is there is whole: an interrupted preparation has none. Throws `release.no_files`.
 */
export async function preparePart(dir: string, wanted: Preparation): Promise<void> {
  const { source, signal } = wanted;
  if (!source.files.some((file) => isWeights(file.path))) {
    throw new StudioError('release.no_files', { folder: source.folder });
  }
  rmSync(dir, { recursive: true, force: true });
  const generated = new Map(wanted.generated.map((file) => [file.path, file.content]));
  for (const [name, text] of rewrittenFiles(wanted)) generated.set(name, text);
  const files: ListedFile[] = [];
  for (const [name, content] of generated) {
    const file = path.join(dir, FILES_DIR, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    files.push(listedText(name, content));
  }
  for (const file of source.files) {
    // A card of ours, or a rewritten file, stands in place of what lies there.
    if (generated.has(file.path)) continue;
    const place = path.join(source.folder, file.path);
    const sha256 = wanted.known.get(file.path) ?? (await sha256Of(place, signal));
    files.push({ path: file.path, from: 'source', bytes: file.bytes, mtimeMs: file.mtimeMs, sha256 });
  }
  const evidence = wanted.evidence(
    files.sort(byPath).map(({ bytes, path: name, sha256 }) => ({ path: name, bytes, sha256 })),
  );
  writeFileSync(path.join(dir, FILES_DIR, EVIDENCE_FILE), evidence);
  const inOrder = [...files, listedText(EVIDENCE_FILE, evidence)].sort(byPath);
  const sums = inOrder.map(({ path: name, sha256 }) => `${sha256}  ${name}\n`).join('');
  writeFileSync(path.join(dir, FILES_DIR, SUMS_FILE), sums);
  const list: List = { version: 1, files: [...inOrder, listedText(SUMS_FILE, sums)] };
  writeJsonFile(path.join(dir, LIST_FILE), list);
}

const byPath = (a: ListedFile, b: ListedFile): number => (a.path < b.path ? -1 : 1);

/** What an upload job is given; undefined where the part is to be prepared, or a file has changed since it was. */
export function uploadFiles(dir: string, source: PartSource): JobParams<'upload'>['files'] | undefined {
  const list = readList(dir);
  if (list === undefined) return undefined;
  const files: JobParams<'upload'>['files'] = [];
  for (const file of list.files) {
    const root = file.from === 'source' ? source.folder : path.join(dir, FILES_DIR);
    const localPath = path.join(root, file.path);
    const stat = statSync(localPath, { throwIfNoEntry: false });
    const isSame =
      stat?.isFile() === true &&
      stat.size === file.bytes &&
      (file.mtimeMs === undefined || stat.mtimeMs === file.mtimeMs);
    if (!isSame) return undefined;
    files.push({ path: file.path, localPath, sha256: file.sha256 });
  }
  return files;
}

/** Names and sizes of a prepared part; empty before. */
export function listedFiles(dir: string): readonly Readonly<{ path: string; bytes: number }>[] {
  return readList(dir)?.files.map(({ path: name, bytes }) => ({ path: name, bytes })) ?? [];
}

function readList(dir: string): List | undefined {
  try {
    return listSchema.parse(JSON.parse(readFileSync(path.join(dir, LIST_FILE), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Settings name folders of this machine; what leaves it names the base as hubs do. */
function rewrittenFiles({ source, base }: Preparation): readonly (readonly [string, string])[] {
  const read = (name: string): Record<string, unknown> =>
    z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path.join(source.folder, name), 'utf8')));
  const write = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
  return source.files.flatMap((file): (readonly [string, string])[] => {
    if (file.path === 'adapter_config.json') {
      const config = read(file.path);
      const name = base.id ?? base.name;
      const revision = base.id === undefined ? null : (base.revision ?? null);
      return [[file.path, write({ ...config, base_model_name_or_path: name, revision })]];
    }
    if (file.path !== 'config.json' && file.path !== 'tokenizer_config.json') return [];
    const config = read(file.path);
    const kept = Object.entries(config).filter(([key]) => key !== '_name_or_path' && key !== 'name_or_path');
    return kept.length === Object.keys(config).length ? [] : [[file.path, write(Object.fromEntries(kept))]];
  });
}

function listedText(name: string, content: string | Uint8Array): ListedFile {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path: name, from: 'generated', bytes: bytes.length, sha256 };
}

async function sha256Of(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES, signal })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}
