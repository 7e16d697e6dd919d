import type { ErrorTable } from './error-table.ts';

export const SECRET_ERRORS = {
  'secrets.keyring_failed': {
    en: {
      message: 'The system’s keyring did not answer.',
      cause: 'It is locked, was changed, or refused: {reason}',
      action: 'Unlock the keyring of your system; if the token stays unreadable, enter it again.',
    },
    zh: {
      message: '系统密钥环没有响应。',
      cause: '密钥环被锁定、已更换，或拒绝了请求：{reason}',
      action: '请解锁系统密钥环；若令牌仍无法读取，请重新填写。',
    },
  },
  'secrets.not_offered': {
    en: {
      message: 'Tokens cannot be kept there on this machine.',
      cause: 'The place “{place}” is not available to this studio.',
      action: 'Choose one of the places that are offered.',
    },
    zh: {
      message: '此主机不支持将令牌保存在该位置。',
      cause: '当前程序无法使用该位置（{place}）。',
      action: '请从可选位置中选择一个。',
    },
  },
  'secrets.no_vault': {
    en: {
      message: 'There is no vault to unlock.',
      cause: 'Tokens are not kept behind a passphrase in this studio.',
      action: 'Choose to keep tokens in a vault first.',
    },
    zh: {
      message: '没有可解锁的保险库。',
      cause: '当前令牌并未以口令加密保存。',
      action: '请先选择将令牌保存在保险库中。',
    },
  },
  'secrets.vault_locked': {
    en: {
      message: 'The vault is locked.',
      cause: 'Its tokens can be read only with your passphrase.',
      action: 'Unlock the vault, then try again.',
    },
    zh: {
      message: '保险库已锁定。',
      cause: '只有输入口令才能读取其中的令牌。',
      action: '请解锁保险库后重试。',
    },
  },
  'secrets.wrong_passphrase': {
    en: {
      message: 'The passphrase does not open the vault.',
      cause: 'Capitals, the keyboard’s layout and spaces count.',
      action: 'Enter it again; after {seconds} s the vault takes the next attempt.',
    },
    zh: {
      message: '口令不正确，无法打开保险库。',
      cause: '口令区分大小写、键盘布局与空格。',
      action: '请在 {seconds} 秒后重新输入。',
    },
  },
  'secrets.paused': {
    en: {
      message: 'The vault takes no passphrase for another {seconds} s.',
      cause: 'Several wrong ones came in; the pause grows with each.',
      action: 'Wait, then enter the passphrase again.',
    },
    zh: {
      message: '保险库在 {seconds} 秒内不接受口令。',
      cause: '口令多次输入有误，每错一次等待时间都会延长。',
      action: '请稍候再输入口令。',
    },
  },
  'secrets.damaged': {
    en: {
      message: 'The file that keeps your tokens is damaged.',
      cause: '{path}: {reason}',
      action:
        'Put back a copy of the file if you have one, or give up what is in it and enter the tokens again.',
    },
    zh: {
      message: '保存令牌的文件已损坏。',
      cause: '{path} 无法按预期读取：{reason}',
      action: '如有该文件的备份，请放回原处；否则请放弃其中内容并重新填写令牌。',
    },
  },
  'secrets.not_written': {
    en: {
      message: 'The token could not be kept.',
      cause: '{path}: {reason}',
      action: 'Make room on the disk, or see to the rights of the folder, then try again.',
    },
    zh: {
      message: '令牌未能保存。',
      cause: '无法写入 {path}：{reason}',
      action: '请清理磁盘空间或检查该目录的权限，然后重试。',
    },
  },
  'secrets.token_file_readable': {
    en: {
      message: 'The token file of {variable} is not used: others can read it.',
      cause: '{path} has the rights {mode}; a token file belongs to its owner alone.',
      action:
        'Run `chmod 600` on the file, make a new token if the machine has other users, and start again.',
    },
    zh: {
      message: '未使用 {variable} 指定的令牌文件：其他人可读取它。',
      cause: '{path} 的权限为 {mode}，令牌文件应仅限所有者读取。',
      action: '请对该文件执行 chmod 600；若主机有其他用户，请更换令牌，然后重新启动。',
    },
  },
  'secrets.token_file_unreadable': {
    en: {
      message: 'The token file of {variable} cannot be read.',
      cause: '{path}: {reason}',
      action: 'Set {variable} to a file that holds nothing but the token, and start again.',
    },
    zh: {
      message: '无法读取 {variable} 指定的令牌文件。',
      cause: '读取 {path} 失败：{reason}',
      action: '请将 {variable} 指向仅含令牌的文件，然后重新启动。',
    },
  },
} as const satisfies ErrorTable;
