import type { ErrorTable } from './error-table.ts';

export const GPU_ERRORS = {
  'gpu.driver_failed': {
    en: {
      message: 'The NVIDIA driver does not answer.',
      cause: 'nvidia-smi is installed and reports: {reason}',
      action: 'Restart the machine, or install the driver again, then look again.',
    },
    zh: {
      message: 'NVIDIA 驱动没有响应。',
      cause: '已安装 nvidia-smi，但它报告：{reason}',
      action: '请重启本机或重新安装驱动，然后重试。',
    },
  },
  'gpu.probe_timeout': {
    en: {
      message: 'nvidia-smi did not answer within {seconds} seconds.',
      cause: 'A card or its driver hangs; this also happens while a card falls off the bus.',
      action: 'Wait a moment and look again; if it stays so, restart the machine.',
    },
    zh: {
      message: 'nvidia-smi 在 {seconds} 秒内没有响应。',
      cause: '显卡或驱动可能已挂起；显卡掉线时也会如此。',
      action: '请稍后重试；若仍无响应，请重启本机。',
    },
  },
  'gpu.output_unreadable': {
    en: {
      message: 'The output of nvidia-smi could not be read.',
      cause: 'A line has another form than the documented one: {line}',
      action: 'Update the NVIDIA driver; if it stays so, report this line.',
    },
    zh: {
      message: '无法读取 nvidia-smi 的输出。',
      cause: '其中一行与文档格式不符：{line}',
      action: '请更新 NVIDIA 驱动；若仍如此，请反馈该行内容。',
    },
  },
  'gpu.unknown_card': {
    en: {
      message: 'The chosen card {gpu} is not in this machine.',
      cause: 'hardware.gpu names a card by its UUID; the driver lists: {cards}',
      action: 'Choose one of these cards, or “automatic”.',
    },
    zh: {
      message: '所选显卡 {gpu} 不在本机。',
      cause: 'hardware.gpu 以 UUID 指定显卡；驱动列出的是：{cards}',
      action: '请改选其中一张显卡，或设为“自动”。',
    },
  },
} as const satisfies ErrorTable;
