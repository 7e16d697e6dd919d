import { CARD_DOMAINS } from '../../shared/domain/card/card-record.ts';
import { HUBS } from '../../shared/domain/hub-endpoints.ts';
import type { Verb } from '../verb.ts';

const LANGUAGES = ['zh', 'en'] as const;

export const card: Verb = {
  name: 'card',
  summary: {
    en: 'print the model card of a run or of a model made of one',
    zh: '输出一次训练或由其得到的模型的模型卡',
  },
  usage: 'RUN|--model MODEL [--hub modelscope|huggingface] [--lang zh|en] [--licence NAME]',
  options: {
    model: {
      kind: 'text',
      value: 'MODEL',
      help: { en: 'a merged or fine-tuned model in place of a run', zh: '改用合并或微调得到的模型' },
    },
    step: {
      kind: 'number',
      value: 'N',
      help: { en: 'adapter of this checkpoint', zh: '使用该步检查点的适配器' },
    },
    hub: {
      kind: 'text',
      value: HUBS.join('|'),
      help: { en: 'where it would stand (default modelscope)', zh: '发布到哪里（默认 modelscope）' },
    },
    lang: {
      kind: 'text',
      value: LANGUAGES.join('|'),
      help: { en: 'language of the card', zh: '模型卡的语言' },
    },
    licence: {
      kind: 'text',
      value: 'NAME',
      help: { en: 'licence of the repository; there is no default', zh: '仓库的许可证，没有默认值' },
    },
    domain: {
      kind: 'text',
      value: CARD_DOMAINS.join('|'),
      help: { en: 'what the answers are about (default law)', zh: '回答的领域（默认 law）' },
    },
  },
  run: async ({ args, terminal, session }) => {
    const model = args.text('model');
    const step = args.number('step');
    const licence = args.text('licence');
    const wish = {
      hub: args.choice('hub', HUBS) ?? 'modelscope',
      language: args.choice('lang', LANGUAGES) ?? terminal.language,
      domain: args.choice('domain', CARD_DOMAINS) ?? 'law',
      ...(licence === undefined ? {} : { licence }),
    };
    const client = await session.open('read');
    const rendered = await client.call(
      'cards.render',
      model === undefined
        ? { run: args.required(0, 'RUN'), ...(step === undefined ? {} : { step }), ...wish }
        : { model, ...wish },
    );
    terminal.say(rendered.readme.trimEnd());
    for (const { action, message } of rendered.warnings) terminal.warn(`! ${message} ${action}`);
    return { value: rendered };
  },
};
