import type { InstallProgress, RuntimeStatus } from '../../core/node-ports.ts';
import type { Terminal } from '../terminal.ts';
import type { Verb } from '../verb.ts';

const VARIANTS = ['cpu', 'dev'] as const;

const PHASES = {
  python: { en: 'making the environment', zh: '创建环境' },
  pip: { en: 'preparing the installer', zh: '准备安装程序' },
  torch: { en: 'finding torch', zh: '查找 torch' },
  packages: { en: 'installing packages', zh: '安装软件包' },
  'self-test': { en: 'testing the environment', zh: '环境自检' },
} as const;

/** `installing packages 12/34 torch 88.1/200.4 MB, 120.7 MB in all` */
export const installProgressText = (progress: InstallProgress, terminal: Terminal): string => {
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
  const parts = [terminal.words(PHASES[progress.phase])];
  if (progress.packagesTotal > 1)
    parts.push(`${String(progress.packagesDone)}/${String(progress.packagesTotal)}`);
  if (progress.package !== undefined) parts.push(progress.package);
  if (progress.fileTotalBytes > 0)
    parts.push(`${megabytes(progress.fileBytes)}/${megabytes(progress.fileTotalBytes)} MB`);
  if (progress.downloadedBytes > 0) {
    parts.push(terminal.words({ en: 'fetched', zh: '已下载' }), `${megabytes(progress.downloadedBytes)} MB`);
  }
  return parts.join(' ');
};

const sayStatus = (status: RuntimeStatus, terminal: Terminal): void => {
  const state = status.installed
    ? terminal.words({ en: 'installed', zh: '已安装' })
    : terminal.words({ en: 'not installed', zh: '未安装' });
  terminal.say(`${status.variant}  ${state}  ${status.pythonVersion ?? ''}  ${status.path}`);
};

export const runtimeInstall: Verb = {
  name: 'runtime install',
  summary: { en: 'make the Python environment that jobs run in', zh: '安装训练所用的 Python 环境' },
  usage: '[--variant cpu] [--mirror ID|URL] [--repair]',
  options: {
    variant: {
      kind: 'text',
      value: VARIANTS.join('|'),
      help: { en: 'which lock (default cpu)', zh: '使用哪份锁文件（默认 cpu）' },
    },
    mirror: {
      kind: 'text',
      value: 'ID|URL',
      help: {
        en: 'package mirror: tuna, aliyun, ustc, or an https address',
        zh: '软件源镜像：tuna、aliyun、ustc 或 https 地址',
      },
    },
    repair: { kind: 'flag', help: { en: 'make it anew', zh: '重新创建' } },
  },
  run: async ({ args, terminal, session, env }) => {
    const status = await session.ports.runtime.ensure({
      variant: args.choice('variant', VARIANTS) ?? session.variant,
      mirror: args.text('mirror'),
      // A proxy may hold a password: it is read from the environment, never from the command line.
      proxy: env['LEGAL_EAGLE_PROXY'],
      repair: args.flag('repair'),
      onProgress: (progress) => terminal.progress(installProgressText(progress, terminal)),
    });
    sayStatus(status, terminal);
    return { value: status };
  },
};

export const runtimeStatus: Verb = {
  name: 'runtime status',
  summary: { en: 'which Python environments there are', zh: '查看 Python 环境状态' },
  usage: '[--verify]',
  options: { verify: { kind: 'flag', help: { en: 'run the self-test', zh: '运行自检' } } },
  run: async ({ args, terminal, session }) => {
    const status = session.ports.runtime.status(session.variant);
    sayStatus(status, terminal);
    const selfTest = args.flag('verify') ? await session.ports.runtime.selfTest(session.variant) : undefined;
    if (selfTest !== undefined) terminal.say(JSON.stringify(selfTest, undefined, 2));
    return { value: { ...status, ...(selfTest === undefined ? {} : { selfTest }) } };
  },
};
