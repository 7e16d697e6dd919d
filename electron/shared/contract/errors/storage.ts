import type { ErrorTable } from './error-table.ts';

export const STORAGE_ERRORS = {
  'storage.cannot_move': {
    en: {
      message: '{path} could not be moved.',
      cause:
        'A program holds a file in it open, it may not be written, or it lies on another disk than the data folder. ({reason})',
      action: 'Close what has it open, then try again; nothing was changed.',
    },
    zh: {
      message: '无法移动 {path}。',
      cause: '有程序正在使用其中的文件、没有写入权限，或它与数据目录不在同一磁盘。（{reason}）',
      action: '请关闭占用它的程序后重试；目前没有任何改动。',
    },
  },
  'storage.changed': {
    en: {
      message: '“{name}” was left alone: it is not what was shown any more.',
      cause: 'Something was written to it, or it was deleted or restored, after it had been counted.',
      action: 'Count again, then look at what can be deleted now.',
    },
    zh: {
      message: '“{name}”没有删除：它与刚才显示的已不一致。',
      cause: '统计之后有内容写入，或它已被删除、恢复。',
      action: '请重新统计，再查看现在可以清理的内容。',
    },
  },
  'storage.needed': {
    en: {
      message: '“{name}” was left alone: it is needed again.',
      cause: 'A run, a chat, a merge or another job that started meanwhile uses it.',
      action: 'Wait until that has ended, then count again.',
    },
    zh: {
      message: '“{name}”没有删除：它又被用到了。',
      cause: '其间启动的训练、对话、合并或其他任务正在使用它。',
      action: '请等待其结束，再重新统计。',
    },
  },
  'storage.not_in_trash': {
    en: {
      message: 'This is no longer in the trash.',
      cause: 'It has been restored or deleted for good, perhaps in another window.',
      action: 'Look at the trash under Settings to see what can still be restored.',
    },
    zh: {
      message: '回收站中已没有这一项。',
      cause: '它已被恢复或彻底删除，也可能是在另一个窗口中操作的。',
      action: '请在“设置”的回收站中查看还能恢复的内容。',
    },
  },
  'storage.place_taken': {
    en: {
      message: '“{name}” cannot be restored: its place is taken.',
      cause:
        'There is a record or a folder of the same id at {path}, for instance because it was adopted again.',
      action: 'Use the one that is there, or remove it first.',
    },
    zh: {
      message: '无法恢复“{name}”：原位置已被占用。',
      cause: '{path} 处已有相同编号的记录或文件夹，例如它已被重新收录。',
      action: '请直接使用现有的这一份，或先将其删除。',
    },
  },
} as const satisfies ErrorTable;
