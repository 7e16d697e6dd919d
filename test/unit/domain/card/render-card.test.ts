import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import type { CardRecord } from '../../../../electron/shared/domain/card/card-record.ts';
import { renderCard } from '../../../../electron/shared/domain/card/render-card.ts';
import { HUBS, type Hub } from '../../../../electron/shared/domain/hub-endpoints.ts';
import { recipeSchema } from '../../../../electron/shared/protocol/recipe.ts';
import { cardRecord } from '../../../helpers/card-record.ts';

const LANGUAGES = ['zh', 'en'] as const;
const EVERY = HUBS.flatMap((hub) => LANGUAGES.map((language) => ({ hub, language })));

const whole = cardRecord();
const [dataset] = whole.datasets;
if (dataset === undefined) throw new Error('the sample record has no dataset');

/** Of a run of which next to nothing was kept. */
const bare: CardRecord = cardRecord({
  licence: undefined,
  base: {
    name: 'base',
    ids: {},
    revision: undefined,
    architecture: undefined,
    parameters: undefined,
    licence: undefined,
    gated: false,
  },
  datasets: [
    {
      ...dataset,
      link: undefined,
      licence: undefined,
      counts: undefined,
      evalFraction: undefined,
      splitSeed: undefined,
      excludedReasons: [],
      contentHash: undefined,
      sources: [],
    },
  ],
  languages: [],
  training: {
    ...whole.training,
    plan: undefined,
    epoch: undefined,
    startedAtMs: undefined,
    endedAtMs: undefined,
    computeMs: undefined,
    machine: { devices: [], precision: undefined, platform: undefined, python: undefined, packages: [] },
    loss: { first: undefined, last: undefined },
    evalLoss: { base: undefined, released: undefined, best: undefined, rows: undefined },
  },
  template: undefined,
  weights: [],
  weightType: undefined,
  picture: undefined,
});

const card = (record: CardRecord, hub: Hub, language: 'zh' | 'en'): string =>
  renderCard(record, { hub, language }).readme;

