import {
  fullMemoryOn,
  memoryOn,
  precisionOn,
  tokenLimitOn,
  type DeviceFacts,
  type DeviceMemory,
  type Precision,
} from './device-memory.ts';
import type { Recipe } from '../../protocol/recipe.ts';
import { localProcesses } from '../choose-card.ts';
import { knownDevices, type PreflightFacts } from './preflight-facts.ts';
import { setting, sizeParams, type PreflightFix, type PreflightNote } from './preflight-note.ts';
import { smallerLimit, suggestFixes, type FitChange } from './suggest-fixes.ts';
import { cutLengths, NO_LENGTHS } from './token-lengths.ts';
import { forecastTraining, heaviestMicroBatches } from './training-plan.ts';

export type MemoryAssessment = Readonly<{
  devices: readonly DeviceMemory[];
  problems: readonly PreflightNote[];
  warnings: readonly PreflightNote[];
  /** Whether the run would still fit after a change; true where nothing is known. */
  fitsWith: (change: FitChange) => boolean;
}>;

/** Turing's integer tensor cores. */
const INT8_CAPABILITY = 7.5;

const NO_MEMORY: MemoryAssessment = { devices: [], problems: [], warnings: [], fitsWith: () => true };

/** The peak on each device, and what to do where it is too much. */
export function assessMemory(facts: PreflightFacts): MemoryAssessment {
  const { device, companions = [], recipe } = facts;
  if (device === 'missing') return NO_MEMORY;
  if (device === 'unmeasured' || companions.includes('unmeasured')) {
    // One long row at a time is the least that the engine can compute.
    const { longestTokens } = lengthsAt(facts, recipe.cutoffLength);
    const least = setting('hardware.maxTokensPerMicroBatch', Math.max(1, longestTokens));
    const isLeast = recipe.hardware.maxTokensPerMicroBatch > 0;
    const note = { code: 'preflight.memory_unknown', params: {}, fixes: isLeast ? [] : [least] };
    return { ...NO_MEMORY, warnings: [note] };
  }
  const cards = knownDevices(facts).map((card) => ({ card, found: assessDevice(facts, card) }));
  // What fits the smallest card fits every card, and what the fullest one has room for, all have.
  const smallest = cards.toSorted((left, right) => left.card.capacityBytes - right.card.capacityBytes);
  const fullest = cards.toSorted((left, right) => left.card.availableBytes - right.card.availableBytes);
  return {
    devices: cards.flatMap(({ found }) => found.devices),
    problems: smallest[0]?.found.problems ?? [],
    warnings: (smallest[0]?.found.problems.length ?? 0) > 0 ? [] : (fullest[0]?.found.warnings ?? []),
    fitsWith: (change) => cards.every(({ found }) => found.fitsWith(change)),
  };
}

function assessDevice(facts: PreflightFacts, device: DeviceFacts): MemoryAssessment {
  const { recipe } = facts;
  const precision = precisionOn(device, recipe.hardware.precision);
  if (precision === undefined) return NO_MEMORY;
  const memoryWith = (change: FitChange): DeviceMemory => memoryAfter(facts, device, precision, change);
  const memory = memoryWith({});
  const fitsWith = (change: FitChange): boolean => memoryWith(change).peakBytes <= device.capacityBytes;
  const question = {
    capacityBytes: device.capacityBytes,
    limit: tokenLimitOn(device, recipe),
    cutoff: recipe.cutoffLength,
    longestTokens: lengthsAt(facts, recipe.cutoffLength).longestTokens,
    recompute: recomputeFor(recipe, device),
    isFull: recipe.method === 'full',
    quantizations: quantizationsOn(device, facts),
    // The masters of full fine-tuning stay in fp32, whatever passes are computed in.
    mayHalveWeights:
      recipe.method !== 'full' && precision === 'fp32' && (device.kind === 'cpu' || device.hasBf16),
    peakBytes: (change: FitChange) => memoryWith(change).peakBytes,
  };
  if (memory.peakBytes > device.capacityBytes) {
    const problem = doesNotFit(memory, precision, suggestFixes(question));
    return { devices: [memory], problems: [problem], warnings: [], fitsWith };
  }
  if (memory.peakBytes <= device.availableBytes) {
    return { devices: [memory], problems: [], warnings: [], fitsWith };
  }
  const busy: PreflightNote = {
    code: 'preflight.memory_busy',
    params: {
      device: device.name,
      ...sizeParams({ predicted: memory.peakBytes, available: device.availableBytes }),
    },
    fixes: smallerLimit({ ...question, capacityBytes: device.availableBytes }),
  };
  return { devices: [memory], problems: [], warnings: [busy], fitsWith };
}

