import type { ErrorTable } from './error-table.ts';

export const TERMINAL_ERRORS = {
  'terminal.not_allowed': {
    en: {
      message: 'The terminal is off in this studio.',
      cause: 'Whoever reaches this page could run any program on the machine that serves it.',
      action: 'Use the desktop app, or start the server with `serve --allow-terminal`.',
    },
    zh: {
      message: '此处未开启终端。',
      cause: '一旦开启，能打开此页面的人就能在主机上运行任意程序。',
      action: '请使用桌面版，或以 serve --allow-terminal 启动服务。',
    },
  },
  'terminal.no_binary': {
    en: {
      message: 'This installation has no terminal.',
      cause: 'The part that connects a shell to a window is missing, or does not run on this system.',
      action: 'Install the studio again; use the system’s own terminal meanwhile.',
    },
    zh: {
      message: '当前安装不含终端组件。',
      cause: '连接命令行与窗口的组件缺失，或无法在此系统上运行。',
      action: '请重新安装程序；在此之前可使用系统自带的终端。',
    },
  },
  'terminal.too_many': {
    en: {
      message: 'No more than {most} terminals can be open.',
      cause: 'Each keeps a shell and a screen of its own in memory.',
      action: 'Close one that you no longer need.',
    },
    zh: {
      message: '最多同时打开 {most} 个终端。',
      cause: '每个终端都会在内存中保留各自的命令行与屏幕内容。',
      action: '请先关闭不再需要的终端。',
    },
  },
  'terminal.unknown': {
    en: {
      message: 'This terminal is no longer there.',
      cause: 'It was closed, or the studio was started again since.',
      action: 'Open a new terminal.',
    },
    zh: {
      message: '该终端已不存在。',
      cause: '它已被关闭，或程序在此之后重新启动过。',
      action: '请新建一个终端。',
    },
  },
  'terminal.ended': {
    en: {
      message: 'The shell of this terminal has ended.',
      cause: 'A shell that has ended takes no more input.',
      action: 'Open a new terminal.',
    },
    zh: {
      message: '该终端中的命令行已结束。',
      cause: '命令行结束后不再接受输入。',
      action: '请新建一个终端。',
    },
  },
  'terminal.shell_failed': {
    en: {
      message: 'The shell {shell} could not be started.',
      cause: 'The system refused: {reason}',
      action: 'Check that SHELL names a shell of this machine, then start the studio again.',
    },
    zh: {
      message: '无法启动命令行程序 {shell}。',
      cause: '系统拒绝启动：{reason}',
      action: '请确认环境变量 SHELL 指向本机已有的命令行程序，然后重新启动程序。',
    },
  },
} as const satisfies ErrorTable;
