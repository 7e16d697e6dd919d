import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { describeError, ERROR_TABLES } from '../../../electron/shared/contract/errors/index.ts';
import type { ErrorTable } from '../../../electron/shared/contract/errors/error-table.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const TABLES_DIR = 'electron/shared/contract/errors/';

const tables: Readonly<Record<string, ErrorTable>> = ERROR_TABLES;
const allCodes = Object.values(tables).flatMap((table) => Object.keys(table));
const domains = [...new Set(allCodes.map((code) => code.slice(0, code.indexOf('.'))))];
const CODE = `(?:${domains.join('|')})(?:\\.[a-z][a-z0-9_]*)+`;
/** A whole string that is a code; files and tensors have such names too, so this finds uses, not faults. */
const MENTION = new RegExp(`(["'\`])(${CODE})\\1`, 'gu');
/** The places where a code is raised: both languages' error classes, error bodies, and problems of rows. */
const RAISED = new RegExp(
  `(?:Error|Problem|raise|refuse)\\(\\s*["'](${CODE})["']|code["']?[:=] ?["'](${CODE})["']`,
  'gu',
);

/** Every source file of the program; tests and the tables themselves are no use of a code. */
const sources = [
  ...globSync('python-runtime/legal_eagle/**/*.py', { cwd: ROOT }),
  ...globSync('electron/**/*.ts', { cwd: ROOT }),
  ...globSync('renderer/**/*.{ts,tsx}', { cwd: ROOT }),
].filter((file) => !file.replaceAll('\\', '/').startsWith(TABLES_DIR));

const mentioned = new Set<string>();
const raised = new Map<string, string>();
for (const file of sources) {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  for (const match of text.matchAll(MENTION)) mentioned.add(match[2] ?? '');
  for (const match of text.matchAll(RAISED)) raised.set(match[1] ?? match[2] ?? '', file);
}

describe('error texts', () => {
  it('exist for every code that the program can raise', () => {
    const missing = [...raised]
      .filter(([code]) => !allCodes.includes(code))
      .map(([code, file]) => `${code} (${file})`);
    expect(raised.size).toBeGreaterThan(50);
    expect(missing).toEqual([]);
  });

  it('belong to a code that something raises', () => {
    expect(allCodes.filter((code) => !mentioned.has(code))).toEqual([]);
  });

  it('stand in one table only', () => {
    expect(allCodes.filter((code, at) => allCodes.indexOf(code) !== at)).toEqual([]);
  });

  // Would catch a table that is gathered and never looked in: its errors were shown as a defect of the studio.
  it('are what a person is shown', () => {
    const unknown = allCodes.filter((code) =>
      describeError({ code, params: {} }, 'en').message.endsWith(`(${code})`),
    );
    expect(unknown).toEqual([]);
  });

  it('are gathered from every file of the folder', () => {
    const written = globSync(`${TABLES_DIR}*.ts`, { cwd: ROOT }).flatMap((file) =>
      [...readFileSync(path.join(ROOT, file), 'utf8').matchAll(/^ {2}'([\w.]+)': \{$/gmu)].map(
        (match) => match[1] ?? '',
      ),
    );
    expect(written.filter((code) => !allCodes.includes(code))).toEqual([]);
  });

  it.each(Object.entries(tables).flatMap(([, table]) => Object.entries(table)))(
    '%s is whole and speaks of the same things in both languages',
    (_code, { en, zh }) => {
      const placeholders = (text: string): string[] =>
        [...text.matchAll(/\{(\w+)\}/gu)].map((match) => match[1] ?? '');
      const inEnglish = new Set(placeholders(en.message + en.cause + en.action));
      const inChinese = new Set(placeholders(zh.message + zh.cause + zh.action));
      // `kindZh` is the Chinese word for `kind`, and so for every other name.
      const chinese = new Set([...inChinese].map((name) => name.replace(/Zh$/u, '')));
      expect([...chinese].sort()).toEqual([...inEnglish].sort());
      for (const part of [en.message, en.cause, en.action]) expect(part).not.toMatch(/[\u4e00-\u9fff]/u);
      // A text may be nothing but a placeholder that carries the words.
      for (const part of [zh.message, zh.cause, zh.action])
        expect(part).toMatch(/[\u4e00-\u9fff]|^\{\w+\}$/u);
    },
  );
});

describe('describeError', () => {
  it('fills placeholders from the params and leaves unknown ones visible', () => {
    const text = describeError({ code: 'run.not_live', params: { run: '婚姻案' } }, 'zh');
    expect(text.message).toContain('婚姻案');
    expect(text.cause).toContain('{state}');
  });

  it('keeps a code that has no texts in the message', () => {
    expect(describeError({ code: 'future.code', params: {} }, 'en').message).toContain('future.code');
  });

  it('does not take a property of every object for a code', () => {
    expect(describeError({ code: 'constructor', params: {} }, 'en').message).toContain('constructor');
  });
});
