import type { ComputeDevice } from './attention-bytes.ts';
import type { DecoderShape, LoraTargets } from './decoder-shape.ts';

/** How a run computes: what decides the size of every tensor of a pass. */
export type PassSettings = Readonly<{
  shape: DecoderShape;
  lora: Readonly<{ rank: number; dropout: number; targets: LoraTargets }>;
  /** Bytes of one element of the base and its activations: 4 (fp32) or 2 (bf16). */
  width: number;
  device: ComputeDevice;
}>;
