import type { ErrorTable } from './error-table.ts';

/** The safe conversion of pickled weights. */
export const MODEL_CONVERT_ERRORS = {
  'model.pickle_refused': {
    en: {
      message: '{file} holds more than tensors ({what}), so it is not converted.',
      cause:
        'Loading this file the usual way would call code that it names. The studio reads tensors only and calls nothing.',
      action:
        'Do not load this file with other programs. Get the model from its original source as safetensors.',
    },
    zh: {
      message: '{file} 中不只有张量（{what}），因此不予转换。',
      cause: '以常规方式加载该文件会调用其中指定的代码。本程序只读取张量，不调用任何内容。',
      action: '请勿用其他程序加载该文件；请从原始来源获取 safetensors 版本。',
    },
  },
  'model.pickle_broken': {
    en: {
      message: '{file} cannot be converted: {reason}.',
      cause: 'The file is damaged or incomplete, or was written by PyTorch before 1.6 or in an unusual way.',
      action: 'Download this file again, or get the model as safetensors.',
    },
    zh: {
      message: '无法转换 {file}：{reason}。',
      cause: '文件已损坏或不完整，或由 PyTorch 1.6 之前的版本以特殊方式写出。',
      action: '请重新下载该文件，或获取 safetensors 版本。',
    },
  },
  'model.convert_exists': {
    en: {
      message: 'The folder already has {file}, so nothing was converted.',
      cause: 'A conversion never writes over files.',
      action: 'Add the folder as it is, or move this file away first.',
    },
    zh: {
      message: '文件夹中已有 {file}，未进行转换。',
      cause: '转换不会覆盖已有文件。',
      action: '请直接添加该文件夹，或先移走此文件。',
    },
  },
  'model.convert_not_writable': {
    en: {
      message: '{folder} cannot be written.',
      cause:
        'The converted weights are placed beside the original ones, and this account may not write there.',
      action: 'Copy the model into a folder of your own and convert it there.',
    },
    zh: {
      message: '无法写入 {folder}。',
      cause: '转换后的权重会放在原文件旁边，而当前账户没有写入权限。',
      action: '请将模型复制到自己的文件夹后再转换。',
    },
  },
} as const satisfies ErrorTable;
