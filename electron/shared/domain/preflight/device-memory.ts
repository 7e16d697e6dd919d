import type { Recipe } from '../../protocol/recipe.ts';
import type { ComputeDevice } from './attention-bytes.ts';
import { predictFullMemory, type FullSettings } from './full-memory.ts';
import { predictPeakMemory, type MicroBatch, type PeakMemory } from './peak-memory.ts';
import type { DecoderShape } from './decoder-shape.ts';
import type { Quantization } from './pass-settings.ts';
import { recomputedLayers, type RecomputeSettings } from './recompute-plan.ts';

/** Something a run can compute on. */
export type DeviceFacts = Readonly<{
  /** `cpu`, `cuda:0` … */
  device: string;
  kind: ComputeDevice;
  name: string;
  /** All memory there is, and what nobody else holds now. */
  capacityBytes: number;
  availableBytes: number;
  /** Whether the card computes bf16. */
  hasBf16: boolean;
  /** CUDA compute capability such as 8.9, where the driver says it. */
  computeCapability?: number;
}>;

export type Precision = 'fp32' | 'bf16' | 'fp16';

/** The memory of one device as the sheet draws it; the parts and the headroom make up the capacity. */
export type DeviceMemory = PeakMemory &
  Readonly<{
    device: string;
    name: string;
    precision: Precision;
    /** What the process needs before the first tensor. */
    runtimeBytes: number;
    /** Of `layers`, those whose activations are computed again instead of kept. */
    recomputedLayers: number;
    layers: number;
    headroomBytes: number;
    capacityBytes: number;
    availableBytes: number;
    /** `measured`: the engine's real peaks hold this prediction; `projected`: only its arithmetic does. */
    basis: 'measured' | 'projected';
  }>;

const MIB = 1024 ** 2;
const NO_RECOMPUTE: RecomputeSettings = { recompute: 'none', recomputeLayers: 0 };
/** Interpreter, libraries and buffers of a runner; on a card its context and the kernels' workspaces. */
const RUNTIME_BYTES: Readonly<Record<ComputeDevice, number>> = { cpu: 512 * MIB, cuda: 768 * MIB };
/** The engine's own choice where a recipe says 0 (engine/devices.py). */
const DEFAULT_LIMIT: Readonly<Record<ComputeDevice, number>> = { cpu: 2048, cuda: 8192 };

/** Volta, the first with tensor cores (engine/devices.py). */
const FP16_CAPABILITY = 7;

/** What `hardware.precision` comes to on a device; undefined where the engine refuses it. */
export function precisionOn(
  device: DeviceFacts,
  wanted: Recipe['hardware']['precision'],
): Precision | undefined {
  const lacksBf16 = device.kind === 'cuda' && !device.hasBf16;
  if (wanted !== 'auto') return wanted === 'bf16' && lacksBf16 ? undefined : wanted;
  if (device.kind === 'cpu') return 'fp32';
  if (device.hasBf16) return 'bf16';
  return (device.computeCapability ?? 0) >= FP16_CAPABILITY ? 'fp16' : 'fp32';
}

/** Turing's integer and Ada's FP8 tensor cores (engine/quantisation.py). */
const INT8_CAPABILITY = 7.5;
const FP8_CAPABILITY = 8.9;

/** The nearest kind that a device can compute with, where it cannot with the wanted one. */
export function nearestQuantization(
  device: DeviceFacts,
  wanted: Quantization,
): Exclude<Quantization, 'fp8'> | undefined {
  const { computeCapability: capability } = device;
  // Where the driver does not say, the engine finds out.
  if (device.kind === 'cpu' || capability === undefined) return undefined;
  if (wanted === 'int8' && capability < INT8_CAPABILITY) return 'nf4';
  if (wanted !== 'fp8' || capability >= FP8_CAPABILITY) return undefined;
  return capability >= INT8_CAPABILITY ? 'int8' : 'nf4';
}

export function tokenLimitOn(device: DeviceFacts, recipe: Recipe): number {
  const { maxTokensPerMicroBatch: stated } = recipe.hardware;
  return stated === 0 ? DEFAULT_LIMIT[device.kind] : stated;
}

export function memoryOn(
  device: DeviceFacts,
  shape: DecoderShape,
  lora: Recipe['lora'],
  precision: Precision,
  batches: readonly MicroBatch[],
  quantization: Quantization = 'none',
  recompute: RecomputeSettings = NO_RECOMPUTE,
): DeviceMemory {
  const width = precision === 'fp32' ? 4 : 2;
  const runtimeBytes = RUNTIME_BYTES[device.kind];
  const tensorsWith = (layers: number): PeakMemory =>
    predictPeakMemory(
      { shape, lora, width, device: device.kind, quantization, recomputedLayers: layers },
      batches,
    );
  const recomputed = recomputedLayers(
    recompute,
    shape.layers,
    device,
    (layers) => tensorsWith(layers).peakBytes + runtimeBytes,
  );
  return placed(device, shape, precision, recomputed, tensorsWith(recomputed));
}

/** As {@link memoryOn}, where every parameter is trained. */
export function fullMemoryOn(
  device: DeviceFacts,
  shape: DecoderShape,
  precision: Precision,
  batches: readonly MicroBatch[],
  recompute: RecomputeSettings['recompute'],
  how: Pick<FullSettings, 'accumulates' | 'processes'>,
): DeviceMemory {
  const width = precision === 'fp32' ? 4 : 2;
  // transformers recomputes all layers or none (engine/memory_setup.py).
  const recomputesAll = recompute === 'auto' ? device.kind === 'cuda' : recompute !== 'none';
  const tensors = predictFullMemory({ shape, width, device: device.kind, recomputesAll, ...how }, batches);
  return placed(device, shape, precision, recomputesAll ? shape.layers : 0, tensors);
}

function placed(
  device: DeviceFacts,
  shape: DecoderShape,
  precision: Precision,
  recomputed: number,
  tensors: PeakMemory,
): DeviceMemory {
  const runtimeBytes = RUNTIME_BYTES[device.kind];
  const peakBytes = tensors.peakBytes + runtimeBytes;
  return {
    ...tensors,
    device: device.device,
    name: device.name,
    precision,
    runtimeBytes,
    recomputedLayers: recomputed,
    layers: shape.layers,
    peakBytes,
    headroomBytes: device.capacityBytes - peakBytes,
    capacityBytes: device.capacityBytes,
    availableBytes: device.availableBytes,
    basis: device.kind === 'cpu' ? 'measured' : 'projected',
  };
}
