import type { GpuCard } from '../contract/methods/gpu.ts';
import type { Recipe } from '../protocol/recipe.ts';

/** `hardware.gpu` of a recipe that leaves the card to the studio. */
export const AUTOMATIC_CARD = 'auto';

/** The card of a run with the least room, and the others where it has one a process. */
export type RunCard = GpuCard & Readonly<{ companions?: readonly GpuCard[] }>;

/** What a run computes on. `missing`: the recipe asks for a card that it cannot have. */
export type RunDevice = RunCard | 'cpu' | 'missing';

/** UUIDs that `hardware.gpu` names; none where the studio is to choose. */
export const namedCards = (gpu: string): readonly string[] =>
  gpu === AUTOMATIC_CARD ? [] : gpu.split(',').map((uuid) => uuid.trim());

/** Processes of a run on this machine: one a named card, else as many as the recipe says. */
export const localProcesses = (hardware: Recipe['hardware']): number =>
  Math.max(hardware.processes, hardware.device === 'cpu' ? 1 : namedCards(hardware.gpu).length);

/** One card for several: the one that fills first stands for all, as every process needs the same. */
export function runCardOf(cards: readonly GpuCard[]): RunCard | undefined {
  const [tightest, ...companions] = cards.toSorted(
    (left, right) => (freeBytes(left) ?? 0) - (freeBytes(right) ?? 0) || left.index - right.index,
  );
  if (tightest === undefined || companions.length === 0) return tightest;
  return { ...tightest, companions };
}

/** UUIDs of all cards of a run, that of rank 0 first. */
export const runCardUuids = (card: RunCard): readonly string[] =>
  [card, ...(card.companions ?? [])].map(({ uuid }) => uuid);

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
 * Cards by free memory, most first, of equals the first. Those that live runs were given come after all others:
 * such a run may not have taken its memory yet.
 */
export function roomiestCards(cards: readonly GpuCard[], held: ReadonlySet<string>): readonly GpuCard[] {
  const room = (card: GpuCard): number => freeBytes(card) ?? -1;
  return cards.toSorted(
    (left, right) =>
      Number(held.has(left.uuid)) - Number(held.has(right.uuid)) ||
      room(right) - room(left) ||
      left.index - right.index,
  );
}
