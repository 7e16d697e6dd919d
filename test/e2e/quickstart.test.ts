import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { repositoryRoot, studioCli, type CliResult } from '../helpers/studio-cli.ts';

const lineSchema = z.strictObject({
  dataset: z.strictObject({ rows: z.int() }),
  run: z.strictObject({
    id: z.string(),
    steps: z.int(),
    lossFirst: z.number(),
    lossLast: z.number(),
    evalLossFirst: z.number(),
    evalLossLast: z.number(),
  }),
  merge: z.strictObject({ path: z.string(), maxAbsLogitDiff: z.number() }),
  chat: z.strictObject({
    prompt: z.string(),
    baseAnswer: z.string(),
    answer: z.string(),
    finish: z.string(),
  }),
  seconds: z.number(),
});

/** How often the commonest run of six characters occurs. */
const commonestSixGram = (text: string): number => {
  const counts = new Map<string, number>();
  const chars = Array.from(text);
  for (let start = 0; start + 6 <= chars.length; start += 1) {
    const gram = chars.slice(start, start + 6).join('');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
};

describe('quickstart', () => {
  let home: string;
  let result: CliResult;
  let line: z.output<typeof lineSchema>;

  beforeAll(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'le-quickstart-'));
    result = await studioCli(['quickstart', '--json'], { home });
    if (result.exitCode !== 0) throw new Error(result.stderr);
    line = lineSchema.parse(result.value);
  }, 1_200_000);
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('imports at least 600 rows', () => {
    expect(line.dataset.rows).toBeGreaterThanOrEqual(600);
  });

  it('learns: the training loss falls below 0.7 of its start and the eval loss falls', () => {
    expect(line.run.lossLast).toBeLessThan(0.7 * line.run.lossFirst);
    expect(line.run.evalLossLast).toBeLessThan(line.run.evalLossFirst);
  });

  it('merges without changing what the model computes', () => {
    expect(line.merge.maxAbsLogitDiff).toBeLessThan(1e-4);
    expect(existsSync(path.join(line.merge.path, 'config.json'))).toBe(true);
  });

  it('answers in Chinese, otherwise than the base, without loops, and stops by itself', () => {
    const { answer, baseAnswer, finish } = line.chat;
    expect(answer).toMatch(/\p{Script=Han}{4}/u);
    expect(answer).not.toBe(baseAnswer);
    expect(commonestSixGram(answer)).toBeLessThan(3);
    expect(finish).toBe('stop');
  });

  it('asks what it was not trained on (a memorised answer would prove nothing)', () => {
    for (const file of ['disc-pair.jsonl', 'disc-triplet.jsonl', 'law-gpt.json']) {
      const rows = readFileSync(path.join(repositoryRoot, 'resources/sample-data/rows', file), 'utf8');
      expect(rows).not.toContain(line.chat.prompt);
    }
  });

  it('shows loss, speed and remaining time while it trains', () => {
    expect(result.stderr).toMatch(/step \d+\/\d+ .*loss \d+\.\d+ .*tok\/s .*ETA /u);
  });
});
