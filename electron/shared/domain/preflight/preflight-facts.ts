import type { Recipe } from '../../protocol/recipe.ts';
import type { StartingAdapter } from './assess-starting-adapter.ts';
import type { DecoderShape } from './decoder-shape.ts';
import type { DeviceFacts } from './device-memory.ts';
import type { TokenLengths } from './token-lengths.ts';

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
  /** The other cards of a run of several processes; each holds the same. */
  companions?: readonly (DeviceFacts | 'unmeasured')[];
  freeDiskBytes: number;
  /** What the recipe goes on from; undefined where it starts afresh. */
  startingAdapter?: StartingAdapter | undefined;
}>;

/** Every device of the run whose facts are known, that of rank 0 first. */
export const knownDevices = ({ device, companions = [] }: PreflightFacts): readonly DeviceFacts[] =>
  [device, ...companions].filter((one) => typeof one === 'object');
