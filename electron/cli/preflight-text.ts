import { describeError, type ErrorLanguage } from '../shared/contract/errors/index.ts';
import type { DeviceMemoryView, PreflightView } from '../shared/contract/methods/preflight.ts';
import { countText } from './language.ts';

/** Decimal units, as disks and cards are sold. */
const sizeText = (bytes: number): string =>
  Math.abs(bytes) < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;

const memoryLines = (memory: DeviceMemoryView, language: ErrorLanguage): readonly string[] => {
  const zh = language === 'zh';
  const parts: readonly (readonly [string, number])[] = [
    [zh ? '权重' : 'weights', memory.weightsBytes],
    [zh ? '适配器' : 'adapter', memory.adapterBytes],
    [zh ? '梯度' : 'gradients', memory.gradientBytes],
    [zh ? '优化器' : 'optimizer', memory.optimizerBytes],
    [zh ? '激活' : 'activations', memory.activationBytes],
    [zh ? '临时' : 'temporary', memory.temporaryBytes],
    [zh ? '进程' : 'process', memory.runtimeBytes],
    [zh ? '余量' : 'headroom', memory.headroomBytes],
  ];
  const basis =
    memory.basis === 'measured' ? '' : zh ? '（按公式推算，未实测）' : ' (projected, not measured)';
  const head = `${memory.name} · ${memory.precision} · ${sizeText(memory.peakBytes)} / ${sizeText(memory.capacityBytes)}${basis}`;
  const { recomputedLayers: again, layers } = memory;
  const recompute = zh
    ? `  反向时重算 ${again} / ${layers} 层`
    : `  ${again} of ${layers} layers are computed again in the backward pass`;
  return [
    head,
    `  ${parts.map(([name, bytes]) => `${name} ${sizeText(bytes)}`).join(' | ')}`,
    ...(again === 0 ? [] : [recompute]),
  ];
};

const timeText = ({ durationMs, throughput }: PreflightView, zh: boolean): string => {
  if (durationMs === undefined || throughput === undefined) {
    return zh ? '用时：试跑之后才能估计' : 'time: not known before a trial run';
  }
  const minutes = Math.round(durationMs / 60_000);
  const time = zh
    ? `${countText(Math.floor(minutes / 60))} 小时 ${minutes % 60} 分`
    : `${countText(Math.floor(minutes / 60))} h ${minutes % 60} m`;
  const speed = countText(Math.round(throughput.tokensPerSecond));
  return zh
    ? `用时：约 ${time}（按“${throughput.runName}”的 ${speed} tok/s）`
    : `time: about ${time} (at ${speed} tok/s of “${throughput.runName}”)`;
};

/** The preflight sheet as lines. */
export const preflightText = (view: PreflightView, language: ErrorLanguage): string => {
  const zh = language === 'zh';
  const source = view.tokenSource === 'statistics' ? '' : zh ? '（估算）' : ' (estimated)';
  const notes = [...view.problems, ...view.warnings].map((note) => {
    const text = describeError(note, language);
    return `${view.problems.includes(note) ? '✗' : '!'} ${text.message}\n  ${text.cause}\n  → ${text.action}`;
  });
  return [
    zh
      ? `${countText(view.steps)} 步（每轮 ${countText(view.stepsPerEpoch)} 步，全局批大小 ${countText(view.globalBatch)}），${countText(view.trainTokens)} 个词元${source}`
      : `${countText(view.steps)} steps (${countText(view.stepsPerEpoch)} an epoch, global batch ${countText(view.globalBatch)}), ${countText(view.trainTokens)} tokens${source}`,
    timeText(view, zh),
    ...view.memory.flatMap((memory) => memoryLines(memory, language)),
    zh
      ? `磁盘 ${sizeText(view.diskBytes)} / 剩余 ${sizeText(view.freeDiskBytes)}`
      : `disk ${sizeText(view.diskBytes)} of ${sizeText(view.freeDiskBytes)} free`,
    ...notes,
    view.fits ? (zh ? '放得下' : 'fits') : zh ? '放不下' : 'does not fit',
  ].join('\n');
};
