import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { StudioError } from '../../shared/contract/studio-error.ts';

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
  const text = readExactly(descriptor, PREFIX_BYTES, headerBytes).toString('utf8');
  const entries = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  const infos = new Map<string, TensorInfo>();
  let dataEnd = 0;
  for (const [name, value] of Object.entries(entries)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = entrySchema.parse(value);
    const bytes = offsets[1] - offsets[0];
    const itemBytes = DTYPE_BYTES[dtype];
    const count = shape.reduce((product, size) => product * size, 1);
    if (bytes < 0 || (itemBytes !== undefined && count * itemBytes !== bytes)) {
      throw new Error(`${name}: size does not match its shape`);
    }
    dataEnd = Math.max(dataEnd, offsets[1]);
    infos.set(name, { dtype, shape, bytes });
  }
  const dataBytes = fileBytes - PREFIX_BYTES - headerBytes;
  if (dataEnd !== dataBytes) {
    throw new Error(`holds ${dataBytes} data bytes where its header states ${dataEnd}`);
  }
  return infos;
}

function readExactly(descriptor: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  const read = readSync(descriptor, buffer, 0, length, position);
  if (read !== length) throw new Error(`ends after ${position + read} bytes`);
  return buffer;
}
