import type { ErrorTable } from './error-table.ts';

export const DATASET_ERRORS = {
  'dataset.source_missing': {
    en: {
      message: 'There is no file or folder at {path}.',
      cause: 'The path is mistyped, or the drive is not connected.',
      action: 'Check the path and import again.',
    },
    zh: {
      message: '{path} 处没有文件或文件夹。',
      cause: '路径有误，或所在磁盘未连接。',
      action: '请检查路径后重新导入。',
    },
  },
  'dataset.not_ready': {
    en: {
      message: 'The dataset “{dataset}” cannot be used yet ({state}).',
      cause: 'Its import is still running, or has failed.',
      action: 'Wait for the import to end, or read why it failed and import again.',
    },
    zh: {
      message: '数据集“{dataset}”暂不可用（{state}）。',
      cause: '导入尚未完成，或已失败。',
      action: '请等待导入结束；若已失败，请查看原因后重新导入。',
    },
  },
  'dataset.unreadable': {
    en: {
      message: 'The dataset file {path} cannot be read.',
      cause: 'It was moved or damaged, or is not a dataset made by this program.',
      action: 'Import the source files again.',
    },
    zh: {
      message: '无法读取数据集文件 {path}。',
      cause: '文件已移动或损坏，或不是由本程序生成的数据集。',
      action: '请重新导入源文件。',
    },
  },
  'dataset.in_use': {
    en: {
      message: 'The dataset “{dataset}” is in use by {users}.',
      cause: 'A run that computes or waits in the queue, or a count of tokens, reads from its file.',
      action: 'Wait until it has ended, or stop it or take it out of the queue first.',
    },
    zh: {
      message: '数据集“{dataset}”正被 {usersZh} 使用。',
      cause: '有正在运行或排队中的训练，或词元统计，要读取其文件。',
      action: '请等待训练结束，或先停止训练、移出队列。',
    },
  },
  'dataset.import_stopped': {
    en: {
      message: 'The import was stopped before it was complete.',
      cause: 'Someone stopped it, or the studio was closed; nothing was imported.',
      action: 'Import the files again.',
    },
    zh: {
      message: '导入在完成之前被停止。',
      cause: '导入被手动停止，或程序已关闭；没有导入任何内容。',
      action: '请重新导入这些文件。',
    },
  },
} as const satisfies ErrorTable;
