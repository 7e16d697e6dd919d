import { describeError } from '../shared/contract/errors/index.ts';
import type { GpuCard, GpuReport } from '../shared/contract/methods/gpu.ts';
import type { Terminal } from './terminal.ts';

const GIBIBYTE = 2 ** 30;

/** `GPU 0: NVIDIA GeForce RTX 3090, compute 8.6, 1.2/24.0 GiB, 3 %, 41 °C, 28 W` */
const cardText = (card: GpuCard, terminal: Terminal): string => {
  const gibibytes = (bytes: number): string => (bytes / GIBIBYTE).toFixed(1);
  const parts = [`GPU ${String(card.index)}: ${card.name}`];
  if (card.computeCapability !== undefined) {
    parts.push(`${terminal.words({ en: 'compute', zh: '计算能力' })} ${card.computeCapability}`);
  }
  if (card.memoryTotalBytes !== undefined) {
    const used = card.memoryUsedBytes === undefined ? '?' : gibibytes(card.memoryUsedBytes);
    parts.push(`${used}/${gibibytes(card.memoryTotalBytes)} GiB`);
  }
  if (card.utilisation !== undefined) parts.push(`${(card.utilisation * 100).toFixed(0)} %`);
  if (card.temperatureCelsius !== undefined) parts.push(`${card.temperatureCelsius.toFixed(0)} °C`);
  if (card.powerWatts !== undefined) parts.push(`${card.powerWatts.toFixed(0)} W`);
  if (card.mig === true) parts.push('MIG');
  if (card.displayActive === true) parts.push(terminal.words({ en: 'drives a screen', zh: '接有显示器' }));
  return parts.join(', ');
};

/** The lines that show a machine's cards. */
export const gpuLines = (report: GpuReport, terminal: Terminal): readonly string[] => {
  if (report.state === 'none') {
    return [terminal.words({ en: 'no NVIDIA card or driver was found', zh: '未找到 NVIDIA 显卡或驱动' })];
  }
  if (report.state === 'failed') {
    const text = describeError(
      { code: report.error?.code ?? 'gpu.driver_failed', params: report.error?.params ?? {} },
      terminal.language,
    );
    return [text.message, text.cause, text.action];
  }
  const driver = `${terminal.words({ en: 'driver', zh: '驱动' })} ${report.driverVersion ?? '?'}`;
  return [driver, ...report.cards.map((card) => cardText(card, terminal))];
};
