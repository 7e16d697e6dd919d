import type { ErrorTable } from './error-table.ts';

/** Machines that no build of the Python environment fits (electron/shared/domain/runtime-variant.ts). */
export const RUNTIME_VARIANT_ERRORS = {
  'runtime.architecture_unsupported': {
    en: {
      message: 'There is no Python environment for the processor architecture {architecture}.',
      cause: 'Package locks are written for x64 (Intel and AMD) only.',
      action: 'Use a machine with an x64 processor.',
    },
    zh: {
      message: '没有适用于处理器架构 {architecture} 的 Python 环境。',
      cause: '依赖锁文件只面向 x64（Intel 与 AMD）。',
      action: '请使用 x64 处理器的机器。',
    },
  },
  'runtime.driver_unknown': {
    en: {
      message: 'The version of the NVIDIA driver could not be told ({driver}).',
      cause: 'The driver decides which CUDA build can run; nvidia-smi gave no version.',
      action: 'Install the NVIDIA driver again, or name a build with --variant.',
    },
    zh: {
      message: '无法得知 NVIDIA 驱动的版本（{driver}）。',
      cause: '驱动版本决定可用的 CUDA 版本，而 nvidia-smi 没有给出。',
      action: '请重新安装 NVIDIA 驱动，或用 --variant 指定版本。',
    },
  },
  'runtime.driver_too_old': {
    en: {
      message: 'NVIDIA driver {driver} is too old for {cards}.',
      cause: 'The builds of torch for these cards need driver {needed} or newer.',
      action: 'Update the NVIDIA driver to {recommended} or newer, then try again.',
    },
    zh: {
      message: 'NVIDIA 驱动 {driver} 对 {cards} 来说过旧。',
      cause: '适用于这些显卡的 torch 需要驱动 {needed} 或更新版本。',
      action: '请将 NVIDIA 驱动更新到 {recommended} 或更新版本，然后重试。',
    },
  },
  'runtime.card_unknown': {
    en: {
      message: 'The compute capability of {cards} could not be told.',
      cause: 'The driver does not report it, and a wrong build would fail at the first training step.',
      action: 'Update the NVIDIA driver, or name a build with --variant.',
    },
    zh: {
      message: '无法得知 {cards} 的计算能力。',
      cause: '驱动没有报告该信息，而错误的版本会在第一个训练步失败。',
      action: '请更新 NVIDIA 驱动，或用 --variant 指定版本。',
    },
  },
  'runtime.card_too_old': {
    en: {
      message: '{cards}: too old for every build of torch that is still made.',
      cause: 'The oldest supported compute capability on this system is {oldest}.',
      action: 'Take these cards out or leave them unused (--variant names a build for the others).',
    },
    zh: {
      message: '{cards}：过旧，现有的 torch 版本均不支持。',
      cause: '此系统上支持的最低计算能力为 {oldest}。',
      action: '请移除或不使用这些显卡（可用 --variant 为其余显卡指定版本）。',
    },
  },
  'runtime.card_too_new': {
    en: {
      message: '{cards}: newer than the builds of torch that this version installs.',
      cause: 'A build runs only on the generations of cards that it was made for.',
      action: 'Update the studio.',
    },
    zh: {
      message: '{cards}：比此版本所安装的 torch 更新。',
      cause: '每个版本只能在其面向的显卡世代上运行。',
      action: '请更新本程序。',
    },
  },
  'runtime.mixed_cards': {
    en: {
      message: 'No single build of torch serves both {older} and {newer}.',
      cause:
        'Cards before Turing need the CUDA 12.6 build, the newer ones a build that has left them behind.',
      action:
        'Choose which cards to use: --variant cu126 for the older ones, --variant cu130 for the newer ones.',
    },
    zh: {
      message: '没有一个 torch 版本能同时支持 {older} 与 {newer}。',
      cause: 'Turing 之前的显卡需要 CUDA 12.6 版本，而较新的显卡需要已不再支持它们的版本。',
      action: '请选择要使用的显卡：较旧的用 --variant cu126，较新的用 --variant cu130。',
    },
  },
} as const satisfies ErrorTable;
