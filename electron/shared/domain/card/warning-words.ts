import type { CardLanguage } from './card-record.ts';
import type { CardWarning, CardWarningCode } from './card-warnings.ts';

type Words = Readonly<{ message: string; action: string }>;
type Told = (params: CardWarning['params']) => Readonly<Record<CardLanguage, Words>>;

const text = (value: string | number | undefined): string => String(value ?? '');
const part = {
  zh: { merged: '合并后的权重', gguf: 'GGUF 文件' },
  en: { merged: 'merged weights', gguf: 'GGUF files' },
} as const;
const partName = (language: CardLanguage, value: string): string =>
  value === 'merged' || value === 'gguf' ? part[language][value] : value;

const WORDS: Readonly<Record<CardWarningCode, Told>> = {
  'card.base_licence': ({ base, licence }) =>
    licence === ''
      ? {
          en: {
            message: `The files of ${text(base)} do not say under which licence it stands.`,
            action: 'Look it up at its publisher; commercial use may need an application.',
          },
          zh: {
            message: `${text(base)} 的文件没有写明许可证。`,
            action: '请到发布方处查明；商用可能需要先提交申请。',
          },
        }
      : {
          en: {
            message: `${text(base)} stands under “${text(licence)}”, which does not allow commercial use without more.`,
            action: 'Read its terms and choose a licence that does not promise more.',
          },
          zh: {
            message: `${text(base)} 的许可证为“${text(licence)}”，不能直接商用。`,
            action: '请阅读其条款，并选择不超出该范围的许可证。',
          },
        },
  'card.dataset_licence': ({ dataset, licence }) =>
    licence === ''
      ? {
          en: {
            message: `The licence of the dataset “${text(dataset)}” is not known.`,
            action: 'Name its source and licence, or say why the model may be published all the same.',
          },
          zh: {
            message: `数据集“${text(dataset)}”的许可证不明。`,
            action: '请补上来源和许可证，或说明为何仍可发布。',
          },
        }
      : {
          en: {
            message: `The dataset “${text(dataset)}” stands under “${text(licence)}”: research or non-commercial use only, or unclear.`,
            action:
              'Choose a licence that says the same, or say why the model may be published all the same.',
          },
          zh: {
            message: `数据集“${text(dataset)}”的许可证为“${text(licence)}”，仅限研究或非商用，或含义不明。`,
            action: '请选择同样限制的许可证，或说明为何仍可发布。',
          },
        },
  'card.generated_data': ({ dataset, service }) => ({
    en: {
      message: `Answers of the dataset “${text(dataset)}” were written by ${text(service)}.`,
      action: 'Its terms may forbid training competing models; the card names the service.',
    },
    zh: {
      message: `数据集“${text(dataset)}”的回答由 ${text(service)} 生成。`,
      action: '其服务条款可能禁止用于训练竞争模型；模型卡会写明生成方。',
    },
  }),
  'card.personal_data': ({ rows, found }) =>
    rows === 0
      ? {
          en: {
            message: 'Nobody has looked for personal data in the training rows.',
            action: 'Run the check before the repository becomes public.',
          },
          zh: { message: '尚未检查训练数据中的个人信息。', action: '公开之前，请先运行检查。' },
        }
      : {
          en: {
            message: `${text(found)} of ${text(rows)} rows that were looked at seem to hold personal data.`,
            action: 'Remove or mask them and train again, or keep the repository private.',
          },
          zh: {
            message: `检查了 ${text(rows)} 条数据样本，其中 ${text(found)} 条疑似含有个人信息。`,
            action: '请去除或遮盖后重新训练，或保持仓库私有。',
          },
        },
  'card.licence_wider_than_base': ({ chosen, base, licence }) => ({
    en: {
      message:
        licence === ''
          ? `“${text(chosen)}” is chosen, but nobody knows what the licence of ${text(base)} allows.`
          : `“${text(chosen)}” allows more than “${text(licence)}”, the licence of ${text(base)}.`,
      action: 'Choose the licence of the base, or say what entitles you to more.',
    },
    zh: {
      message:
        licence === ''
          ? `已选择“${text(chosen)}”，但 ${text(base)} 的许可范围不明。`
          : `“${text(chosen)}”比 ${text(base)} 的许可证“${text(licence)}”更宽松。`,
      action: '请改用基座模型的许可证，或说明可以放宽的依据。',
    },
  }),
  'card.no_disclaimer': ({ domain }) => ({
    en: {
      message: `The card has no disclaimer, and the model answers questions of ${domain === 'law' ? 'law' : 'medicine'}.`,
      action: 'Put the disclaimer back.',
    },
    zh: {
      message: `模型回答${domain === 'law' ? '法律' : '医疗'}问题，但模型卡没有免责声明。`,
      action: '请恢复免责声明。',
    },
  }),
  'card.content_review': () => ({
    en: {
      message: 'Hubs review what becomes public; content of this field can be held back.',
      action: 'Publish privately first and expect minutes to days for the review.',
    },
    zh: {
      message: '公开内容会经过社区审核，这一领域的内容可能被暂缓展示。',
      action: '请先私有发布，并预留几分钟到数天的审核时间。',
    },
  }),
  'card.adapter_only': ({ base, licence, part: which }) => ({
    en: {
      message: `${text(base)} ${licence === '' ? 'is handed out only to those who accept its terms' : `stands under “${text(licence)}”`}; ${partName('en', text(which))} contain all of it.`,
      action: 'Release the adapter alone.',
    },
    zh: {
      message: `${text(base)} ${licence === '' ? '须接受条款后才能获取' : `的许可证为“${text(licence)}”`}，而${partName('zh', text(which))}包含它的全部权重。`,
      action: '请只发布适配器。',
    },
  }),
  'card.no_licence': () => ({
    en: {
      message: 'No licence is chosen, so nobody is allowed to use what is released.',
      action: 'Choose one; the licence of the base is where to begin.',
    },
    zh: {
      message: '尚未选择许可证，他人无权使用发布的内容。',
      action: '请选择许可证，可从基座模型的许可证开始。',
    },
  }),
};

/** What a warning says and what to do about it. */
export function describeCardWarning({ code, params }: CardWarning, language: CardLanguage): Words {
  return WORDS[code](params)[language];
}
