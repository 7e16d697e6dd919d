import type { ErrorTable } from './error-table.ts';

export const DATA_FOLDER_ERRORS = {
  'data_folder.busy': {
    en: {
      message: 'The data folder cannot be moved while work is under way ({jobs} live).',
      cause: 'Runs, imports, merges and chats write into the folder that would be copied.',
      action: 'Wait until they have ended, or stop and save them, and close open chats; then move it.',
    },
    zh: {
      message: '有任务正在进行（{jobs} 项），无法移动数据目录。',
      cause: '训练、导入、合并权重和对话会向正在复制的目录写入内容。',
      action: '请等待其结束，或停止并保存训练、关闭对话，然后再移动。',
    },
  },
  'data_folder.inside': {
    en: {
      message: '“{path}” and the data folder lie inside each other.',
      cause: 'A folder cannot be copied into itself, and the old one could not be deleted afterwards.',
      action: 'Choose a folder that is neither inside {home} nor above it.',
    },
    zh: {
      message: '“{path}”与数据目录互相包含。',
      cause: '目录无法复制到自身内部，之后也无法删除旧目录。',
      action: '请选择既不在 {home} 之内、也不在其上级的目录。',
    },
  },
  'data_folder.not_absolute': {
    en: {
      message: '“{path}” is not a whole path.',
      cause: 'A part of a path would mean another folder from another place.',
      action: 'Give the path from the root of the disk.',
    },
    zh: {
      message: '“{path}”不是完整路径。',
      cause: '相对路径在不同位置会指向不同目录。',
      action: '请填写从磁盘根目录开始的完整路径。',
    },
  },
  'data_folder.not_empty': {
    en: {
      message: '“{path}” is not an empty folder.',
      cause: 'Files that lie there already could be mixed up with the studio’s.',
      action: 'Choose a new name, or an empty folder.',
    },
    zh: {
      message: '“{path}”不是空目录。',
      cause: '其中已有的文件可能与本程序的文件混在一起。',
      action: '请换一个新名称，或选择空目录。',
    },
  },
  'data_folder.not_writable': {
    en: {
      message: 'Nothing can be written to “{path}”.',
      cause: 'The place is read-only, or this user has no right to write there ({reason}).',
      action: 'Choose another place, or give this user the right to write.',
    },
    zh: {
      message: '无法写入“{path}”。',
      cause: '该位置只读，或当前用户没有写入权限（{reason}）。',
      action: '请选择其他位置，或为当前用户授予写入权限。',
    },
  },
  'data_folder.disk_full': {
    en: {
      message: 'There is too little room for the data folder at “{path}”.',
      cause: 'It needs {neededGb} GB; {freeGb} GB are free there. The old folder is unchanged.',
      action: 'Make room, or choose a larger disk.',
    },
    zh: {
      message: '“{path}”所在磁盘空间不足。',
      cause: '需要 {neededGb} GB，可用 {freeGb} GB。原目录没有改变。',
      action: '请清理空间，或选择更大的磁盘。',
    },
  },
  'data_folder.copy_failed': {
    en: {
      message: 'The data folder could not be copied.',
      cause: '{reason}. The old folder is unchanged and stays in use; what was copied is removed.',
      action: 'Check both disks, then try again.',
    },
    zh: {
      message: '数据目录复制失败。',
      cause: '{reason}。原目录没有改变，仍在使用；已复制的内容已删除。',
      action: '请检查两端磁盘后重试。',
    },
  },
  'data_folder.copy_differs': {
    en: {
      message: 'A copied file is not what was read: {file}',
      cause:
        'Its digest differs after writing; the disk or its connection may be failing. The old folder is unchanged and stays in use.',
      action: 'Check the new disk, then try again or choose another one.',
    },
    zh: {
      message: '复制后的文件与原文件不一致：{file}',
      cause: '写入后的摘要不同，磁盘或连接可能有故障。原目录没有改变，仍在使用。',
      action: '请检查新磁盘后重试，或换一块磁盘。',
    },
  },
  'data_folder.changing': {
    en: {
      message: 'The data folder keeps changing while it is copied: {file}',
      cause: 'Another program writes into it. The old folder is unchanged by the move and stays in use.',
      action: 'Close the program that writes there, then try again.',
    },
    zh: {
      message: '复制期间数据目录仍在变化：{file}',
      cause: '有其他程序在写入。移动操作没有改变原目录，仍在使用。',
      action: '请关闭写入该目录的程序后重试。',
    },
  },
  'data_folder.moving': {
    en: {
      message: 'The data folder is being moved.',
      cause: 'What changed now would be missing in the copy.',
      action: 'Wait until the move has ended, or cancel it under Settings → Data.',
    },
    zh: {
      message: '正在移动数据目录。',
      cause: '此时的改动不会出现在副本中。',
      action: '请等待移动完成，或在“设置 → 数据”中取消。',
    },
  },
  'data_folder.moved': {
    en: {
      message: 'The data folder was moved to “{target}”.',
      cause: 'This start still stands on the old folder, which is no longer changed.',
      action: 'Start the studio again; it opens the new folder.',
    },
    zh: {
      message: '数据目录已移至“{target}”。',
      cause: '本次启动仍使用旧目录，旧目录不再改动。',
      action: '请重新启动程序，即会使用新目录。',
    },
  },
  'data_folder.no_previous': {
    en: {
      message: 'There is no former data folder to delete.',
      cause: 'It was deleted already, or this folder never moved.',
      action: 'Nothing needs to be done.',
    },
    zh: {
      message: '没有需要删除的旧数据目录。',
      cause: '旧目录已删除，或数据目录从未移动过。',
      action: '无需处理。',
    },
  },
  'data_folder.previous_used': {
    en: {
      message: 'The former data folder “{path}” has been used since the move.',
      cause: 'It may hold runs or data that the new folder has not.',
      action: 'Look into it with --home, and delete it by hand when you are sure.',
    },
    zh: {
      message: '旧数据目录“{path}”在移动之后又被使用过。',
      cause: '其中可能有新目录没有的训练或数据。',
      action: '请用 --home 打开检查，确认后再手动删除。',
    },
  },
  'data_folder.missing': {
    en: {
      message: 'The data folder “{path}” is not there.',
      cause: 'The studio was moved there; the disk may not be connected. {file} says so.',
      action: 'Connect the disk and start again. To begin without it, delete that file.',
    },
    zh: {
      message: '找不到数据目录“{path}”。',
      cause: '程序数据已移至该处，磁盘可能未连接。此设置保存在 {file}。',
      action: '请连接磁盘后重新启动；若要不使用该目录，请删除上述文件。',
    },
  },
  'data_folder.half_moved': {
    en: {
      message: '“{path}” holds an unfinished copy of a data folder.',
      cause: 'A move from {source} was interrupted. The folder it came from is whole.',
      action: 'Start with {source} and move it again to the same place; the copy is made anew.',
    },
    zh: {
      message: '“{path}”中是未完成的数据目录副本。',
      cause: '从 {source} 的移动被中断。原目录是完整的。',
      action: '请用 {source} 启动，再次移动到同一位置，副本会重新制作。',
    },
  },
  'data_folder.pointer_unreadable': {
    en: {
      message: 'The file that names the data folder cannot be read: {file}',
      cause: 'It is damaged, or was written by another version.',
      action: 'Name the folder with LEGAL_EAGLE_HOME, or delete the file to use the default folder.',
    },
    zh: {
      message: '无法读取记录数据目录位置的文件：{file}',
      cause: '文件已损坏，或由其他版本写入。',
      action: '请用 LEGAL_EAGLE_HOME 指定目录，或删除该文件以使用默认目录。',
    },
  },
} as const satisfies ErrorTable;
