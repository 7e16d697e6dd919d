import type { Recipe } from '../../protocol/recipe.ts';
import { linearModules, loraModules, loraParameters, type DecoderShape } from './decoder-shape.ts';
import {
  memoryOn,
  precisionOn,
  tokenLimitOn,
  type DeviceFacts,
  type DeviceMemory,
  type Precision,
} from './device-memory.ts';
import { diskBytes, type DiskBytes } from './disk-bytes.ts';
import { suggestFixes, type FitChange, type PreflightFix } from './suggest-fixes.ts';
import { cutLengths, type CutLengths, type TokenLengths } from './token-lengths.ts';
import { forecastTraining, heaviestMicroBatches, type TrainingForecast } from './training-plan.ts';

/** Everything a preflight knows. `lengths` is undefined where the dataset has no usable row. */
export type PreflightFacts = Readonly<{
  recipe: Recipe;
  shape: DecoderShape;
  maxPositions: number;
  trainRows: number;
  evalRows: number;
  lengths: TokenLengths | undefined;
  /**
   * What the run computes on. `missing`: the recipe asks for a card that it cannot have; `unmeasured`: the driver
   * does not tell how much memory the card has.
   */
  device: DeviceFacts | 'missing' | 'unmeasured';
  freeDiskBytes: number;
}>;

export type PreflightNote = Readonly<{ code: string; params: Readonly<Record<string, unknown>> }>;

export type PreflightReport = Readonly<{
  forecast: TrainingForecast;
  memory: readonly DeviceMemory[];
  disk: DiskBytes;
  freeDiskBytes: number;
  truncatedShare: number;
  /** Whether memory and disk are enough. */
  fits: boolean;
  /** What keeps the run from starting or ending well. */
  problems: readonly PreflightNote[];
  warnings: readonly PreflightNote[];
}>;

const NO_LENGTHS: CutLengths = {
  meanTokens: 0,
  standardDeviation: 0,
  longestTokens: 0,
  typicalTokens: 0,
  truncatedShare: 0,
  lostShare: 0,
};
/** A tail that is cut off in fewer rows than this is no reason to worry anyone. */
const TRUNCATED_WORTH_A_WARNING = 0.01;
const FLOAT = 4;

/** Predicts what a run will do and need, and says whether it can. */
export function assessPreflight(facts: PreflightFacts): PreflightReport {
  const { recipe, shape, lengths } = facts;
  const cut = lengths === undefined ? NO_LENGTHS : cutLengths(lengths, recipe.cutoffLength);
  const forecast = forecastTraining(recipe, facts.trainRows, cut);
  const adapterBytes = loraParameters(shape, recipe.lora) * FLOAT;
  const evaluated = Math.min(facts.evalRows, recipe.evaluation.maxRows);
  const disk = diskBytes(recipe, {
    adapterBytes,
    optimizerBytes: 2 * adapterBytes,
    steps: forecast.steps,
    storedTokens: forecast.tokensPerEpoch + Math.round(evaluated * cut.meanTokens),
    storedRows: facts.trainRows + evaluated,
  });
  const memory = assessMemory(facts, cut, forecast);
  const misfits = [...memory.problems, ...diskProblems(disk, facts.freeDiskBytes)];
  return {
    forecast,
    memory: memory.devices,
    disk,
    freeDiskBytes: facts.freeDiskBytes,
    truncatedShare: cut.truncatedShare,
    fits: misfits.length === 0,
    problems: [...recipeProblems(facts, forecast), ...misfits],
    warnings: [...memory.warnings, ...dataWarnings(facts, cut)],
  };
}

type MemoryAssessment = Readonly<{
  devices: readonly DeviceMemory[];
  problems: readonly PreflightNote[];
  warnings: readonly PreflightNote[];
}>;

const NO_MEMORY: MemoryAssessment = { devices: [], problems: [], warnings: [] };

