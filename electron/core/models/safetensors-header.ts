import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { isObject, parseStrictObject } from './strict-json.ts';

/** The limit of the safetensors library. */
const MAX_HEADER_BYTES = 100_000_000;
const PREFIX_BYTES = 8;

const DTYPE_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

const OPENING_BRACE = 0x7b;
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

export type TensorInfo = Readonly<{ dtype: string; shape: readonly number[]; bytes: number }>;

/**
 * Reads and checks the header of one safetensors file; no tensor is read. Throws `model.shard_broken` for a
 * file that is cut short, has another format, or contradicts itself.
 * Format: 8 bytes little-endian header length, JSON header, data (safetensors README).
 */
export function readSafetensorsHeader(file: string): ReadonlyMap<string, TensorInfo> {
  try {
    const descriptor = openSync(file, 'r');
    try {
      return parseHeader(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new StudioError('model.shard_broken', { file: path.basename(file) }, { detail, cause: error });
  }
}

function parseHeader(descriptor: number): ReadonlyMap<string, TensorInfo> {
  const fileBytes = fstatSync(descriptor).size;
  const prefix = readExactly(descriptor, 0, PREFIX_BYTES);
  const headerBytes = Number(prefix.readBigUInt64LE());
  if (headerBytes > Math.min(MAX_HEADER_BYTES, fileBytes - PREFIX_BYTES)) {
    throw new Error(`header length ${headerBytes} exceeds the file`);
  }
  const data = readExactly(descriptor, PREFIX_BYTES, headerBytes);
  if (data[0] !== OPENING_BRACE) throw new Error('the header does not begin with an object');
  const entries = parseStrictObject(data);
  const metadata = entries['__metadata__'] === undefined ? {} : entries['__metadata__'];
  if (!isObject(metadata) || Object.values(metadata).some((text) => typeof text !== 'string')) {
    throw new Error('__metadata__ is not a map of texts');
  }
  const infos = new Map<string, TensorInfo>();
  const spans: (readonly [begin: number, end: number])[] = [];
  for (const [name, value] of Object.entries(entries)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = entrySchema.parse(value);
    const bytes = offsets[1] - offsets[0];
    const itemBytes = DTYPE_BYTES[dtype];
    const count = shape.reduce((product, size) => product * size, 1);
    if (bytes < 0 || (itemBytes !== undefined && count * itemBytes !== bytes)) {
      throw new Error(`${name}: size does not match its shape`);
    }
    spans.push(offsets);
    infos.set(name, { dtype, shape, bytes });
  }
  const dataEnd = contiguousEnd(spans);
  const dataBytes = fileBytes - PREFIX_BYTES - headerBytes;
  if (dataEnd !== dataBytes) {
    throw new Error(`holds ${dataBytes} data bytes where its header states ${dataEnd}`);
  }
  return infos;
}

/** Tensors stand one behind the other: bytes that two share, or that none owns, are no safetensors file. */
function contiguousEnd(spans: readonly (readonly [begin: number, end: number])[]): number {
  let taken = 0;
  for (const [begin, end] of [...spans].sort((left, right) => left[0] - right[0] || left[1] - right[1])) {
    if (begin !== taken) throw new Error(`a tensor begins at ${begin} where ${taken} bytes are taken`);
    taken = end;
  }
  return taken;
}

function readExactly(descriptor: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  const read = readSync(descriptor, buffer, 0, length, position);
  if (read !== length) throw new Error(`ends after ${position + read} bytes`);
  return buffer;
}
