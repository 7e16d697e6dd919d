import type { ErrorTable } from './error-table.ts';

export const SETTINGS_ERRORS = {
  'settings.no_folder': {
    en: {
      message: 'There is no folder “{path}”.',
      cause: 'Only a folder that exists can be granted; it may be on a disk that is not connected.',
      action: 'Check the path, connect the disk, then try again.',
    },
    zh: {
      message: '目录“{path}”不存在。',
      cause: '只能授权已存在的目录；它可能位于未连接的磁盘上。',
      action: '请检查路径、连接磁盘后重试。',
    },
  },
} as const satisfies ErrorTable;
