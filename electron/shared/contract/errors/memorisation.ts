import type { ErrorTable } from './error-table.ts';

export const MEMORISATION_ERRORS = {
  'memorisation.no_weights': {
    en: {
      message: 'The run “{run}” has nothing to check yet.',
      cause: 'It has not written a checkpoint, or the one that was named is not whole.',
      action: 'Let the run save a checkpoint, or name a step that has one.',
    },
    zh: {
      message: '训练“{run}”还没有可供检查的权重。',
      cause: '它尚未写出检查点，或指定的检查点不完整。',
      action: '请等待训练保存检查点，或指定已有检查点的步数。',
    },
  },
  'memorisation.other_model': {
    en: {
      message: '“{model}” was not made from the run “{run}”.',
      cause: 'The check asks for the rows of the run that a model was trained in.',
      action: 'Name a model that was merged from this run, or check the run’s own weights.',
    },
    zh: {
      message: '“{model}”不是由训练“{run}”得到的。',
      cause: '检查会用训练所用的数据行去提问，因此模型必须出自该训练。',
      action: '请指定由该训练合并得到的模型，或直接检查该训练自身的权重。',
    },
  },
  'memorisation.already_running': {
    en: {
      message: 'A memorisation check of “{run}” is running already.',
      cause: 'Both would write the same result.',
      action: 'Wait for it, or stop it first.',
    },
    zh: {
      message: '“{run}”的记忆检查正在进行。',
      cause: '两次检查会写入同一份结果。',
      action: '请等待它完成，或先停止它。',
    },
  },
} as const satisfies ErrorTable;
