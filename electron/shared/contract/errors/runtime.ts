import type { ErrorTable } from './error-table.ts';

export const RUNTIME_ERRORS = {
  'runtime.python_missing': {
    en: {
      message: 'No Python was found.',
      cause:
        'Training runs in a Python environment of its own, made from a Python {oldest} to {newest} on this machine.',
      action: 'Install Python {newest} (64-bit), or name one in LEGAL_EAGLE_PYTHON, then try again.',
    },
    zh: {
      message: '找不到 Python。',
      cause: '训练在独立的 Python 环境中进行，该环境由本机的 Python {oldest} 至 {newest} 创建。',
      action: '请安装 Python {newest}（64 位），或用 LEGAL_EAGLE_PYTHON 指定一个，然后重试。',
    },
  },
  'runtime.python_version': {
    en: {
      message: 'No Python of a supported version was found (found: {found}).',
      cause: 'The locked packages exist for 64-bit Python {oldest} to {newest}.',
      action:
        'Install Python {newest} beside it, or name a supported one in LEGAL_EAGLE_PYTHON, then try again.',
    },
    zh: {
      message: '没有受支持版本的 Python（现有：{found}）。',
      cause: '锁定的软件包只适用于 64 位 Python {oldest} 至 {newest}。',
      action: '请另行安装 Python {newest}，或用 LEGAL_EAGLE_PYTHON 指定受支持的版本，然后重试。',
    },
  },
  'runtime.venv_missing': {
    en: {
      message: '{python} cannot make virtual environments.',
      cause: 'Its modules venv or ensurepip are missing; Debian and Ubuntu ship them separately.',
      action: 'Install them (Debian, Ubuntu: apt install python{version}-venv), then try again.',
    },
    zh: {
      message: '{python} 无法创建虚拟环境。',
      cause: '缺少 venv 或 ensurepip 模块；Debian 与 Ubuntu 将其单独打包。',
      action: '请安装它们（Debian、Ubuntu：apt install python{version}-venv），然后重试。',
    },
  },
  'runtime.system_unsupported': {
    en: {
      message: 'The Python environment cannot be made on {system}.',
      cause: 'Package locks are written for Linux and Windows on x64.',
      action: 'Use the studio on Linux or Windows.',
    },
    zh: {
      message: '无法在 {system} 上创建 Python 环境。',
      cause: '依赖锁文件只面向 x64 的 Linux 与 Windows。',
      action: '请在 Linux 或 Windows 上使用本程序。',
    },
  },
  'runtime.not_installed': {
    en: {
      message: 'The Python environment is not installed.',
      cause: 'This command needs it, and --no-install forbids making it.',
      action: 'Run “runtime install”, or leave out --no-install.',
    },
    zh: {
      message: '尚未安装 Python 环境。',
      cause: '此命令需要该环境，而 --no-install 禁止创建。',
      action: '请运行 “runtime install”，或去掉 --no-install。',
    },
  },
  'runtime.network': {
    en: {
      message: 'The packages could not be downloaded.',
      cause:
        'The package index did not answer, or does not carry a locked package. This machine may be offline, or need a mirror or a proxy.',
      action:
        'Check the connection, or choose a mirror (--mirror tuna) or set HTTPS_PROXY; then try again. What was downloaded is kept.',
    },
    zh: {
      message: '无法下载软件包。',
      cause: '软件源没有响应，或缺少锁定的软件包。本机可能没有网络，或需要镜像或代理。',
      action: '请检查网络，或选择镜像（--mirror tuna）、设置 HTTPS_PROXY 后重试。已下载的内容会保留。',
    },
  },
  'runtime.disk_full': {
    en: {
      message: 'The disk became full while the Python environment was installed.',
      cause: 'It needs about {gigabytes} GB in {folder}.',
      action: 'Free some space, or point LEGAL_EAGLE_RUNTIME to a larger disk, then try again.',
    },
    zh: {
      message: '安装 Python 环境时磁盘已满。',
      cause: '需要在 {folder} 中占用约 {gigabytes} GB。',
      action: '请清理空间，或用 LEGAL_EAGLE_RUNTIME 指向更大的磁盘，然后重试。',
    },
  },
  'runtime.hash_mismatch': {
    en: {
      message: 'A downloaded package is not the one that was locked.',
      cause:
        'Its digest differs from the lock. A mirror may be out of step, or the file was changed on its way.',
      action: 'Choose another mirror or none, then try again. Nothing of it was installed.',
    },
    zh: {
      message: '下载的软件包与锁定的不一致。',
      cause: '其摘要与锁文件不同。可能是镜像不同步，或文件在途中被更改。',
      action: '请更换镜像或不使用镜像后重试。该包没有被安装。',
    },
  },
  'runtime.torch_unavailable': {
    en: {
      message: 'No accepted build of torch {version} can be had.',
      cause: 'Neither pip’s own configuration nor PyTorch’s index {build} offers one for this Python.',
      action:
        'Check the connection, or use another Python (3.11 to 3.13) through LEGAL_EAGLE_PYTHON, then try again.',
    },
    zh: {
      message: '无法获得可接受的 torch {version}。',
      cause: 'pip 的现有配置与 PyTorch 的 {build} 软件源都没有适用于此 Python 的构建。',
      action: '请检查网络，或用 LEGAL_EAGLE_PYTHON 换用其他 Python（3.11 至 3.13），然后重试。',
    },
  },
  'runtime.install_failed': {
    en: {
      message: 'Installing the Python environment failed in step “{step}”.',
      cause: 'The installer stopped with exit code {exitCode}; its last lines are in the details.',
      action: 'Read the details, then try again. The half-made environment is removed by itself.',
    },
    zh: {
      message: '安装 Python 环境失败（步骤“{step}”）。',
      cause: '安装程序以退出码 {exitCode} 结束，末尾输出见详情。',
      action: '请查看详情后重试。未完成的环境会自动清除。',
    },
  },
  'runtime.self_test_failed': {
    en: {
      message: 'The Python environment was installed but does not work.',
      cause: 'Its self-test failed: {reason}',
      action: 'Run “runtime install --repair”; if it fails again, report the details.',
    },
    zh: {
      message: 'Python 环境已安装但无法使用。',
      cause: '自检失败：{reason}',
      action: '请运行 “runtime install --repair”；若仍失败，请反馈详情。',
    },
  },
  'runtime.busy': {
    en: {
      message: 'A Python environment is being installed already ({variant}).',
      cause: 'One installation at a time uses the connection and the disk.',
      action: 'Wait until it has ended.',
    },
    zh: {
      message: '正在安装 Python 环境（{variant}）。',
      cause: '同一时间只进行一个安装，以免争用网络与磁盘。',
      action: '请等待其完成。',
    },
  },
  'runtime.unknown_mirror': {
    en: {
      message: 'There is no mirror called “{mirror}”.',
      cause: 'A mirror is one of {known}, or a full https address.',
      action: 'Use one of these.',
    },
    zh: {
      message: '没有名为“{mirror}”的镜像。',
      cause: '镜像应为 {known} 之一，或完整的 https 地址。',
      action: '请使用其中之一。',
    },
  },
  'runtime.air_gap': {
    en: {
      message: 'The runtime is not installed: the air gap is on.',
      cause: 'Installing fetches packages, and the settings let nothing reach another machine.',
      action: 'Switch the air gap off under Settings → Privacy, install, then switch it on again.',
    },
    zh: {
      message: '未安装运行环境：已开启断网模式。',
      cause: '安装需要下载软件包，而设置不允许访问其他机器。',
      action: '请在“设置 → 隐私”中关闭断网模式，安装后再重新开启。',
    },
  },
  'runtime.cancelled': {
    en: {
      message: 'The installation was cancelled.',
      cause: 'It was given up before its end; the half-made environment was removed.',
      action: 'Install again when you like: files that were fetched whole are not fetched again.',
    },
    zh: {
      message: '安装已取消。',
      cause: '安装未完成即被中止，做到一半的环境已删除。',
      action: '可随时重新安装：已完整下载的文件不会重复下载。',
    },
  },
} as const satisfies ErrorTable;
