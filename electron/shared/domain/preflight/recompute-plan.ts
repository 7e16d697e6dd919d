import type { Recipe } from '../../protocol/recipe.ts';
import type { ComputeDevice } from './attention-bytes.ts';

/** What engine/memory_budget.py leaves free: for workspaces, fragmentation, programs that grow. */
const CUDA_RESERVE_SHARE = 0.04;
const CUDA_RESERVE_BYTES = 512 * 1024 ** 2;
const CPU_RESERVE_SHARE = 0.1;

export type RecomputeSettings = Pick<Recipe['hardware'], 'recompute' | 'recomputeLayers'>;

/**
 * How many of `layers` a run will compute again: what the recipe says, else as few as the engine's planner finds
 * room for in `availableBytes`. `peakBytesWith`: the peak by that number, which falls with it.
 */
export function recomputedLayers(
  settings: RecomputeSettings,
  layers: number,
  device: Readonly<{ kind: ComputeDevice; capacityBytes: number; availableBytes: number }>,
  peakBytesWith: (recomputed: number) => number,
): number {
  switch (settings.recompute) {
    case 'none':
      return 0;
    case 'full':
      return layers;
    case 'layers':
      return Math.min(layers, settings.recomputeLayers);
    case 'auto': {
      const room = device.availableBytes - reserveBytes(device);
      let low = 0;
      let high = layers;
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        if (peakBytesWith(middle) <= room) high = middle;
        else low = middle + 1;
      }
      return low;
    }
  }
}

const reserveBytes = (
  device: Readonly<{ kind: ComputeDevice; capacityBytes: number; availableBytes: number }>,
): number =>
  device.kind === 'cuda'
    ? Math.max(CUDA_RESERVE_BYTES, device.capacityBytes * CUDA_RESERVE_SHARE)
    : device.availableBytes * CPU_RESERVE_SHARE;
