import { readFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { decodeEventLine, MAX_LINE_BYTES } from '../../../electron/core/jobs/event-line.ts';
import { EVENT_DATA } from '../../../electron/shared/protocol/events.ts';
import { PROTOCOL_SCHEMAS } from '../../../electron/shared/protocol/schemas.ts';

// The same files are read by test/python/test_jobs_wire.py: a change on one side alone fails the other.
const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, '../../fixtures/protocol', name), 'utf8'));

type Emitted = { seq: number; t: number; type: string; data: unknown };
const lines = fixture('event-lines.json') as { emit: Emitted; line: string }[];
const bad = fixture('bad-event-lines.json') as {
  wire: { name: string; line: string; reason: string }[];
  form: { name: string; line: string }[];
  unknown: { name: string; line: string; type: string }[];
};
const specs = fixture('job-specs.json') as { name: string; value: unknown; field: string | null }[];
const small = fixture('small-files.json') as {
  schema: 'Control' | 'Heartbeat';
  name: string;
  value: unknown;
  field: string | null;
}[];

/** The fixture writes what Python was given; on the wire it is null. */
const asSent = (value: unknown): unknown => {
  if (typeof value === 'string' && /^-?Infinity$|^NaN$/u.test(value)) return null;
  if (Array.isArray(value)) return value.map(asSent);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asSent(item)]));
};

test('the golden lines cover every event type', () => {
  const types = new Set(lines.map(({ emit }) => emit.type));
  expect([...types].sort()).toEqual(Object.keys(EVENT_DATA).sort());
});

test.each(lines.map(({ emit, line }) => [emit.type, emit.seq, emit, line] as const))(
  'golden line of %s (%i) is read as what was sent',
  (_type, _seq, emit, line) => {
    const decoded = decodeEventLine(Buffer.from(line), emit.seq);
    if (decoded.kind !== 'event') throw new Error(JSON.stringify(decoded));
    expect(decoded.event).toMatchObject({ v: 1, seq: emit.seq, t: emit.t, type: emit.type });
    const { nonFinite, ...data } = decoded.event.data as Record<string, unknown>;
    expect(data).toEqual(asSent(emit.data));
    expect(nonFinite !== undefined).toBe(/NaN|Infinity/u.test(JSON.stringify(emit.data)));
  },
);

test.each(bad.wire)('$name is a violation', ({ line, reason }) => {
  const decoded = decodeEventLine(Buffer.from(line), 1);
  expect(decoded.kind).toBe('violation');
  expect(decoded.kind === 'violation' ? decoded.reason : '').toContain(reason);
});

test.each(bad.form)('$name in a whole line is a violation', ({ line }) => {
  expect(decodeEventLine(Buffer.from(line), 1).kind).toBe('violation');
});

test.each(bad.unknown)('$name is unknown, not a violation', ({ line, type }) => {
  expect(decodeEventLine(Buffer.from(line), 1)).toEqual({ kind: 'unknown', seq: 1, type });
});

test.each(specs)('job spec: $name', ({ value, field }) => {
  const parsed = PROTOCOL_SCHEMAS.JobSpec.safeParse(value);
  expect(parsed.success).toBe(field === null);
  if (field === null) return;
  const named = parsed.error?.issues.flatMap((issue) => [
    issue.path.join('.'),
    ...(issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : []),
  ]);
  expect(named).toContain(field);
});

test.each(small)('$schema: $name', ({ schema, value, field }) => {
  const parsed = PROTOCOL_SCHEMAS[schema].safeParse(value);
  expect(parsed.success).toBe(field === null);
});

test('no single changed byte of a line goes unnoticed', () => {
  const { emit, line } = lines[5] ?? { emit: { seq: 0 }, line: '' };
  const original = Buffer.from(line);
  fc.assert(
    fc.property(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), (index, flip) => {
      const changed = Buffer.from(original);
      changed[index] = (changed[index] ?? 0) ^ flip;
      return decodeEventLine(changed, emit.seq).kind === 'violation';
    }),
  );
});

test('a line as long as the limit is refused even where it is whole', () => {
  const payload = `{"v":1,"seq":1,"t":1,"type":"result","data":{"x":"${'a'.repeat(MAX_LINE_BYTES)}"}`;
  const line = `${payload},"crc":"${crc32(payload).toString(16).padStart(8, '0')}"}`;
  expect(decodeEventLine(Buffer.from(line), 1)).toMatchObject({ kind: 'violation' });
});
