import path from 'node:path';

import type { ModelFacts } from '../../shared/contract/methods/models.ts';
import { readGgufHeader } from './gguf-header.ts';
import { readLicence } from './read-licence.ts';

/** `general.file_type` by number (llama.cpp's `llama_ftype`); the others are named by their number. */
const FILE_TYPES: Readonly<Record<number, string>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  7: 'Q8_0',
  8: 'Q5_0',
  9: 'Q5_1',
  10: 'Q2_K',
  11: 'Q3_K_S',
  12: 'Q3_K_M',
  13: 'Q3_K_L',
  14: 'Q4_K_S',
  15: 'Q4_K_M',
  16: 'Q5_K_S',
  17: 'Q5_K_M',
  18: 'Q6_K',
  19: 'IQ2_XXS',
  20: 'IQ2_XS',
  23: 'IQ3_XXS',
  25: 'IQ4_NL',
  30: 'IQ4_XS',
  32: 'BF16',
};
const MOST_NAME = 120;

/** What the header of a GGUF file says; it is for answering elsewhere, so it is never trained. Throws `model.gguf_broken`. */
export function inspectGguf(file: string): ModelFacts {
  const { values, parameters, bytes } = readGgufHeader(file);
  const text = (key: string): string | undefined => {
    const value = values.get(key);
    return typeof value === 'string' && value !== '' ? value.slice(0, MOST_NAME) : undefined;
  };
  const architecture = text('general.architecture') ?? 'GGUF';
  const positive = (key: string): number | undefined => {
    const value = values.get(`${architecture}.${key}`);
    return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
  };
  const fileType = values.get('general.file_type');
  const dtype = typeof fileType === 'number' ? (FILE_TYPES[fileType] ?? `type ${String(fileType)}`) : 'GGUF';
  const licence = text('general.license');
  const beside = licence === undefined ? readLicence(path.dirname(file)) : undefined;
  const facts = {
    layers: positive('block_count'),
    hiddenSize: positive('embedding_length'),
    heads: positive('attention.head_count'),
    kvHeads: positive('attention.head_count_kv'),
    maxPositions: positive('context_length'),
    licence: licence === undefined ? beside : { name: licence, file: path.basename(file) },
  };
  return {
    architecture,
    dtype,
    parameters,
    bytes,
    ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)),
    supported: false,
    reason: { code: 'model.gguf_not_trained', params: { file: path.basename(file) } },
  };
}