/** The head as a real reader of YAML takes it, and the body below it. */
function taken(readme: string): Readonly<{ head: Record<string, unknown>; body: string }> {
  const [, head = '', body = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/u.exec(readme) ?? [];
  return { head: parse(head) as Record<string, unknown>, body };
}

const recipeIn = (readme: string): unknown => parse(/```yaml\n([\s\S]*?)\n```/u.exec(readme)?.[1] ?? '');

describe('front matter', () => {
  // A hub that cannot parse the head shows the card as broken and drops licence and lineage.
  it('names licence, task and lineage as each hub wants them', () => {
    expect(taken(card(whole, 'modelscope', 'zh')).head).toMatchObject({
      license: 'Apache License 2.0',
      tasks: ['text-generation'],
      frameworks: ['pytorch'],
      base_model: ['Shanghai_AI_Laboratory/internlm2-chat-1_8b'],
      base_model_relation: 'adapter',
      language: ['zh'],
    });
    expect(taken(card(whole, 'huggingface', 'en')).head).toMatchObject({
      license: 'apache-2.0',
      pipeline_tag: 'text-generation',
      library_name: 'peft',
      base_model: ['internlm/internlm2-chat-1_8b'],
      datasets: ['ShengbinYue/DISC-Law-SFT'],
    });
  });

  // An id of one hub claimed on the other leads nowhere, and takes the page off the lineage.
  it('claims no base and no dataset that the hub does not have', () => {
    const { head } = taken(card({ ...whole, base: { ...whole.base, ids: {} } }, 'modelscope', 'zh'));
    expect(head).not.toHaveProperty('base_model');
    expect(head).not.toHaveProperty('datasets');
  });

  it('makes GGUF files a child of the merged repository where there is one', () => {
    const repositories = { modelscope: { merged: 'me/law' }, huggingface: {} };
    const record = cardRecord({ part: 'gguf', repositories });
    expect(taken(card(record, 'modelscope', 'zh')).head).toMatchObject({
      base_model: ['me/law'],
      base_model_relation: 'quantized',
    });
  });

  // Both clients of the hubs fill in Apache-2.0 where nothing is said.
  it.each(EVERY)('claims no licence that nobody chose: $hub $language', ({ hub, language }) => {
    expect(taken(card(bare, hub, language)).head).not.toHaveProperty('license');
    const { head } = taken(card({ ...whole, licence: 'InternLM weights' }, hub, language));
    expect(head['license']).toBe('other');
  });

  it('carries results as numbers', () => {
    const evaluations = [
      { dataset: 'LawBench: 1-1', metric: 'ROUGE-L', value: 0.31, baseValue: 0.2, harness: undefined },
    ];
    const { head } = taken(card(cardRecord({ evaluations }), 'huggingface', 'en'));
    expect(head['model-index']).toMatchObject([
      { results: [{ dataset: { name: 'LawBench: 1-1' }, metrics: [{ type: 'rouge-l', value: 0.31 }] }] },
    ]);
  });
});

describe('body', () => {
  // ModelScope takes a page of less than 200 characters off its lists.
  it.each(EVERY)('is long enough and says what is missing: $hub $language', ({ hub, language }) => {
    const { body } = taken(card(bare, hub, language));
    expect(body.length).toBeGreaterThan(1000);
    expect(body).toContain(language === 'zh' ? '未记录' : 'not recorded');
    expect(body).not.toMatch(/undefined|NaN|\[object|\bnull\b|\{\w+\}/u);
    expect(taken(card(whole, hub, language)).body).not.toMatch(/未记录|not recorded|undefined|\{\w+\}/u);
  });

  it.each(EVERY)('has the disclaimer of the law unless a person takes it out: $hub $language', (options) => {
    const { body } = taken(card(whole, options.hub, options.language));
    const words = options.language === 'zh' ? '仅供参考，不构成法律意见' : 'not legal advice';
    expect(body).toContain(words);
    expect(card({ ...whole, hasDisclaimer: false }, options.hub, options.language)).not.toContain(words);
  });

  // Words of one language in the card of the other are words that somebody forgot.
  it('is written in one language', () => {
    const said = { ...whole.words, intendedUse: 'For students.', limitations: 'Not for courts.' };
    const english = card(cardRecord({ words: said }), 'huggingface', 'en');
    expect(english).not.toMatch(/[\u4e00-\u9fff]/u);
  });

  it('gives back the recipe with which the same gradient is computed', () => {
    const optimizer = { learningRate: 2e-7, epsilon: 1e-8 };
    const systemPrompt = '你是律师: "请"\n# 回答';
    const recipe = recipeSchema.parse({ model: '/home/x/m', dataset: 'disc', optimizer, systemPrompt });
    const record = cardRecord({ training: { ...whole.training, recipe } });
    const again = recipeSchema.parse(recipeIn(card(record, 'huggingface', 'en')));
    expect(again).toEqual({
      ...recipe,
      model: 'internlm/internlm2-chat-1_8b',
      dataset: 'DISC-Law-SFT Pair',
    });
  });

  it('shows answers only where a person chose some, and none of the prompts otherwise', () => {
    const recipe = recipeSchema.parse({
      model: 'm',
      dataset: 'd',
      evaluation: { samplePrompts: ['当事人李四的案件如何处理？'] },
    });
    const record = cardRecord({ training: { ...whole.training, recipe } });
    expect(card(record, 'modelscope', 'zh')).not.toContain('李四');
    const sample = { step: 60, prompt: '```\n# 标题', answer: '好', baseAnswer: undefined };
    expect(card({ ...record, samples: [sample] }, 'modelscope', 'zh')).toContain(
      '````text\n```\n# 标题\n````',
    );
  });

  // A name out of a data folder must not become a link, a tag or a column.
  it('takes names for text', () => {
    const hostile = 'a|b](https://x.example)<img src=x>\n# h';
    const { body, head } = taken(
      card(cardRecord({ title: hostile, datasets: [{ ...dataset, name: hostile }] }), 'huggingface', 'en'),
    );
    // In a block of code they are text as they stand.
    const prose = body.replaceAll(/^(`{3,})[\s\S]*?^\1$/gmu, '');
    expect(prose).not.toMatch(/(?<!\\)<img|(?<!\\)\]\(https:\/\/x|^# h$/mu);
    expect(head['pipeline_tag']).toBe('text-generation');
    const table = body.split('\n').find((line) => line.startsWith('| a\\|b'));
    expect(table?.replaceAll('\\|', '').split('|')).toHaveLength(9);
  });

  it('does not tell anybody to run code of the model', () => {
    for (const { hub, language } of EVERY)
      expect(card(whole, hub, language)).not.toContain(['trust', 'remote', 'code'].join('_'));
  });
});