/** What would make a run keep less of its passes than its recipe says. */
function recomputeFor({ method, hardware }: Recipe, device: DeviceFacts): 'auto' | 'full' | undefined {
  const { recompute } = hardware;
  // All layers or none; on a CPU none is the default.
  if (method === 'full') {
    return recompute === 'none' || (recompute === 'auto' && device.kind === 'cpu') ? 'full' : undefined;
  }
  return recompute === 'none' || recompute === 'layers' ? 'auto' : undefined;
}

/** What the engine computes with on a device (engine/quantisation.py), where the recipe has the base as loaded. */
function quantizationsOn(
  device: DeviceFacts,
  { recipe, shape }: PreflightFacts,
): readonly ('int8' | 'nf4')[] {
  const isFull = recipe.method === 'full';
  if (recipe.hardware.quantization !== 'none' || shape.isCompat === true || isFull) return [];
  const hasInt8 = device.kind === 'cpu' || (device.computeCapability ?? 0) >= INT8_CAPABILITY;
  return hasInt8 ? ['int8', 'nf4'] : ['nf4'];
}

const lengthsAt = ({ lengths }: PreflightFacts, cutoff: number): ReturnType<typeof cutLengths> =>
  lengths === undefined ? NO_LENGTHS : cutLengths(lengths, cutoff);

function memoryAfter(
  facts: PreflightFacts,
  device: DeviceFacts,
  precision: Precision,
  change: FitChange,
): DeviceMemory {
  const { shape, lengths, trainRows } = facts;
  const recipe = { ...facts.recipe, cutoffLength: change.cutoff ?? facts.recipe.cutoffLength };
  const cut = lengthsAt(facts, recipe.cutoffLength);
  const limit = change.limit ?? tokenLimitOn(device, recipe);
  const forecast = forecastTraining(recipe, trainRows, cut);
  const batches = heaviestMicroBatches(forecast, cut, lengths?.answerShare ?? 0, limit);
  const recompute = { ...recipe.hardware, recompute: change.recompute ?? recipe.hardware.recompute };
  const method = change.method ?? recipe.method;
  if (method === 'full') {
    const how = {
      accumulates: forecast.heaviestStepTokens > Math.max(limit, cut.longestTokens),
      processes: localProcesses(recipe.hardware),
    };
    const used = change.precision ?? precision;
    return fullMemoryOn(device, shape, used, batches, recompute.recompute, how);
  }
  const quantization = change.quantization ?? recipe.hardware.quantization;
  return memoryOn(
    device,
    shape,
    recipe.lora,
    change.precision ?? precision,
    batches,
    quantization,
    recompute,
  );
}

function doesNotFit(
  memory: DeviceMemory,
  precision: Precision,
  fixes: readonly PreflightFix[],
): PreflightNote {
  const params = {
    device: memory.name,
    precision,
    ...sizeParams({
      predicted: memory.peakBytes,
      capacity: memory.capacityBytes,
      base: memory.weightsBytes,
      passes: memory.activationBytes + memory.temporaryBytes,
    }),
    settings: fixes.map((fix) =>
      fix.settings.map(({ field, value }) => `${field}=${String(value)}`).join(' + '),
    ),
  };
  return { code: fixes.length > 0 ? 'preflight.does_not_fit' : 'preflight.cannot_fit', params, fixes };
}
