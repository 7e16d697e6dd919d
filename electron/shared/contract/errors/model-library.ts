import type { ErrorTable } from './error-table.ts';

export const MODEL_LIBRARY_ERRORS = {
  'model.in_use': {
    en: {
      message: 'The model “{model}” is in use by {users}.',
      cause:
        'A run that computes or waits in the queue, a merge, a count of tokens or an open chat reads from its folder.',
      action: 'Wait until it has ended, close the chat, or take the run out of the queue first.',
    },
    zh: {
      message: '模型“{model}”正被 {usersZh} 使用。',
      cause: '有正在运行或排队中的训练、合并、词元统计或打开的对话，要读取其目录。',
      action: '请等待其结束、关闭对话，或先将训练移出队列。',
    },
  },
  'model.not_ready': {
    en: {
      message: 'The model “{model}” cannot be used yet ({state}).',
      cause: 'Its merge is still running, or has failed.',
      action: 'Wait for the merge to end, or read why it failed and merge again.',
    },
    zh: {
      message: '模型“{model}”暂不可用（{state}）。',
      cause: '合并尚未完成，或已失败。',
      action: '请等待合并结束；若已失败，请查看原因后重新合并。',
    },
  },
  'model.folder_missing': {
    en: {
      message: 'The folder {folder} does not exist.',
      cause: 'The path is mistyped, names a file, or its drive is not connected.',
      action: 'Check the path and try again.',
    },
    zh: {
      message: '文件夹 {folder} 不存在。',
      cause: '路径有误、指向文件，或所在磁盘未连接。',
      action: '请检查路径后重试。',
    },
  },
  'model.config_missing': {
    en: {
      message: '{folder} has no config.json.',
      cause: 'It is not a model folder, or the download was not finished.',
      action: 'Name the folder that holds config.json and the safetensors files.',
    },
    zh: {
      message: '{folder} 中没有 config.json。',
      cause: '它不是模型目录，或下载未完成。',
      action: '请指定含有 config.json 和 safetensors 文件的目录。',
    },
  },
  'model.no_weights': {
    en: {
      message: '{folder} holds no safetensors weights.',
      cause: 'There is neither model.safetensors nor an index with its shards.',
      action: 'Finish the download, or name the folder that holds the weights.',
    },
    zh: {
      message: '{folder} 中没有 safetensors 权重。',
      cause: '既没有 model.safetensors，也没有索引及其分片。',
      action: '请完成下载，或指定含有权重的目录。',
    },
  },
  'model.pickle_only': {
    en: {
      message: 'The weights in {folder} exist only as pickle ({file}).',
      cause:
        'A pickle file can run any program while it is read, so it is never opened; safetensors files cannot.',
      action:
        'Convert it safely (legal-eagle model convert): tensors are copied to safetensors, nothing is run.',
    },
    zh: {
      message: '{folder} 中只有 pickle 格式的权重（{file}）。',
      cause: 'pickle 文件在读取时可执行任意程序，因此本程序从不打开；safetensors 文件则不会。',
      action: '可安全转换（legal-eagle model convert）：只把张量复制为 safetensors，不执行任何内容。',
    },
  },
  'model.gguf_broken': {
    en: {
      message: 'The file {file} is not a readable GGUF file.',
      cause: 'It is cut short, of another format, or of a version before 2.',
      action: 'Download this file again.',
    },
    zh: {
      message: '文件 {file} 不是可读取的 GGUF 文件。',
      cause: '文件不完整、格式不符，或版本低于 2。',
      action: '请重新下载该文件。',
    },
  },
  'model.gguf_several': {
    en: {
      message: '{folder} holds several GGUF files.',
      cause: 'Each of them is a model of its own: {files}.',
      action: 'Name one of the files instead of the folder.',
    },
    zh: {
      message: '{folder} 中有多个 GGUF 文件。',
      cause: '每个文件都是独立的模型：{files}。',
      action: '请指定其中一个文件，而不是文件夹。',
    },
  },
  'model.gguf_not_trained': {
    en: {
      message: '{file} is a GGUF file, which is not trained on here.',
      cause:
        'GGUF holds weights for answering, usually rounded to a few bits; training needs the original ones.',
      action: 'Add or download the same model as safetensors.',
    },
    zh: {
      message: '{file} 是 GGUF 文件，不能在此训练。',
      cause: 'GGUF 保存用于推理的权重，通常已量化到几个比特；训练需要原始权重。',
      action: '请登记或下载该模型的 safetensors 版本。',
    },
  },
  'model.adapter_base_missing': {
    en: {
      message: 'The base model of this adapter ({base}) is not in the library.',
      cause: 'An adapter holds only the trained differences and works together with its base.',
      action: 'Add or download the base; the adapter finds it by itself.',
    },
    zh: {
      message: '模型库中没有该适配器的基座模型（{base}）。',
      cause: '适配器只保存训练得到的差异，必须与其基座模型一起使用。',
      action: '请登记或下载该基座模型，适配器会自动与之对应。',
    },
  },
  'model.downloading': {
    en: {
      message: '“{model}” is being downloaded already.',
      cause: 'One download writes to a folder at a time.',
      action: 'Wait for it, or pause it first.',
    },
    zh: {
      message: '“{model}”已在下载中。',
      cause: '同一文件夹一次只能由一个下载写入。',
      action: '请等待其完成，或先暂停。',
    },
  },
  'model.not_downloaded': {
    en: {
      message: '“{model}” is no unfinished download.',
      cause: 'It is whole, or its folder was added or made here.',
      action: 'Remove it from the library instead, if that is what you want.',
    },
    zh: {
      message: '“{model}”不是未完成的下载。',
      cause: '它已经完整，或其文件夹是登记的、在此生成的。',
      action: '如需去掉，请从模型库中移除。',
    },
  },
  'model.download_paused': {
    en: {
      message: 'The download is paused.',
      cause: 'It was stopped by a person or because the studio was closed; what has come is kept.',
      action: 'Resume it on the Models screen.',
    },
    zh: {
      message: '下载已暂停。',
      cause: '由人停止，或因程序关闭而停止；已下载的部分会保留。',
      action: '请在“模型”页面继续下载。',
    },
  },
  'model.of_run': {
    en: {
      message: '“{model}” is the adapter of a run.',
      cause: 'It lies in the folder of the run and is listed as long as the run is.',
      action: 'Remove the run in Runs.',
    },
    zh: {
      message: '“{model}”是一次训练的适配器。',
      cause: '它保存在该训练的文件夹中，随训练一起列出。',
      action: '请在训练记录中删除该训练。',
    },
  },
  'model.missing_tensors': {
    en: {
      message: '{count} weights are missing, first {first}.',
      cause: 'A shard is missing, or config.json does not belong to these weights.',
      action: 'Download the missing files, or get configuration and weights from the same place.',
    },
    zh: {
      message: '缺少 {count} 个权重，第一个是 {first}。',
      cause: '缺少分片，或 config.json 与权重不匹配。',
      action: '请补齐缺少的文件，或从同一来源获取配置与权重。',
    },
  },
  'model.extra_tensors': {
    en: {
      message: '{count} weights do not belong to this architecture, first {first}.',
      cause: 'The folder mixes two models, or the architecture has parts that the engine would leave out.',
      action: 'Get configuration and weights from the same place.',
    },
    zh: {
      message: '有 {count} 个权重不属于该架构，第一个是 {first}。',
      cause: '目录中混有两个模型，或该架构含有引擎会遗漏的部分。',
      action: '请从同一来源获取配置与权重。',
    },
  },
} as const satisfies ErrorTable;
