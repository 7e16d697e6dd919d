import type { GpuCard } from '../../shared/contract/methods/gpu.ts';
import { StudioError } from '../../shared/contract/studio-error.ts';
import {
  AUTOMATIC_CARD,
  cardOf,
  localProcesses,
  namedCards,
  roomiestCards,
  runCardOf,
  runCardUuids,
  visibleCards,
  type RunDevice,
} from '../../shared/domain/choose-card.ts';
import type { Recipe } from '../../shared/protocol/recipe.ts';
import type { GpuProbe, RuntimePort } from '../ports.ts';

export type RunCardDeps = Readonly<{
  gpu: Pick<GpuProbe, 'list'>;
  runtime: Pick<RuntimePort, 'overview'>;
  /** CUDA_VISIBLE_DEVICES of this process: what its owner left to it. */
  visibleDevices: string | undefined;
  /** UUIDs of the cards that live runs were given. */
  held: () => ReadonlySet<string>;
}>;

/**
 * The card of a recipe. Throws `gpu.unknown_card` where it names one that is not there,
 * `train.too_few_cards` where there are fewer than processes, and the driver's own failure where that cannot be
 * told.
 */
export async function chooseRunCard(deps: RunCardDeps, hardware: Recipe['hardware']): Promise<RunDevice> {
  if (hardware.device === 'cpu') return 'cpu';
  const { cards, error } = await deps.gpu.list();
  const isNamed = hardware.gpu !== AUTOMATIC_CARD;
  if (isNamed && error !== undefined) throw new StudioError(error.code, error.params);
  const processes = localProcesses(hardware);
  const chosen = isNamed
    ? // One named twice is one card.
      [...new Set(namedCards(hardware.gpu).map((uuid) => requireCard(cards, uuid)))]
    : roomiestCards(visibleCards(cards, deps.visibleDevices), deps.held()).slice(0, processes);
  const card = runCardOf(chosen);
  if (card !== undefined && (await deps.runtime.overview()).current.startsWith('cu')) {
    if (chosen.length < processes) {
      throw new StudioError('train.too_few_cards', { processes, cards: chosen.length });
    }
    return card;
  }
  return isNamed || hardware.device === 'cuda' ? 'missing' : 'cpu';
}

/** Variables that give a runner its cards and no other; a UUID stays the same card after a restart. */
export const cardEnvironment = (device: RunDevice): Readonly<Record<string, string>> =>
  typeof device === 'string' ? {} : { CUDA_VISIBLE_DEVICES: runCardUuids(device).join(',') };

function requireCard(cards: readonly GpuCard[], uuid: string): GpuCard {
  const card = cardOf(cards, uuid);
  if (card === undefined) throw new StudioError('gpu.unknown_card', { gpu: uuid, cards: listed(cards) });
  return card;
}

const listed = (cards: readonly GpuCard[]): string =>
  cards.length === 0 ? '–' : cards.map(({ name, uuid }) => `${name} (${uuid})`).join(', ');
