import type { ErrorTable } from './error-table.ts';

export const HOST_ERRORS = {
  'host.unavailable': {
    en: {
      message: 'This needs the desktop app.',
      cause: 'A browser has no window of the machine that the studio runs on.',
      action: 'Open the studio’s desktop app on that machine, or enter the path by hand.',
    },
    zh: {
      message: '此操作需要桌面版。',
      cause: '浏览器无法打开训练主机上的窗口。',
      action: '请在该主机上打开桌面版，或手动输入路径。',
    },
  },
  'host.path_missing': {
    en: {
      message: 'There is nothing at {path} any more.',
      cause:
        'The file or folder was moved, renamed or deleted outside the studio, or its disk is not connected.',
      action: 'Put it back or connect the disk, then try again.',
    },
    zh: {
      message: '{path} 已不存在。',
      cause: '该文件或文件夹已在程序之外被移动、改名或删除，或所在磁盘未连接。',
      action: '请恢复该文件或连接磁盘后重试。',
    },
  },
  'host.address_refused': {
    en: {
      message: 'The studio does not open this address: {url}',
      cause: 'Only https addresses of the sites that the studio itself names are opened in the browser.',
      action: 'If you trust the address, copy it into your browser yourself.',
    },
    zh: {
      message: '程序不会打开此网址：{url}',
      cause: '仅会在浏览器中打开程序自身列出的网站的 https 网址。',
      action: '若您信任该网址，请自行复制到浏览器中打开。',
    },
  },
  'host.core_ended': {
    en: {
      message: 'The studio’s core ended unexpectedly.',
      cause: 'Its process stopped (exit code {exitCode}). Training goes on; it does not depend on it.',
      action: 'It is being started again. If this repeats, open the log in the data folder.',
    },
    zh: {
      message: '程序核心意外退出。',
      cause: '核心进程已停止（退出码 {exitCode}）。训练不依赖它，仍在继续。',
      action: '正在重新启动核心。若反复出现，请查看数据目录中的日志。',
    },
  },
  'host.core_keeps_ending': {
    en: {
      message: 'The studio’s core cannot stay up.',
      cause: 'It ended {times} times within a few minutes. Training goes on; it does not depend on it.',
      action:
        'Quit and start the studio again; if it repeats, run `legal-eagle doctor` and report what it says.',
    },
    zh: {
      message: '程序核心无法保持运行。',
      cause: '它在几分钟内退出了 {times} 次。训练不依赖它，仍在继续。',
      action: '请退出并重新打开程序；若仍出现，请运行 legal-eagle doctor 并反馈其结果。',
    },
  },
  'host.no_sandbox': {
    en: {
      message: 'This system does not let the AppImage protect itself.',
      cause:
        'The studio’s window runs in a sandbox, for which the system allows an AppImage no user namespaces (Ubuntu does so since 24.04). Without it the studio does not open.',
      action: 'Install the .deb package instead: it brings the profile that the system asks for.',
    },
    zh: {
      message: '当前系统不允许 AppImage 启用安全沙箱。',
      cause:
        '程序窗口在沙箱中运行，而系统禁止 AppImage 使用所需的用户命名空间（Ubuntu 24.04 起如此）。没有沙箱时程序不会打开。',
      action: '请改为安装 .deb 软件包，其中带有系统要求的配置。',
    },
  },
  'host.no_display': {
    en: {
      message: 'There is no display to open the studio on.',
      cause: 'Neither DISPLAY nor WAYLAND_DISPLAY names one that is there: a login over SSH has none.',
      action: 'Start it from a desktop session, or use the studio in a browser: `legal-eagle serve`.',
    },
    zh: {
      message: '没有可用的图形显示，无法打开桌面版。',
      cause: 'DISPLAY 和 WAYLAND_DISPLAY 均未指向可用的显示；通过 SSH 登录时没有图形显示。',
      action: '请在图形桌面中启动，或通过浏览器使用：运行 legal-eagle serve。',
    },
  },
  'host.arguments_refused': {
    en: {
      message: 'The studio was started with {bytes} bytes of arguments; it takes {mostBytes} at most.',
      cause: 'It needs none. A command line that long would end a studio that is already open.',
      action: 'Start it without arguments.',
    },
    zh: {
      message: '启动参数共 {bytes} 字节，超过上限 {mostBytes} 字节。',
      cause: '程序不需要任何启动参数；过长的命令行会使已打开的程序退出。',
      action: '请不带参数重新启动。',
    },
  },
  'host.pages_missing': {
    en: {
      message: 'The pages of the studio are not built.',
      cause: 'The folder with the built pages is missing from this installation.',
      action: 'Install the studio again; from the sources, run `npm run build:renderer`.',
    },
    zh: {
      message: '程序界面尚未构建。',
      cause: '安装中缺少已构建的界面文件。',
      action: '请重新安装程序；若从源码运行，请执行 npm run build:renderer。',
    },
  },
} as const satisfies ErrorTable;
