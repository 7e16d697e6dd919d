import type { ErrorTable } from './error-table.ts';

export const CARD_ERRORS = {
  'card.no_run': {
    en: {
      message: 'There is no training to write of “{model}”.',
      cause: 'The model was not made here, or the run that it was made of has been deleted.',
      action: 'Name a run, or a model that was merged or fine-tuned here.',
    },
    zh: {
      message: '“{model}”没有可供写入模型卡的训练记录。',
      cause: '该模型不是在这里得到的，或对应的训练已被删除。',
      action: '请指定一次训练，或在这里合并、微调得到的模型。',
    },
  },
  'card.evidence_unreadable': {
    en: {
      message: 'The evidence file cannot be read: {path}',
      cause: '{reason}',
      action: 'Name an evidence.json that came with a release.',
    },
    zh: {
      message: '无法读取证据文件：{path}',
      cause: '{reason}',
      action: '请指定随发布内容附带的 evidence.json。',
    },
  },
} as const satisfies ErrorTable;
