import type { ErrorLanguage } from '../shared/contract/errors/index.ts';
import type { RunSummary } from '../shared/contract/methods/runs.ts';
import { countText, durationText } from './language.ts';

const BAR_CELLS = 20;

const bar = (share: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR_CELLS);
  return '▓'.repeat(full) + '░'.repeat(BAR_CELLS - full);
};

/** `step 41/120 ▓▓▓░░ loss 2.104  1,180 tok/s  ETA 1 m 12 s` */
export const runProgressText = (run: RunSummary, language: ErrorLanguage): string => {
  const zh = language === 'zh';
  const parts = [
    `${zh ? '步' : 'step'} ${countText(run.step)}${run.steps === undefined ? '' : `/${countText(run.steps)}`}`,
  ];
  if (run.steps !== undefined && run.steps > 0) parts.push(bar(run.step / run.steps));
  if (run.loss !== undefined) parts.push(`${zh ? '损失' : 'loss'} ${run.loss.toFixed(3)}`);
  if (run.evalLoss !== undefined) parts.push(`${zh ? '验证损失' : 'eval loss'} ${run.evalLoss.toFixed(3)}`);
  if (run.tokensPerSecond !== undefined) parts.push(`${countText(run.tokensPerSecond)} tok/s`);
  if (run.etaMs !== undefined) parts.push(`${zh ? '预计剩余' : 'ETA'} ${durationText(run.etaMs, language)}`);
  return parts.join('  ');
};

type Progress = Readonly<{ done: number; total: number | null; unit: string; etaMs: number | null }>;

const amount = (value: number, unit: string): string =>
  unit === 'bytes' ? `${(value / 1e6).toFixed(1)} MB` : countText(value);

/** `reading  12.0 MB / 48.1 MB ▓▓░░  ETA 3 s` */
export const jobProgressText = (phase: string, progress: Progress, language: ErrorLanguage): string => {
  const { done, total, unit } = progress;
  const parts = [
    phase,
    total === null ? amount(done, unit) : `${amount(done, unit)} / ${amount(total, unit)}`,
  ];
  if (total !== null && total > 0) parts.push(bar(done / total));
  if (progress.etaMs !== null)
    parts.push(`${language === 'zh' ? '预计剩余' : 'ETA'} ${durationText(progress.etaMs, language)}`);
  return parts.join('  ');
};
