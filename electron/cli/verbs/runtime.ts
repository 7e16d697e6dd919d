import { existsSync } from 'node:fs';
import path from 'node:path';

import type { RuntimeStatus, RuntimeVariant } from '../../core/node-ports.ts';
import type { InstallProgress } from '../../shared/contract/methods/runtime.ts';
import type { Settings } from '../../shared/contract/methods/settings.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import { TRAINING_VARIANTS, type VariantChoice } from '../../shared/domain/runtime-variant.ts';
import type { StudioSession } from '../studio-session.ts';
import type { Terminal } from '../terminal.ts';
import type { Verb } from '../verb.ts';

const VARIANTS = ['auto', ...TRAINING_VARIANTS, 'dev'] as const;

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
  if (status.torch?.kind === 'index') {
    const { sha256 } = status.torch;
    terminal.say(
      terminal.words({
        en: `torch: the lock holds no digest of this build, so the one that PyTorch's index publishes over TLS was taken and recorded (sha256 ${sha256}).`,
        zh: `torch：锁文件中没有此版本的摘要，因此采用并记录了 PyTorch 软件源经 TLS 公布的摘要（sha256 ${sha256}）。`,
      }),
    );
  }
  for (const line of status.unmet) terminal.say(`! ${line}`);
};

/** The variant to install, and the sentence about it; throws the refusal where none fits. */
const chosenVariant = (
  asked: (typeof VARIANTS)[number],
  choice: VariantChoice,
  terminal: Terminal,
): RuntimeVariant => {
  const reason = choice.reason[terminal.language];
  if (asked !== 'auto') {
    const fits = choice.kind === 'variant' && choice.variant === asked;
    if (fits || asked === 'dev') return asked;
    terminal.say(`${terminal.words({ en: 'Asked for', zh: '指定' })} ${asked}. ${reason}`);
    return asked;
  }
  if (choice.kind === 'refused') throw new StudioError(choice.code, choice.params);
  terminal.say(reason);
  return choice.variant;
};

export const runtimeInstall: Verb = {
  name: 'runtime install',
  summary: { en: 'make the Python environment that jobs run in', zh: '安装训练所用的 Python 环境' },
  usage: '[--variant auto] [--mirror ID|URL] [--repair]',
  options: {
    variant: {
      kind: 'text',
      value: VARIANTS.join('|'),
      help: {
        en: 'which build (default auto: by cards and driver); jobs run on it from then on',
        zh: '使用哪个版本（默认 auto：按显卡与驱动选择）；之后的任务都在其上运行',
      },
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
    const { runtime } = session.ports;
    // An environment variable that names a variant stands for a person's choice.
    const asked = args.choice('variant', VARIANTS) ?? namedVariant(env) ?? 'auto';
    const choice = await runtime.choice();
    const variant = chosenVariant(asked, choice, terminal);
    const { airGap, mirror } = await settingsOf(session);
    if (airGap && (args.flag('repair') || !runtime.status(variant).installed))
      throw new StudioError('runtime.air_gap');
    const status = await runtime.ensure({
      variant,
      mirror: args.text('mirror') ?? (mirror === '' ? undefined : mirror),
      // A proxy may hold a password: it is read from the environment, never from the command line.
      proxy: env['LEGAL_EAGLE_PROXY'],
      repair: args.flag('repair'),
      onProgress: (progress) => terminal.progress(installProgressText(progress, terminal)),
    });
    if (variant !== 'dev') runtime.use(variant);
    sayStatus(status, terminal);
    return { value: { ...status, choice } };
  },
};

/** A data folder that nobody has opened yet is not made for this. */
const settingsOf = async (session: StudioSession): Promise<Pick<Settings, 'airGap' | 'mirror'>> => {
  if (!existsSync(path.join(session.ports.home, 'studio.db'))) return { airGap: false, mirror: '' };
  const client = await session.open('read');
  return client.call('settings.get', {});
};

const namedVariant = (
  env: Readonly<Record<string, string | undefined>>,
): (typeof VARIANTS)[number] | undefined => VARIANTS.find((one) => one === env['LEGAL_EAGLE_VARIANT']);

export const runtimeStatus: Verb = {
  name: 'runtime status',
  summary: { en: 'which Python environments there are', zh: '查看 Python 环境状态' },
  usage: '[--verify]',
  options: { verify: { kind: 'flag', help: { en: 'run the self-test', zh: '运行自检' } } },
  run: async ({ args, terminal, session }) => {
    const { runtime } = session.ports;
    const status = runtime.status(session.variant);
    sayStatus(status, terminal);
    const others = TRAINING_VARIANTS.filter((one) => one !== session.variant).map((one) =>
      runtime.status(one),
    );
    for (const other of others.filter((one) => one.installed)) sayStatus(other, terminal);
    const choice = await runtime.choice();
    terminal.say(choice.reason[terminal.language]);
    const selfTest = args.flag('verify') ? await runtime.selfTest(session.variant) : undefined;
    if (selfTest !== undefined) terminal.say(JSON.stringify(selfTest, undefined, 2));
    return { value: { ...status, choice, ...(selfTest === undefined ? {} : { selfTest }) } };
  },
};
