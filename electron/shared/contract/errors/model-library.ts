import type { ErrorTable } from './error-table.ts';

export const MODEL_LIBRARY_ERRORS = {
  'model.in_use': {
    en: {
      message: 'The model “{model}” is in use by {users}.',
      cause: 'A running job reads from its folder.',
      action: 'Wait until the job has ended, or stop it first.',
    },
    zh: {
      message: '模型“{model}”正被 {users} 使用。',
      cause: '有运行中的任务正在读取其目录。',
      action: '请等待任务结束，或先停止该任务。',
    },
  },
  'model.folder_missing': {
    en: {
      message: 'There is no model folder at {path}.',
      cause: 'The path is mistyped, names a file, or its drive is not connected.',
      action: 'Check the path and add the folder again.',
    },
    zh: {
      message: '{path} 处没有模型目录。',
      cause: '路径有误、指向文件，或所在磁盘未连接。',
      action: '请检查路径后重新添加。',
    },
  },
  'model.config_missing': {
    en: {
      message: 'The folder {path} has no config.json.',
      cause: 'It is not a model folder, or the download was not finished.',
      action: 'Name the folder that holds config.json and the safetensors files.',
    },
    zh: {
      message: '目录 {path} 中没有 config.json。',
      cause: '它不是模型目录，或下载未完成。',
      action: '请指定含有 config.json 和 safetensors 文件的目录。',
    },
  },
  'model.config_unreadable': {
    en: {
      message: 'The file {path} cannot be read as a model configuration.',
      cause: 'It is not valid JSON, or a value in it has the wrong type.',
      action: 'Get the file from the model’s source again.',
    },
    zh: {
      message: '{path} 不是可读的模型配置文件。',
      cause: '它不是合法的 JSON，或其中某个值类型错误。',
      action: '请从模型来源重新获取该文件。',
    },
  },
  'model.no_weights': {
    en: {
      message: 'The folder {path} has no weights.',
      cause: 'There is neither model.safetensors nor an index with its shards.',
      action: 'Finish the download, or name the folder that holds the weights.',
    },
    zh: {
      message: '目录 {path} 中没有权重。',
      cause: '既没有 model.safetensors，也没有索引及其分片。',
      action: '请完成下载，或指定含有权重的目录。',
    },
  },
  'model.pickle_only': {
    en: {
      message: 'The weights in {path} are pickle files, which are never opened.',
      cause: 'A pickle file (.bin, .pt) can run any program while it is read; safetensors files cannot.',
      action: 'Get the same model as safetensors, or convert it on a machine you can spare.',
    },
    zh: {
      message: '{path} 中的权重是 pickle 文件，本程序从不打开此类文件。',
      cause: 'pickle 文件（.bin、.pt）在读取时可执行任意程序，safetensors 文件则不会。',
      action: '请获取同一模型的 safetensors 版本，或在隔离的机器上转换。',
    },
  },
  'model.unsupported': {
    en: {
      message: 'The architecture {architecture} is not supported: {reason}',
      cause: 'The engine trains models of the InternLM2 and Llama layouts only.',
      action: 'Choose a model of a supported family.',
    },
    zh: {
      message: '不支持架构 {architecture}：{reason}',
      cause: '训练引擎目前只支持 InternLM2 与 Llama 布局的模型。',
      action: '请选择受支持系列的模型。',
    },
  },
  'model.weights_unreadable': {
    en: {
      message: 'The weights file {path} is broken: {reason}',
      cause: 'The file is cut off, or is not a safetensors file.',
      action: 'Download the file again.',
    },
    zh: {
      message: '权重文件 {path} 已损坏：{reason}',
      cause: '文件不完整，或不是 safetensors 文件。',
      action: '请重新下载该文件。',
    },
  },
  'model.missing_tensors': {
    en: {
      message: '{count} tensors are missing from {path}, the first is {first}.',
      cause: 'A shard is missing, or the configuration does not belong to these weights.',
      action: 'Download the missing files, or get configuration and weights from the same place.',
    },
    zh: {
      message: '{path} 缺少 {count} 个张量，第一个是 {first}。',
      cause: '缺少分片，或配置文件与权重不匹配。',
      action: '请补齐缺少的文件，或从同一来源获取配置与权重。',
    },
  },
  'model.extra_tensors': {
    en: {
      message: '{count} tensors in {path} have no place in this architecture, the first is {first}.',
      cause: 'The folder mixes two models, or the architecture has parts that the engine would leave out.',
      action: 'Get configuration and weights from the same place.',
    },
    zh: {
      message: '{path} 中有 {count} 个张量不属于该架构，第一个是 {first}。',
      cause: '目录中混有两个模型，或该架构含有引擎会遗漏的部分。',
      action: '请从同一来源获取配置与权重。',
    },
  },
} as const satisfies ErrorTable;
