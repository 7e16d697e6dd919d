import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { describeVerdict } from '../../../electron/shared/domain/verdict-words.ts';
import { bestEvaluation, verdictOf, type VerdictFacts } from '../../../electron/shared/domain/verdict.ts';

const HEALTHY: VerdictFacts = {
  state: 'running',
  step: 100,
  recentLoss: Array.from({ length: 30 }, (_, at) => ({ step: 71 + at, value: 1 })),
  firstLosses: Array.from({ length: 10 }, (_, at) => ({ step: at + 1, value: at === 0 ? 0.1 : 3 })),
  evalLoss: [],
  recentThroughput: Array.from({ length: 60 }, (_, at) => ({ step: 41 + at, value: 1000 })),
  checkpointStep: 50,
};
const evals = (...values: number[]): VerdictFacts['evalLoss'] =>
  values.map((value, at) => ({ step: (at + 1) * 10, value }));
const ruleOf = (changes: Partial<VerdictFacts>): string => verdictOf({ ...HEALTHY, ...changes }).rule;

describe('a live run', () => {
  it('is healthy while no rule holds, and starting before its first step', () => {
    expect(verdictOf(HEALTHY)).toEqual({ level: 'good', rule: 'healthy', params: {} });
    expect(ruleOf({ step: 0, recentLoss: [], recentThroughput: [] })).toBe('starting');
  });

  it('needs attention when eval loss rose three times in a row, with the step that was best', () => {
    expect(verdictOf({ ...HEALTHY, evalLoss: evals(3, 2, 2.1, 2.2, 2.3) })).toEqual({
      level: 'attention',
      rule: 'eval_rising',
      params: { times: 3, bestStep: 20, bestLoss: 2 },
    });
    expect(ruleOf({ evalLoss: evals(3, 2, 2.05, 2.1, 2.1) })).toBe('healthy');
    expect(ruleOf({ evalLoss: evals(2.1, 2.2, 2.3) })).toBe('healthy');
  });

  it('falling or level evaluations never raise the alarm', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 10, noNaN: true })), (values) => {
        const falling = values.sort((left, right) => right - left);
        expect(ruleOf({ evalLoss: evals(...falling) })).toBe('healthy');
      }),
    );
  });

  it('is bad when a recent loss was not finite, however good the rest is', () => {
    const recentLoss = HEALTHY.recentLoss.map((point) =>
      point.step === 95 ? { step: 95, value: null } : point,
    );
    expect(verdictOf({ ...HEALTHY, recentLoss, evalLoss: evals(1, 2, 3, 4) })).toMatchObject({
      level: 'bad',
      rule: 'loss_not_finite',
      params: { count: 1, step: 95 },
    });
    const long = HEALTHY.recentLoss.map((point) => (point.step === 72 ? { step: 72, value: null } : point));
    expect(ruleOf({ recentLoss: long })).toBe('healthy');
  });

  it('needs attention when the loss is far above where it began, not for one spike', () => {
    const at = (value: number, count: number): VerdictFacts['recentLoss'] =>
      HEALTHY.recentLoss.map((point, index) => ({ ...point, value: index >= 30 - count ? value : 1 }));
    expect(ruleOf({ recentLoss: at(9, 10) })).toBe('loss_diverging');
    expect(ruleOf({ recentLoss: at(9, 1) })).toBe('healthy');
    expect(ruleOf({ recentLoss: at(9, 10), firstLosses: HEALTHY.firstLosses.slice(0, 4) })).toBe('healthy');
  });

  it('needs attention when the newest ten steps run at less than half of the usual speed', () => {
    const slow = (value: number, count: number): VerdictFacts['recentThroughput'] =>
      HEALTHY.recentThroughput.map((point, at) => ({ ...point, value: at >= 60 - count ? value : 1000 }));
    expect(verdictOf({ ...HEALTHY, recentThroughput: slow(400, 10) })).toMatchObject({
      rule: 'throughput_collapsed',
      params: { current: 400, usual: 1000 },
    });
    expect(ruleOf({ recentThroughput: slow(400, 4) })).toBe('healthy');
    expect(ruleOf({ recentThroughput: slow(400, 10).slice(-15) })).toBe('healthy');
  });
});

type Curve = Readonly<{ loss: readonly number[]; evalLoss: readonly (readonly [number, number])[] }>;

