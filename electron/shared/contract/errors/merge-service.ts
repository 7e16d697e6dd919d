import type { ErrorTable } from './error-table.ts';

export const MERGE_SERVICE_ERRORS = {
  'merge.no_adapter': {
    en: {
      message: 'The run “{run}” has no adapter to merge.',
      cause: 'It has not written a checkpoint yet, or the one that was named is not whole.',
      action: 'Let the run save a checkpoint, or name a step that has one.',
    },
    zh: {
      message: '训练“{run}”没有可合并的适配器。',
      cause: '它尚未写出检查点，或指定的检查点不完整。',
      action: '请等待训练保存检查点，或指定已有检查点的步数。',
    },
  },
  'merge.whole_model': {
    en: {
      message: 'There is nothing to merge: the run “{run}” trained the whole model.',
      cause: 'Full fine-tuning makes no adapter; its result is a model that stands by itself.',
      action:
        'Chat with it as it is; when the run has finished, it is in the library under the name of the run.',
    },
    zh: {
      message: '无需合并：训练“{run}”采用全参数微调，训练的就是整个模型。',
      cause: '全参数微调不产生适配器，训练结果本身就是完整的模型。',
      action: '可直接与它对话；训练完成后，它会以训练名称出现在模型库中。',
    },
  },
  'merge.base_missing': {
    en: {
      message: 'The base model of this run is no longer at {path}.',
      cause: 'The folder was moved, renamed or removed, or its drive is not connected.',
      action: 'Put the folder back and merge again.',
    },
    zh: {
      message: '该训练的基座模型已不在 {path}。',
      cause: '目录被移动、改名或删除，或所在磁盘未连接。',
      action: '请恢复该目录后重新合并。',
    },
  },
  'merge.not_merged': {
    en: {
      message: 'The model “{model}” was not made by merging.',
      cause: 'It was added as a folder, so there is no merge to show.',
      action: 'Open it under Models.',
    },
    zh: {
      message: '模型“{model}”不是合并得到的。',
      cause: '它是以目录形式添加的，没有合并记录可看。',
      action: '请在“模型”中查看。',
    },
  },
  'merge.not_unfinished': {
    en: {
      message: 'The merge of “{model}” cannot be resumed.',
      cause: 'It is running, has finished, or was started by an older version that kept too little of it.',
      action: 'Look at it under Models; if it failed, remove it and merge again from its run.',
    },
    zh: {
      message: '“{model}”的合并无法继续。',
      cause: '合并正在进行、已经完成，或由旧版本启动、未保存足够的信息。',
      action: '请在“模型”中查看；若合并失败，请移除后从对应训练重新合并。',
    },
  },
  'merge.stopped': {
    en: {
      message: 'The merge was stopped before it was complete.',
      cause: 'Someone stopped it, or the studio was closed; the files that were finished are kept.',
      action: 'Resume it under Models, or remove it there.',
    },
    zh: {
      message: '合并在完成之前被停止。',
      cause: '合并被手动停止，或程序已关闭；已写完的文件仍保留。',
      action: '请在“模型”中继续合并，或将其移除。',
    },
  },
} as const satisfies ErrorTable;
