import type { ErrorTable } from './error-table.ts';

export const RECIPE_ERRORS = {
  'recipe.invalid': {
    en: {
      message: 'The recipe cannot be used: {summary}',
      cause:
        'A setting is unknown, of the wrong type, outside its allowed range, or does not go with another one.',
      action: 'Correct the named settings; each is listed with what is allowed.',
    },
    zh: {
      message: '训练方案无法使用：{summary}',
      cause: '有设置项不存在、类型错误、超出允许范围，或与其他设置冲突。',
      action: '请改正指出的设置项；每一项都列有允许的取值。',
    },
  },
  'recipe.import_nothing': {
    en: {
      message: '{file} holds no setting of a train command.',
      cause: 'It is read as a command or a YAML file of LLaMA-Factory, MedicalGPT or a transformers trainer.',
      action: 'Give the file with the command as it was run, or the YAML that the tool was given.',
    },
    zh: {
      message: '{file} 中没有找到训练命令的设置。',
      cause: '可读取 LLaMA-Factory、MedicalGPT 或 transformers 训练器的命令或 YAML。',
      action: '请提供写有当时所用命令的文件，或传给该工具的 YAML。',
    },
  },
  'recipe.dataset_not_found': {
    en: {
      message: 'The recipe names the dataset “{dataset}”, which is not there.',
      cause: 'It is neither an id or name of the library nor a dataset file on disk.',
      action: 'Import the data first, or correct the recipe.',
    },
    zh: {
      message: '训练方案指定的数据集“{dataset}”不存在。',
      cause: '它既不是数据集库中的编号或名称，也不是磁盘上的数据集文件。',
      action: '请先导入数据，或修改训练方案。',
    },
  },
  'recipe.adapter_not_found': {
    en: {
      message: 'The recipe starts from the adapter “{adapter}”, which is not there.',
      cause: 'It is neither a run with a saved adapter nor a folder that holds one.',
      action: 'Name a finished run or an adapter folder, or leave the field empty to start afresh.',
    },
    zh: {
      message: '训练方案要从适配器“{adapter}”开始，但它不存在。',
      cause: '它既不是已保存适配器的训练，也不是包含适配器的目录。',
      action: '请填写已完成的训练或适配器目录，或留空以从头开始。',
    },
  },
  'recipe.model_not_found': {
    en: {
      message: 'The recipe names the model “{model}”, which is not there.',
      cause: 'It is neither an id or name of the library nor a model folder on disk.',
      action: 'Add the model folder first, or correct the recipe.',
    },
    zh: {
      message: '训练方案指定的模型“{model}”不存在。',
      cause: '它既不是模型库中的编号或名称，也不是磁盘上的模型目录。',
      action: '请先添加模型目录，或修改训练方案。',
    },
  },
} as const satisfies ErrorTable;
