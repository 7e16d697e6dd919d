import { AUTOMATIC_CARD } from '../choose-card.ts';
import { assessData, longerCutoffs } from './assess-data.ts';
import { assessMemory } from './assess-memory.ts';
import { assessNetwork } from './assess-network.ts';
import { assessStartingAdapter } from './assess-starting-adapter.ts';
import { compatTargetFault } from './compat-modules.ts';
import { linearModules, loraModulesByLayer, moduleName, trainedParameters } from './decoder-shape.ts';
import {
  nearestQuantization,
  precisionOn,
  type DeviceFacts,
  type DeviceMemory,
  type Precision,
} from './device-memory.ts';
import { diskBytes, type DiskBytes } from './disk-bytes.ts';
import { mayForce } from './may-force.ts';
import { knownDevices, type PreflightFacts } from './preflight-facts.ts';
import { setting, sizeParams, type PreflightFix, type PreflightNote } from './preflight-note.ts';
import type { FitChange } from './suggest-fixes.ts';
import { cutLengths, NO_LENGTHS, type CutLengths } from './token-lengths.ts';
import { forecastTraining, type TrainingForecast } from './training-plan.ts';

export type PreflightReport = Readonly<{
  forecast: TrainingForecast;
  memory: readonly DeviceMemory[];
  disk: DiskBytes;
  freeDiskBytes: number;
  /** What the cutoff does to the rows. */
  cut: CutLengths;
  /** Whether memory and disk are enough. */
  fits: boolean;
  /** Whether a refused run may be started all the same, because only its prediction stands against it. */
  forceable: boolean;
  /** What keeps the run from starting or ending well. */
  problems: readonly PreflightNote[];
  warnings: readonly PreflightNote[];
}>;

const FLOAT = 4;
/** A large tokenizer with its vocabulary. */
const MODEL_FILES_BYTES = 16 * 1024 ** 2;

/** Predicts what a run will do and need, and says whether it can. */
export function assessPreflight(facts: PreflightFacts): PreflightReport {
  const { recipe, lengths } = facts;
  const cut = lengths === undefined ? NO_LENGTHS : cutLengths(lengths, recipe.cutoffLength);
  const forecast = forecastTraining(recipe, facts.trainRows, cut);
  const disk = diskOf(facts, forecast, cut);
  const { devices, fitsWith, ...memory } = assessMemory(facts);
  const misfits = [...memory.problems, ...diskProblems(disk, facts, forecast, cut)];
  const problems = [...recipeProblems(facts, forecast, fitsWith), ...misfits];
  return {
    forecast,
    memory: devices,
    disk,
    freeDiskBytes: facts.freeDiskBytes,
    cut,
    fits: misfits.length === 0,
    forceable: mayForce(problems, devices),
    problems,
    warnings: [...memory.warnings, ...assessData(facts, cut, fitsWith), ...assessNetwork(facts)],
  };
}

function diskOf(facts: PreflightFacts, forecast: TrainingForecast, cut: CutLengths): DiskBytes {
  const { recipe, shape } = facts;
  const trainedBytes = trainedParameters(recipe, shape) * FLOAT;
  const evaluated = Math.min(facts.evalRows, recipe.evaluation.maxRows);
  return diskBytes(recipe, {
    trainedBytes,
    // Tokenizer and templates go with every whole model.
    filesBytes: recipe.method === 'full' ? MODEL_FILES_BYTES : 0,
    optimizerBytes: 2 * trainedBytes,
    steps: forecast.steps,
    storedTokens: forecast.tokensPerEpoch + Math.round(evaluated * cut.meanTokens),
    storedRows: facts.trainRows + evaluated,
  });
}

function diskProblems(
  disk: DiskBytes,
  facts: PreflightFacts,
  forecast: TrainingForecast,
  cut: CutLengths,
): readonly PreflightNote[] {
  const { freeDiskBytes, recipe } = facts;
  if (disk.totalBytes <= freeDiskBytes) return [];
  const params = sizeParams({
    needed: disk.totalBytes,
    free: freeDiskBytes,
    checkpoints: disk.checkpointBytes,
  });
  const fits = (keepLast: number): boolean => {
    const changed = { ...recipe, checkpoints: { ...recipe.checkpoints, keepLast } };
    return diskOf({ ...facts, recipe: changed }, forecast, cut).totalBytes <= freeDiskBytes;
  };
  let keepLast = recipe.checkpoints.keepLast - 1;
  while (keepLast > 0 && !fits(keepLast)) keepLast -= 1;
  const fixes: readonly PreflightFix[] = keepLast > 0 ? [setting('checkpoints.keepLast', keepLast)] : [];
  return [{ code: 'preflight.disk_too_small', params, fixes }];
}