function assessMemory(facts: PreflightFacts, cut: CutLengths, forecast: TrainingForecast): MemoryAssessment {
  const { device, recipe, shape } = facts;
  if (device === 'missing') return NO_MEMORY;
  if (device === 'unmeasured') {
    return { ...NO_MEMORY, warnings: [{ code: 'preflight.memory_unknown', params: {} }] };
  }
  const precision = precisionOn(device, recipe.hardware.precision);
  if (precision === undefined) return NO_MEMORY;
  const limit = tokenLimitOn(device, recipe);
  const answerShare = facts.lengths?.answerShare ?? 0;
  const batches = heaviestMicroBatches(forecast, cut, answerShare, limit);
  const memory = memoryOn(device, shape, recipe.lora, precision, batches);
  if (memory.peakBytes <= device.capacityBytes) {
    const isBusy = memory.peakBytes > device.availableBytes;
    const busy = {
      device: device.name,
      ...sizes({ predicted: memory.peakBytes, available: device.availableBytes }),
    };
    return {
      devices: [memory],
      problems: [],
      warnings: isBusy ? [{ code: 'preflight.memory_busy', params: busy }] : [],
    };
  }
  const peakWith = (change: FitChange): number => {
    const changed = { ...recipe, cutoffLength: change.cutoff ?? recipe.cutoffLength };
    const shorter =
      facts.lengths === undefined ? NO_LENGTHS : cutLengths(facts.lengths, changed.cutoffLength);
    const planned = forecastTraining(changed, facts.trainRows, shorter);
    const fewer = heaviestMicroBatches(planned, shorter, answerShare, change.limit ?? limit);
    return memoryOn(device, shape, recipe.lora, change.precision ?? precision, fewer).peakBytes;
  };
  const fixes = suggestFixes({
    capacityBytes: device.capacityBytes,
    limit,
    cutoff: recipe.cutoffLength,
    longestTokens: cut.longestTokens,
    mayHalveWeights: precision === 'fp32' && (device.kind === 'cpu' || device.hasBf16),
    peakBytes: peakWith,
  });
  return { devices: [memory], problems: [doesNotFit(memory, precision, fixes)], warnings: [] };
}

function doesNotFit(
  memory: DeviceMemory,
  precision: Precision,
  fixes: readonly PreflightFix[],
): PreflightNote {
  const params = {
    device: memory.name,
    precision,
    ...sizes({
      predicted: memory.peakBytes,
      capacity: memory.capacityBytes,
      base: memory.weightsBytes,
      passes: memory.activationBytes + memory.temporaryBytes,
    }),
    fixes,
    settings: fixes.map((fix) =>
      fix.settings.map(({ field, value }) => `${field}=${String(value)}`).join(' + '),
    ),
  };
  return { code: fixes.length > 0 ? 'preflight.does_not_fit' : 'preflight.cannot_fit', params };
}

function diskProblems(disk: DiskBytes, freeBytes: number): readonly PreflightNote[] {
  if (disk.totalBytes <= freeBytes) return [];
  const params = sizes({ needed: disk.totalBytes, free: freeBytes, checkpoints: disk.checkpointBytes });
  return [{ code: 'preflight.disk_too_small', params }];
}

function recipeProblems(facts: PreflightFacts, forecast: TrainingForecast): readonly PreflightNote[] {
  const { recipe, shape, device } = facts;
  const problems: PreflightNote[] = [];
  if (forecast.steps === 0) {
    problems.push({ code: 'preflight.no_training_rows', params: { cutoff: recipe.cutoffLength } });
  }
  if (recipe.hardware.precision === 'fp16') {
    const params = { precision: 'fp16', allowed: 'auto, bf16, fp32' };
    problems.push({ code: 'train.precision_unsupported', params });
  }
  if (device === 'missing') problems.push({ code: 'preflight.no_card', params: {} });
  const known = linearModules(shape).map((module) => module.name);
  const { targets } = recipe.lora;
  const unknown = typeof targets === 'string' ? undefined : targets.find((name) => !known.includes(name));
  if (unknown !== undefined || loraModules(shape, targets).length === 0) {
    const params = { target: unknown ?? '', available: known.join(', ') };
    problems.push({ code: 'model.lora_target', params });
  }
  return problems;
}

function dataWarnings(facts: PreflightFacts, cut: CutLengths): readonly PreflightNote[] {
  const { recipe, lengths } = facts;
  const warnings: PreflightNote[] = [];
  if (cut.truncatedShare >= TRUNCATED_WORTH_A_WARNING) {
    const rows = Math.round(cut.truncatedShare * facts.trainRows);
    const params = { percent: percent(cut.truncatedShare), rows, cutoff: recipe.cutoffLength };
    warnings.push({ code: 'preflight.cutoff_truncates', params: { ...params, share: cut.truncatedShare } });
  }
  if (cut.longestTokens > facts.maxPositions) {
    const params = { longest: cut.longestTokens, positions: facts.maxPositions };
    warnings.push({ code: 'train.rows_beyond_positions', params });
  }
  if (lengths?.source === 'characters')
    warnings.push({ code: 'preflight.tokens_estimated', params: { rows: facts.trainRows } });
  if (facts.evalRows === 0) warnings.push({ code: 'preflight.no_eval_rows', params: {} });
  return warnings;
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

/** Byte counts as a person reads them, for texts; decimal, as disks and cards are sold. */
function sizes(bytes: Readonly<Record<string, number>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(bytes).flatMap(([name, count]) => [
    [name, `${(count / 1e9).toFixed(count < 1e10 ? 2 : 1)} GB`],
    [`${name}Bytes`, Math.round(count)],
  ]);
  return Object.fromEntries(entries) as Readonly<Record<string, unknown>>;
}
