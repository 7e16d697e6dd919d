import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';

/** What this reader needs of a file's metadata; arrays (the vocabulary) are passed over. */
export type GgufHeader = Readonly<{
  values: ReadonlyMap<string, string | number | boolean>;
  tensors: number;
  parameters: number;
  /** Bytes of the whole file. */
  bytes: number;
}>;

const MAGIC = 'GGUF';
const CHUNK_BYTES = 1024 * 1024;
/** Vocabularies of 250,000 pieces with their merges take about 15 MB. */
const MOST_HEADER_BYTES = 256 * 1024 * 1024;
const MOST_ENTRIES = 1_000_000;
const MOST_KEY_BYTES = 65_535;
const MOST_KEPT_TEXT = 4096;
const MOST_DIMENSIONS = 8;

/** Value types of the format by number (ggml docs/gguf.md): bytes of the fixed ones. */
const FIXED_BYTES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const TEXT = 8;
const ARRAY = 9;

/**
 * Reads the header of a GGUF file (versions 2 and 3, little-endian); no tensor is read. Throws `model.gguf_broken`.
 */
export function readGgufHeader(file: string): GgufHeader {
  try {
    const descriptor = openSync(file, 'r');
    try {
      return parseHeader(new Cursor(descriptor));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new StudioError('model.gguf_broken', { file: path.basename(file) }, { detail, cause: error });
  }
}

/** Whether a file begins as GGUF files do. */
export function isGgufFile(file: string): boolean {
  try {
    const descriptor = openSync(file, 'r');
    try {
      return new Cursor(descriptor).take(4).toString('latin1') === MAGIC;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}

function parseHeader(cursor: Cursor): GgufHeader {
  if (cursor.take(4).toString('latin1') !== MAGIC) throw new Error('does not begin as a GGUF file');
  const version = cursor.take(4).readUInt32LE();
  if (version !== 2 && version !== 3) throw new Error(`version ${String(version)} is not known`);
  const tensors = cursor.count();
  const entries = cursor.count();
  const values = new Map<string, string | number | boolean>();
  for (let at = 0; at < entries; at += 1) {
    const key = cursor.text(MOST_KEY_BYTES);
    const value = readValue(cursor, cursor.take(4).readUInt32LE());
    if (value !== undefined) values.set(key, value);
  }
  let parameters = 0;
  for (let at = 0; at < tensors; at += 1) {
    cursor.text(MOST_KEY_BYTES);
    const dimensions = cursor.take(4).readUInt32LE();
    if (dimensions > MOST_DIMENSIONS) throw new Error(`a tensor of ${String(dimensions)} dimensions`);
    let elements = 1;
    for (let index = 0; index < dimensions; index += 1) elements *= cursor.integer();
    cursor.skip(4 + 8);
    parameters += elements;
  }
  if (!Number.isSafeInteger(parameters)) throw new Error('tensors of impossible size');
  return { values, tensors, parameters, bytes: cursor.fileBytes };
}

function readValue(cursor: Cursor, type: number): string | number | boolean | undefined {
  if (type === TEXT) return cursor.text(MOST_HEADER_BYTES).slice(0, MOST_KEPT_TEXT);
  if (type === ARRAY) {
    const itemType = cursor.take(4).readUInt32LE();
    const length = cursor.integer();
    const fixed = FIXED_BYTES[itemType];
    if (fixed !== undefined) cursor.skip(length * fixed);
    else if (itemType === TEXT) for (let at = 0; at < length; at += 1) cursor.skip(cursor.integer());
    else throw new Error(`an array of type ${String(itemType)}`);
    return undefined;
  }
  const bytes = FIXED_BYTES[type];
  if (bytes === undefined) throw new Error(`a value of type ${String(type)}`);
  return numberOf(cursor.take(bytes), type);
}

function numberOf(raw: Buffer, type: number): number | boolean {
  switch (type) {
    case 0:
      return raw.readUInt8();
    case 1:
      return raw.readInt8();
    case 2:
      return raw.readUInt16LE();
    case 3:
      return raw.readInt16LE();
    case 4:
      return raw.readUInt32LE();
    case 5:
      return raw.readInt32LE();
    case 6:
      return raw.readFloatLE();
    case 7:
      return raw.readUInt8() !== 0;
    case 10:
      return Number(raw.readBigUInt64LE());
    case 11:
      return Number(raw.readBigInt64LE());
    default:
      return raw.readDoubleLE();
  }
}

/** Reads a file from its beginning in chunks; nothing beyond the header's limit is read or skipped to. */
class Cursor {
  readonly fileBytes: number;
  readonly #descriptor: number;
  readonly #limit: number;
  #chunk: Buffer = Buffer.alloc(0);
  #chunkStart = 0;
  #at = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.fileBytes = fstatSync(descriptor).size;
    this.#limit = Math.min(this.fileBytes, MOST_HEADER_BYTES);
  }

  take(bytes: number): Buffer {
    this.#require(bytes);
    const start = this.#at - this.#chunkStart;
    if (start < 0 || start + bytes > this.#chunk.length) {
      this.#chunk = Buffer.alloc(Math.max(bytes, CHUNK_BYTES));
      this.#chunkStart = this.#at;
      const read = readSync(this.#descriptor, this.#chunk, 0, this.#chunk.length, this.#at);
      this.#chunk = this.#chunk.subarray(0, read);
      if (read < bytes) throw new Error(`ends after ${String(this.#at + read)} bytes`);
    }
    const from = this.#at - this.#chunkStart;
    this.#at += bytes;
    return this.#chunk.subarray(from, from + bytes);
  }

  skip(bytes: number): void {
    this.#require(bytes);
    this.#at += bytes;
  }

  integer(): number {
    const value = Number(this.take(8).readBigUInt64LE());
    if (!Number.isSafeInteger(value)) throw new Error('a length beyond any file');
    return value;
  }

  count(): number {
    const value = this.integer();
    if (value > MOST_ENTRIES) throw new Error(`${String(value)} entries`);
    return value;
  }

  text(most: number): string {
    const length = this.integer();
    if (length > most) throw new Error(`a text of ${String(length)} bytes`);
    return this.take(length).toString('utf8');
  }

  #require(bytes: number): void {
    if (bytes < 0 || this.#at + bytes > this.#limit)
      throw new Error(`ends after ${String(this.#limit)} bytes`);
  }
}
