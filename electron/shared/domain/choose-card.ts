import type { GpuCard } from '../contract/methods/gpu.ts';

/** `hardware.gpu` of a recipe that leaves the card to the studio. */
export const AUTOMATIC_CARD = 'auto';

/** What a run computes on. `missing`: the recipe asks for a card that it cannot have. */
export type RunDevice = GpuCard | 'cpu' | 'missing';

/** What nobody holds of a card's memory; undefined where the driver does not tell. */
export const freeBytes = ({ memoryTotalBytes: total, memoryUsedBytes: used }: GpuCard): number | undefined =>
  total === undefined ? undefined : Math.max(0, total - (used ?? 0));

/** The card that a UUID names; `nvidia-smi` and people write it in either case. */
export const cardOf = (cards: readonly GpuCard[], uuid: string): GpuCard | undefined =>
  cards.find((card) => card.uuid.toLowerCase() === uuid.toLowerCase());

/**
 * The cards that CUDA_VISIBLE_DEVICES leaves to a process, as CUDA reads it: numbers or beginnings of UUIDs, and
 * nothing behind the first that names no card. Numbers are those of `nvidia-smi` (CUDA_DEVICE_ORDER=PCI_BUS_ID).
 */
export function visibleCards(cards: readonly GpuCard[], variable: string | undefined): readonly GpuCard[] {
  if (variable === undefined) return cards;
  const visible: GpuCard[] = [];
  for (const entry of variable.split(',').map((text) => text.trim())) {
    const card = /^\d+$/u.test(entry)
      ? cards.find((one) => one.index === Number(entry))
      : entry === ''
        ? undefined
        : cards.find((one) => one.uuid.toLowerCase().startsWith(entry.toLowerCase()));
    if (card === undefined) break;
    visible.push(card);
  }
  return visible;
}

/**
 * The card with most free memory, of equals the first. One that a live run was given comes after all others: that
 * run may not have taken its memory yet.
 */
export function roomiestCard(cards: readonly GpuCard[], held: ReadonlySet<string>): GpuCard | undefined {
  const room = (card: GpuCard): number => freeBytes(card) ?? -1;
  return cards.toSorted(
    (left, right) =>
      Number(held.has(left.uuid)) - Number(held.has(right.uuid)) ||
      room(right) - room(left) ||
      left.index - right.index,
  )[0];
}
