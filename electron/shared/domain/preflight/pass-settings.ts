import type { Recipe } from '../../protocol/recipe.ts';
import type { ComputeDevice } from './attention-bytes.ts';
import type { DecoderShape, LoraChoice, WholeModules } from './decoder-shape.ts';

export type Quantization = Recipe['hardware']['quantization'];

/** What of a recipe's `lora` decides sizes. */
export type LoraSettings = LoraChoice &
  Readonly<{ rank: number; dropout: number; dora: boolean; whole: WholeModules }>;

/** How a run computes: what decides the size of every tensor of a pass. */
export type PassSettings = Readonly<{
  shape: DecoderShape;
  lora: LoraSettings;
  /** Bytes of one element of the base and its activations: 4 (fp32) or 2 (bf16, fp16). */
  width: number;
  device: ComputeDevice;
  /** Bits in which the linear layers are held; as loaded where it is left out. */
  quantization?: Quantization;
  /** Layers, from the first, that keep only their input and are computed again; none where it is not said. */
  recomputedLayers?: number;
}>;
