import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { chartSvg } from '../../../electron/core/runs/report/report-chart.ts';
import { niceTicks } from '../../../electron/shared/domain/nice-ticks.ts';
import type { ReportFacts } from '../../../electron/core/runs/report/report-facts.ts';
import { reportHtml } from '../../../electron/core/runs/report/report-html.ts';
import { REPORT_WORDS } from '../../../electron/core/runs/report/report-words.ts';
import type { MetricSeries } from '../../../electron/shared/contract/methods/metrics.ts';
import { runFileName } from '../../../electron/shared/domain/run-file-name.ts';
import { recipeSchema } from '../../../electron/shared/protocol/recipe.ts';

const series = (key: string, values: readonly number[]): MetricSeries => ({
  key,
  total: values.length,
  points: values.map((value, at) => ({ step: at + 1, value })),
  smoothed: [],
  finiteCount: values.length,
  buckets: [],
  nonFiniteSteps: [],
});

function factsOf(changes: Partial<ReportFacts['run']>, more: Partial<ReportFacts> = {}): ReportFacts {
  return {
    run: {
      id: '01M83WECW351WYYRH0500ENFYD',
      name: 'r',
      state: 'done',
      origin: 'studio',
      modelPath: '/m',
      modelName: 'm',
      datasetPath: '/d',
      datasetName: 'd',
      method: 'lora',
      createdAtMs: 0,
      attempts: 1,
      step: 5,
      steps: 5,
      tags: [],
      note: '',
      dir: '/r',
      recipe: recipeSchema.parse({ model: 'm', dataset: 'd' }),
      attemptList: [],
      checkpoints: [],
      samples: [],
      metricKeys: [],
      ...changes,
    },
    verdict: { level: 'good', rule: 'done', params: { step: 5 } },
    dataset: undefined,
    machines: new Map(),
    curves: [],
    tokens: undefined,
    answerTokens: undefined,
    checkpoints: [],
    studioVersion: '1',
    madeAtMs: 0,
    ...more,
  };
}

describe('the report of a run', () => {
  const EVIL = `<img src=x onerror=alert(1)>"'&<script>alert(2)</script>`;

  it('runs nothing, whatever names, prompts, answers, settings and errors say', () => {
    const answer = { step: 0, prompt: EVIL, answer: EVIL, finish: 'stop', tokens: 1 };
    const html = reportHtml(
      factsOf({
        name: EVIL,
        modelName: EVIL,
        datasetName: EVIL,
        tags: [EVIL],
        note: EVIL,
        samples: [answer, { ...answer, step: 5 }, { ...answer, step: 4 }],
        device: { device: EVIL, reasons: [EVIL] },
        recipe: recipeSchema.parse({ model: EVIL, dataset: EVIL, systemPrompt: EVIL }),
        error: { code: 'job.crashed', params: { reason: EVIL }, detail: EVIL },
        attemptList: [{ number: 1, jobId: 'j', dir: EVIL, createdAtMs: 0 }],
      }),
      'zh',
    );
    expect(html).not.toMatch(/<(?:img|script|iframe|link|object)\b/iu);
    expect(html).not.toMatch(/https?:\/\//u);
    expect(html.match(/<[^>]*\son\w+=/giu)).toBeNull();
    expect(html).toContain('&lt;script&gt;');
  });

  it('says "not recorded" for what nobody wrote down, and never a made-up figure', () => {
    const html = reportHtml(factsOf({}), 'en');
    expect(html).toMatch(/<dt>Rows read<\/dt><dd class="none">not recorded/u);
    expect(html).toMatch(/<dt>Eval loss, last \(first\)<\/dt><dd class="none">not recorded/u);
    expect(html).not.toMatch(/NaN|undefined|Infinity|\{\w+\}/u);
  });

  it('is whole in both languages: no figure without its place, no place without its figure', () => {
    const curves = [series('loss', [3, 2, 1]), series('evalLoss', [2.5]), series('peakBytes', [4e8])];
    const samples = [0, 3, 5].map((step) => ({ step, prompt: 'p', answer: '', finish: 'length', tokens: 4 }));
    for (const language of ['en', 'zh'] as const) {
      const html = reportHtml(factsOf({ samples, loss: 1, lossFirst: 3 }, { curves }), language);
      expect(html).not.toMatch(/NaN|undefined|Infinity|>\{|\{(?:step|count|number|time|version)\}/u);
      expect(html.match(/<svg/gu)?.length).toBe(2);
    }
  });

  it('uses the terms of the glossary', () => {
    const { terms } = JSON.parse(
      readFileSync(new URL('../../../renderer/i18n/glossary.json', import.meta.url), 'utf8'),
    ) as { terms: { never: string[] }[] };
    const text = JSON.stringify(REPORT_WORDS.zh);
    expect(terms.flatMap((term) => term.never).filter((wrong) => text.includes(wrong))).toEqual([]);
  });
});

describe('chartSvg', () => {
  it('draws the lowest and the highest value of what decimation left out', () => {
    const data = {
      ...series('loss', [1, 1, 1]),
      buckets: [{ fromStep: 1, toStep: 3, min: 0.5, max: 90 }],
    };
    const chart = {
      title: 't',
      series: [{ label: 'l', colour: '#000', data, dots: false }],
      lastStep: 3,
      formatValue: String,
    };
    expect(chartSvg(chart)).toMatch(/<polygon/u);
    expect(chartSvg(chart)).toContain('>100<');
    expect(chartSvg({ ...chart, series: [] })).toBeUndefined();
  });

  it('ticks enclose every value and are at least two, also for one value alone', () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(value, value, (left, right) => {
        const [low, high] = left < right ? [left, right] : [right, left];
        const ticks = niceTicks(low, high);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThan(12);
        const slack = 1e-9 * Math.max(1, Math.abs(low), Math.abs(high));
        expect(ticks[0]).toBeLessThanOrEqual(low + slack);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(high - slack);
      }),
    );
  });
});

describe('runFileName', () => {
  it('is a name that every file system takes, whatever the run is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
        const file = runFileName({ id: '01M83WECW351WYYRH0500ENFYD', name });
        expect(file).not.toMatch(/[\u0000-\u001f<>:"/\\|?*]/u);
        expect(file).not.toMatch(/^\.|[. ]$/u);
        expect(Buffer.byteLength(file)).toBeLessThan(200);
        expect(file.length).toBeGreaterThan(0);
      }),
    );
  });
});