/** What a real run's verdict knew when it had come to a step. */
const factsAt = (name: string, step: number, state: VerdictFacts['state']): VerdictFacts => {
  const file = new URL(`../../fixtures/curves/${name}.json`, import.meta.url);
  const { loss, evalLoss } = JSON.parse(readFileSync(file, 'utf8')) as Curve;
  const points = loss.slice(0, step).map((value, at) => ({ step: at + 1, value }));
  return {
    state,
    step,
    recentLoss: points.slice(-400),
    firstLosses: points.slice(0, 10),
    evalLoss: evalLoss.flatMap(([at, value]) => (at <= step ? [{ step: at, value }] : [])),
    recentThroughput: [],
    checkpointStep: undefined,
  };
};

describe('real curves', () => {
  // Bug caught: a run that ends worse than its base, or that has forgotten for hours what it knew, reads “healthy”.
  it.each([
    ['healthy', 20, 'running', 'healthy'],
    ['healthy', 60, 'done', 'done'],
    ['too-hot', 12, 'running', 'eval_worse'],
    ['too-hot', 60, 'running', 'eval_worse'],
    ['too-hot', 60, 'done', 'done_eval_worse'],
    ['overfit', 60, 'running', 'healthy'],
    ['overfit', 80, 'running', 'eval_rising'],
    // It fell a little, and is still far above its best.
    ['overfit', 180, 'running', 'eval_above_best'],
    ['overfit', 300, 'done', 'done_best_earlier'],
  ] as const)('%s at step %i, %s: %s', (name, step, state, rule) => {
    const found = verdictOf(factsAt(name, step, state));
    expect(found.rule).toBe(rule);
    for (const language of ['en', 'zh'] as const) {
      const { sentence, rule: why } = describeVerdict(found, language);
      expect(`${sentence} ${why}`).not.toMatch(/\{|NaN|–/u);
    }
  });

  it('says against what, and by how much', () => {
    expect(verdictOf(factsAt('too-hot', 60, 'done'))).toEqual({
      level: 'attention',
      rule: 'done_eval_worse',
      params: { step: 60, lastLoss: 6.914, baseLoss: 4.896 },
    });
    expect(verdictOf(factsAt('overfit', 180, 'running')).params).toMatchObject({
      bestStep: 20,
      bestLoss: 4.731,
    });
  });

  it('without an evaluation before the first step nothing is known of the base', () => {
    const facts = factsAt('too-hot', 60, 'done');
    const evalLoss = facts.evalLoss.filter(({ step }) => step > 40);
    expect(verdictOf({ ...facts, evalLoss }).rule).toBe('done');
  });
});

describe('a run that has ended', () => {
  it('says what can be resumed from', () => {
    expect(ruleOf({ state: 'queued', step: 0 })).toBe('queued');
    expect(verdictOf({ ...HEALTHY, state: 'stopped' })).toMatchObject({
      rule: 'stopped',
      params: { step: 50 },
    });
    expect(ruleOf({ state: 'stopped', checkpointStep: undefined })).toBe('stopped_without_checkpoint');
    expect(verdictOf({ ...HEALTHY, state: 'interrupted', checkpointStep: undefined }).level).toBe('bad');
    expect(ruleOf({ state: 'failed' })).toBe('failed');
  });

  it('says when an earlier step was better than the last', () => {
    expect(verdictOf({ ...HEALTHY, state: 'done', evalLoss: evals(3, 1, 2) })).toMatchObject({
      rule: 'done_best_earlier',
      params: { bestStep: 20, bestLoss: 1, lastLoss: 2 },
    });
    expect(ruleOf({ state: 'done', evalLoss: evals(3, 2, 1) })).toBe('done');
  });
});

it('the best evaluation is the lowest, and the first of equals', () => {
  expect(bestEvaluation(evals(2, 1, 1))?.step).toBe(20);
  expect(bestEvaluation([])).toBeUndefined();
});

it('a run that ended far above where it began is not called a success', () => {
  const recentLoss = HEALTHY.recentLoss.map((point) => ({ ...point, value: 6 }));
  expect(verdictOf({ ...HEALTHY, state: 'done', recentLoss })).toEqual({
    level: 'attention',
    rule: 'done_worse',
    params: { loss: 6, firstLoss: 3 },
  });
  expect(ruleOf({ state: 'done' })).toBe('done');
});
