import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import type { CardRecord } from '../../../../electron/shared/domain/card/card-record.ts';
import { renderCard } from '../../../../electron/shared/domain/card/render-card.ts';
import { HUBS } from '../../../../electron/shared/domain/hub-endpoints.ts';
import { cardRecord } from '../../../helpers/card-record.ts';

const FIXTURES = path.join(import.meta.dirname, '../../../fixtures/cards');

/** Gathered from a run of the embedded model on rows of DISC-Law-SFT. */
const discRows = JSON.parse(readFileSync(path.join(FIXTURES, 'disc-rows.record.json'), 'utf8')) as CardRecord;

const { base, datasets, training } = cardRecord();

/** Taken over from another machine: no plan, no curves, no dataset file, no word of the base. */
const missingValues = cardRecord({
  licence: undefined,
  base: { ...base, ids: {}, revision: undefined, parameters: undefined, licence: undefined },
  datasets: datasets.map(({ name }) => ({
    name,
    link: undefined,
    licence: undefined,
    generatedBy: undefined,
    counts: undefined,
    evalFraction: undefined,
    splitSeed: undefined,
    excludedReasons: [],
    contentHash: undefined,
    sources: [],
  })),
  languages: [],
  training: {
    ...training,
    plan: undefined,
    epoch: undefined,
    endedAtMs: undefined,
    computeMs: undefined,
    machine: { devices: [], precision: undefined, platform: undefined, python: undefined, packages: [] },
    loss: { first: undefined, last: undefined },
    evalLoss: { base: undefined, released: undefined, best: undefined, rows: undefined },
  },
  template: undefined,
  picture: undefined,
  personalData: undefined,
});

/** An adapter on a base that may not be used commercially, over data that a service wrote. */
const nonCommercial = cardRecord({
  title: '法律问答 7B',
  audience: 'public',
  licence: 'cc-by-nc-4.0',
  licenceReason: '仅供校内研究使用。',
  base: {
    ...base,
    name: 'Research-7B',
    ids: { huggingface: 'research/research-7b' },
    architecture: 'LlamaForCausalLM',
    licence: { name: 'cc-by-nc-4.0', file: 'README.md' },
    gated: true,
  },
  datasets: datasets.map((one) => ({
    ...one,
    name: 'LAW-GPT',
    link: undefined,
    licence: undefined,
    generatedBy: 'ChatGPT',
  })),
  repositories: { modelscope: { adapter: 'law/qa-7b-lora' }, huggingface: { adapter: 'law/qa-7b-lora' } },
  evaluations: [
    { dataset: 'LawBench 1-1', metric: 'ROUGE-L', value: 0.3127, baseValue: 0.2045, harness: undefined },
  ],
});

const GOLDEN = {
  'disc-rows': discRows,
  'missing-values': missingValues,
  'non-commercial-base': nonCommercial,
};

describe('golden cards', () => {
  // A sentence, a figure or a claim that changes without anybody having read it. Each file was read when it was made.
  it.each(
    Object.entries(GOLDEN).flatMap(([name, record]) =>
      HUBS.flatMap((hub) => (['zh', 'en'] as const).map((language) => ({ name, record, hub, language }))),
    ),
  )('$name on $hub in $language', async ({ hub, language, name, record }) => {
    const { readme, removed } = renderCard(record, { hub, language });
    expect(removed).toEqual({});
    const [, head = ''] = /^---\n([\s\S]*?)\n---\n/u.exec(readme) ?? [];
    expect(parse(head)).toHaveProperty('tags');
    await expect(readme).toMatchFileSnapshot(path.join(FIXTURES, `${name}.${hub}.${language}.md`));
  });

  it('warns of what each of the three has to be warned of', () => {
    const codes = (record: CardRecord): readonly string[] =>
      renderCard(record, { hub: 'modelscope', language: 'zh' }).warnings.map(({ code }) => code);
    expect(codes(discRows)).toEqual(['card.base_licence', 'card.personal_data', 'card.no_licence']);
    expect(codes(missingValues)).toEqual([
      'card.base_licence',
      'card.dataset_licence',
      'card.personal_data',
      'card.no_licence',
    ]);
    expect(codes(nonCommercial)).toEqual([
      'card.base_licence',
      'card.dataset_licence',
      'card.generated_data',
      'card.content_review',
    ]);
  });
});