function recipeProblems(
  facts: PreflightFacts,
  forecast: TrainingForecast,
  fitsWith: (change: FitChange) => boolean,
): readonly PreflightNote[] {
  const { recipe, device, lengths, maxPositions } = facts;
  const problems: PreflightNote[] = [];
  if (forecast.steps === 0) {
    const { cutoffLength: cutoff } = recipe;
    const fixes =
      lengths === undefined || facts.trainRows === 0
        ? []
        : longerCutoffs(lengths, cutoff, maxPositions, fitsWith);
    problems.push({ code: 'preflight.no_training_rows', params: { cutoff }, fixes });
  }
  const devices = knownDevices(facts);
  const precisions = devices.map((one) => precisionOn(one, recipe.hardware.precision));
  if (precisions.includes(undefined)) {
    const params = { precision: recipe.hardware.precision, allowed: 'auto, fp16, fp32' };
    const fixes = [setting('hardware.precision', 'auto')];
    problems.push({ code: 'train.precision_unsupported', params, fixes });
  }
  problems.push(...mixedPrecisions(devices, precisions));
  const { attention } = recipe.hardware;
  const kernelDevice = attention === 'varlen' ? 'cuda' : attention === 'per-document' ? 'cpu' : undefined;
  const runsOn = typeof device === 'string' ? undefined : device.kind;
  if (runsOn !== undefined && kernelDevice !== undefined && runsOn !== kernelDevice) {
    const fixes = [setting('hardware.attention', 'auto')];
    problems.push({ code: 'train.attention_unsupported', params: { attention, allowed: 'padded' }, fixes });
  }
  const { quantization } = recipe.hardware;
  // The least able card decides for all.
  const [unable] = devices
    .filter((one) => nearestQuantization(one, quantization) !== undefined)
    .toSorted((left, right) => (left.computeCapability ?? 0) - (right.computeCapability ?? 0));
  const nearest = unable === undefined ? undefined : nearestQuantization(unable, quantization);
  if (unable !== undefined && nearest !== undefined) {
    const params = { quantization, capability: unable.computeCapability ?? 0, nearest };
    const fixes = [setting('hardware.quantization', nearest)];
    problems.push({ code: 'train.quantization_unsupported', params, fixes });
  }
  if (device === 'missing') {
    const isNamed = recipe.hardware.gpu !== AUTOMATIC_CARD;
    // Both ask for a card: a device that is to be one, and a card by its name.
    const settings = [
      ...(isNamed ? [{ field: 'hardware.gpu', value: AUTOMATIC_CARD }] : []),
      ...(isNamed && recipe.hardware.device === 'auto' ? [] : [{ field: 'hardware.device', value: 'auto' }]),
    ];
    problems.push({ code: 'preflight.no_card', params: {}, fixes: [{ settings }] });
  }
  problems.push(...engineProblems(facts));
  const { startingAdapter } = facts;
  const targets = targetProblems(facts);
  // Targets that the base has not cannot be compared with an adapter's.
  if (startingAdapter === undefined || targets.length > 0 || facts.shape.isCompat === true)
    return [...problems, ...targets];
  return [...problems, ...assessStartingAdapter(startingAdapter, recipe, facts.shape)];
}

/** Ranks that round differently would not train one adapter; what all cards compute is offered, the fastest first. */
function mixedPrecisions(
  devices: readonly DeviceFacts[],
  precisions: readonly (Precision | undefined)[],
): readonly PreflightNote[] {
  if (precisions.includes(undefined) || new Set(precisions).size < 2) return [];
  const cards = devices.map(({ name }, at) => `${name}: ${precisions[at] ?? ''}`);
  const common = precisions.includes('fp32') ? 'fp32' : 'fp16';
  const fixes = [setting('hardware.precision', common)];
  return [{ code: 'preflight.cards_mixed', params: { cards: [...new Set(cards)] }, fixes }];
}

/** An engine that the recipe names and that does not compute the base; the automatic choice does. */
function engineProblems({ recipe, shape }: PreflightFacts): readonly PreflightNote[] {
  const { engine } = recipe.hardware;
  const lacks =
    (engine === 'compat' && shape.isFastOnly === true) || (engine === 'fast' && shape.isCompat === true);
  if (!lacks) return [];
  const params = { architecture: shape.architecture ?? shape.layout };
  return [{ code: 'model.unsupported_architecture', params, fixes: [setting('hardware.engine', 'auto')] }];
}

function targetProblems({ recipe, shape }: PreflightFacts): readonly PreflightNote[] {
  // There is no adapter whose layers could be wrong.
  if (recipe.method === 'full') return [];
  const { targets, targetPattern, whole } = recipe.lora;
  if (whole !== 'none' && shape.tiedEmbeddings) {
    return [{ code: 'model.lora_whole_tied', params: {}, fixes: [setting('lora.whole', 'none')] }];
  }
  if (shape.isCompat === true) {
    const fault = compatTargetFault(shape.linearNames ?? [], recipe.lora);
    // A base whose names nobody read is the engine's to check.
    if (fault === undefined || (shape.linearNames ?? []).length === 0) return [];
    const { code, ...params } = fault;
    const isTarget = code === 'model.lora_target';
    return [
      {
        code,
        params,
        fixes: [isTarget ? setting('lora.targets', 'all') : setting('lora.targetPattern', '.*')],
      },
    ];
  }
  const everywhere = loraModulesByLayer(shape, { targets: 'all', targetPattern: null });
  const names = everywhere.flatMap((modules, layer) => modules.map((module) => moduleName(layer, module)));
  const unknown =
    typeof targets === 'string'
      ? undefined
      : targets.find((target) => !names.some((name) => name === target || name.endsWith(`.${target}`)));
  if (unknown !== undefined) {
    const available = linearModules(shape).map((module) => module.name);
    const params = { target: unknown, available: available.join(', ') };
    return [{ code: 'model.lora_target', params, fixes: [setting('lora.targets', 'all')] }];
  }
  if (targetPattern !== null && loraModulesByLayer(shape, recipe.lora).flat().length === 0) {
    const params = { pattern: targetPattern, example: names[0] ?? '' };
    const fixes = [setting('lora.targetPattern', '.*')];
    return [{ code: 'model.lora_pattern_unmatched', params, fixes }];
  }
  return [];
}
