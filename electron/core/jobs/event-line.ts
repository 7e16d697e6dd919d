import { crc32 } from 'node:zlib';

import type { JobEvent } from '../../shared/protocol/events.ts';
import { EVENT_DATA, jobEventSchema } from '../../shared/protocol/events.ts';

/** The writer keeps the same limit (`legal_eagle/jobs/wire.py`): a longer line is not a line but garbage. */
export const MAX_LINE_BYTES = 1 << 20;

const CRC_KEY = ',"crc":"';
const CRC_TAIL = /^,"crc":"([0-9a-f]{8})"\}$/u;
const CRC_TAIL_BYTES = CRC_KEY.length + 8 + 2;

export type DecodedLine =
  | Readonly<{ kind: 'event'; event: JobEvent }>
  /** A type that a newer runtime writes; numbered like any other and left out. */
  | Readonly<{ kind: 'unknown'; seq: number; type: string }>
  | Readonly<{ kind: 'violation'; reason: string }>;

/** Reads one complete line without its newline and checks its crc, its number and its form. */
export function decodeEventLine(line: Buffer, expectedSeq: number): DecodedLine {
  if (line.length >= MAX_LINE_BYTES) return violation(`a line is longer than ${MAX_LINE_BYTES} bytes`);
  const payload = line.subarray(0, -CRC_TAIL_BYTES);
  const tail = CRC_TAIL.exec(line.subarray(-CRC_TAIL_BYTES).toString('latin1'));
  if (tail?.[1] === undefined) return violation('the line does not end in a crc');
  const actual = crc32(payload).toString(16).padStart(8, '0');
  if (actual !== tail[1]) return violation(`crc is ${tail[1]}, the bytes give ${actual}`);
  const body = parseObject(`${payload.toString('utf8')}}`);
  if (body === undefined) return violation('the line is not a JSON object');
  const { seq, type } = body;
  if (seq !== expectedSeq) return violation(`seq is ${JSON.stringify(seq)}, expected ${expectedSeq}`);
  if (typeof type !== 'string') return violation('the event has no type');
  if (!Object.hasOwn(EVENT_DATA, type)) return { kind: 'unknown', seq: expectedSeq, type };
  const parsed = jobEventSchema.safeParse(body);
  if (parsed.success) return { kind: 'event', event: parsed.data };
  const issue = parsed.error.issues[0];
  return violation(`event ${type}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'invalid'}`);
}

function violation(reason: string): DecodedLine {
  return { kind: 'violation', reason };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
