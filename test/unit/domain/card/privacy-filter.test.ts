import { describe, expect, it } from 'vitest';

import { withoutPrivate } from '../../../../electron/shared/domain/card/privacy-filter.ts';
import { renderCard } from '../../../../electron/shared/domain/card/render-card.ts';
import { cardRecord } from '../../../helpers/card-record.ts';

const KNOWN = { paths: ['/srv/案件 材料/模型'], names: ['zhangsan', 'rig-07', 'root'] };
const clean = (text: string): string => withoutPrivate(text, KNOWN, '[x]').text;

describe('the privacy filter', () => {
  it.each([
    ['在 /home/lawyer/data/pair.jsonl 里', '在 [x] 里'],
    ['数据在/root/autodl-tmp/x，模型', '数据在[x]，模型'],
    ['from C:\\Users\\Li\\case.json now', 'from [x] now'],
    ['share \\\\nas\\cases\\a.json', 'share [x]'],
    ['see file:///home/a/b', 'see [x]'],
    ['in ~/models/law', 'in [x]'],
    ['"/opt/models/m"', '"[x]"'],
    ['路径 /srv/案件 材料/模型/config.json。', '路径 [x]。'],
    ['by zhangsan on RIG-07', 'by [x] on [x]'],
    ['hf_abcdefghijklmnopqrstuvwx', '[x]'],
    ['ms-01234567-89ab-cdef-0123-456789abcdef', '[x]'],
    ['https://wandb.ai/team/law/runs/1a2b3c4d end', '[x] end'],
    ['run-20240101_120000-1a2b3c4d', '[x]'],
    ['write to li.si@example.com', 'write to [x]'],
    ['PATH=/usr/bin\nHOME=/home/x\nend', '[x]\nend'],
  ])('takes out of %j what tells of somebody', (text, expected) => {
    expect(clean(text)).toBe(expected);
  });

  // A filter that eats links, fractions and terms makes cards that nobody can use.
  it.each([
    'https://huggingface.co/datasets/ShengbinYue/DISC-Law-SFT',
    'https://modelscope.cn/models/owner/name/home/x',
    'description/loss.png',
    '离婚/继承/财产 1/2/3 and/or',
    'the root cause; rooted',
    'ollama run modelscope.cn/owner/name',
    'AdamW (β₁ 0.9)',
    'legal_eagle/data',
    'zhangsanfeng',
  ])('leaves %j', (text) => {
    expect(withoutPrivate(text, KNOWN, '[x]')).toEqual({ text, removed: {} });
  });

  it('counts what it took by kind', () => {
    const { removed } = withoutPrivate(
      '/home/a/b /home/c/d zhangsan hf_abcdefghijklmnopqrstuvwx',
      KNOWN,
      '[x]',
    );
    expect(removed).toEqual({ path: 2, name: 1, token: 1 });
  });

  // A login that is also the account's name stands in every link of the card.
  it('leaves the name that the repository itself is published under', () => {
    const repositories = { modelscope: { adapter: 'zhangsan/law' }, huggingface: {} };
    const { readme } = renderCard(cardRecord({ repositories }), {
      hub: 'modelscope',
      language: 'zh',
      known: KNOWN,
    });
    expect(readme).toContain('snapshot_download("zhangsan/law")');
  });

  // What a person types goes through the same door as what was recorded.
  it('looks at every text of a card', () => {
    const leaks = '/home/zhangsan/case.json hf_abcdefghijklmnopqrstuvwx';
    const words = { intendedUse: leaks, limitations: leaks, citation: leaks };
    const { datasets, base } = cardRecord();
    const record = cardRecord({
      title: leaks,
      words,
      base: { ...base, name: leaks },
      datasets: datasets.map((one) => ({ ...one, name: leaks, generatedBy: leaks })),
      samples: [{ step: 1, prompt: leaks, answer: leaks, baseAnswer: leaks }],
      licenceReason: leaks,
    });
    for (const hub of ['modelscope', 'huggingface'] as const)
      for (const language of ['zh', 'en'] as const) {
        const { readme } = renderCard(record, { hub, language, known: KNOWN });
        expect(readme).not.toMatch(/zhangsan|hf\\?_abc|home/u);
      }
  });
});
