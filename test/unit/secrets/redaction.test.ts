import { readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, it } from 'vitest';

import { createRedactor } from '../../../electron/core/log/redactor.ts';
import { StudioError, toErrorBody } from '../../../electron/shared/contract/studio-error.ts';
import { redact, redactValue } from '../../../electron/shared/domain/redact.ts';

type Golden = Readonly<{ known: string[]; cases: [name: string, text: string, expected: string][] }>;

const golden = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../../fixtures/redaction/cases.json'), 'utf8'),
) as Golden;
const TOKEN = 'ms-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';

it.each(golden.cases)('%s', (_name, text, expected) => {
  expect(redact(text, golden.known)).toBe(expected);
});

// Catches: a pattern that eats the quote behind the secret, after which a line of the log is no JSON any more.
it.each(golden.cases)('%s, as a JSON line of a log', (_name, text, expected) => {
  expect(JSON.parse(redact(JSON.stringify({ text }), golden.known))).toEqual({ text: expected });
});

it('takes a secret out of whatever is thrown, before it crosses to a page', () => {
  const coded = toErrorBody(
    new StudioError(
      'host.address_refused',
      { url: `https://x/?sig=${TOKEN}` },
      { detail: `Bearer ${TOKEN}` },
    ),
  );
  const defect = toErrorBody(new Error(`PUT failed: ${TOKEN}`));
  expect(JSON.stringify([coded, defect])).not.toContain(TOKEN);
  expect(coded).toMatchObject({ params: { url: 'https://x/?sig=[redacted]' }, detail: 'Bearer [redacted]' });
});

it('gives a value back as it is where there is nothing to take out', () => {
  const value = { a: [1, 'two', { b: null }], c: undefined };
  expect(redactValue(value)).toBe(value);
});

it('knows a handed secret until the last job that holds it is gone', () => {
  const redactor = createRedactor();
  const secret = 'a secret of no known form';
  const first = redactor.learn([secret]);
  const second = redactor.learn([secret]);
  first.dispose();
  first.dispose();
  expect(redactor.text(`so: ${secret}`)).toBe('so: [redacted]');
  second.dispose();
  expect(redactor.text(`so: ${secret}`)).toBe(`so: ${secret}`);
});
