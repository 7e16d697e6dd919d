import type { ErrorTable } from './error-table.ts';

export const CLI_ERRORS = {
  'cli.unknown_verb': {
    en: {
      message: 'There is no command “{verb}”.',
      cause: 'The commands are: {known}.',
      action: 'Run “--help” to see what each one does.',
    },
    zh: {
      message: '没有命令“{verb}”。',
      cause: '可用的命令有：{known}。',
      action: '运行 “--help” 查看各命令的用途。',
    },
  },
  'cli.invalid_arguments': {
    en: {
      message: '{reason}',
      cause: 'Usage: {usage}',
      action: 'Run the command with “--help” to see its options.',
    },
    zh: {
      message: '{reason}',
      cause: '用法：{usage}',
      action: '在命令后加 “--help” 查看选项。',
    },
  },
  'cli.file_exists': {
    en: {
      message: '{file} is there already.',
      cause: 'A file that exists is never written over.',
      action: 'Name another file, or move that one away first.',
    },
    zh: {
      message: '{file} 已存在。',
      cause: '已有的文件不会被覆盖。',
      action: '请换一个文件名，或先移走原有文件。',
    },
  },
  'cli.file_unwritable': {
    en: {
      message: '{file} cannot be written: {reason}',
      cause: 'Its folder is missing, full, or not yours to write in.',
      action: 'Check the folder, or name another file.',
    },
    zh: {
      message: '无法写入 {file}：{reason}',
      cause: '所在目录不存在、磁盘已满，或没有写入权限。',
      action: '请检查该目录，或换一个文件名。',
    },
  },
  'cli.file_unreadable': {
    en: {
      message: '{file} cannot be read: {reason}',
      cause: 'The file is missing, not readable, or not of the expected kind.',
      action: 'Check the path and the file, then try again.',
    },
    zh: {
      message: '无法读取 {file}：{reason}',
      cause: '文件不存在、不可读，或格式不符。',
      action: '请检查路径与文件后重试。',
    },
  },
  'cli.token_not_kept': {
    en: {
      message: 'This machine has no keyring, so the token would be forgotten as soon as this command ends.',
      cause: 'Without a keyring a token is kept in memory only.',
      action:
        'Add --vault and choose a passphrase; or hand a token file to each command: MODELSCOPE_API_TOKEN_FILE or HF_TOKEN_FILE, readable by you alone.',
    },
    zh: {
      message: '本机没有密钥环，本命令结束后令牌即会丢失。',
      cause: '没有密钥环时，令牌只保存在内存中。',
      action:
        '请加上 --vault 并设置口令；或为每条命令指定令牌文件：MODELSCOPE_API_TOKEN_FILE 或 HF_TOKEN_FILE，文件只能由您本人读取。',
    },
  },
  'cli.no_token': {
    en: {
      message: 'No token came.',
      cause: 'Standard input ended before its first line.',
      action: 'Pipe a file with the token in, or run the command in a terminal and type it.',
    },
    zh: {
      message: '没有读到令牌。',
      cause: '标准输入在第一行之前已结束。',
      action: '请用管道传入令牌文件，或在终端中运行并输入。',
    },
  },
} as const satisfies ErrorTable;
