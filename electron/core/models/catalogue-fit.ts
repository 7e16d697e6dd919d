import type { CatalogueFit } from '../../shared/contract/methods/models.ts';
import type { DecoderShape } from '../../shared/domain/preflight/decoder-shape.ts';
import { memoryOn, precisionOn, type DeviceFacts } from '../../shared/domain/preflight/device-memory.ts';
import { recipeSchema } from '../../shared/protocol/recipe.ts';

/** Rows of this length in a pass of their own are what a person without a dataset can be told about. */
const ROW_TOKENS = 2048;
const ANSWER_SHARE = 0.5;

/**
 * Whether training with the default recipe fits a device, by the preflight's own arithmetic: with the weights as they
 * are, or held in 8 or 4 bits; layers are recomputed as far as it takes.
 */
export function catalogueFit(shape: DecoderShape, device: DeviceFacts): CatalogueFit {
  const { lora, hardware } = recipeSchema.parse({ model: 'any', dataset: 'any' });
  const precision = precisionOn(device, 'auto') ?? 'fp32';
  const batches = [{ lengths: [ROW_TOKENS], answerTokens: ROW_TOKENS * ANSWER_SHARE }];
  const all = { ...hardware, recompute: 'full' } as const;
  const about = { device: device.name, capacityBytes: device.capacityBytes };
  let least = 0;
  for (const verdict of ['whole', 'int8', 'nf4'] as const) {
    const quantization = verdict === 'whole' ? 'none' : verdict;
    const { peakBytes } = memoryOn(device, shape, lora, precision, batches, quantization, all);
    if (peakBytes <= device.capacityBytes) return { verdict, peakBytes, ...about };
    least = peakBytes;
  }
  return { verdict: 'none', peakBytes: least, ...about };
}
