import { create } from 'zustand';
import { persist } from 'zustand/middleware';

/** Runs whose colour is remembered; the oldest are forgotten first. */
const MOST_RUNS = 400;

type RunColours = Readonly<{ orders: Readonly<Record<string, number>> }>;

const useStore = create<RunColours>()(
  persist((): RunColours => ({ orders: {} }), { name: 'legal-eagle.run-colours', version: 1 }),
);

/** Orders for runs that stand beside each other: each keeps the one it had, and no two share one. */
export function assignOrders(
  known: Readonly<Record<string, number>>,
  ids: readonly string[],
): Readonly<Record<string, number>> {
  const taken = new Set<number>();
  const given: Record<string, number> = {};
  for (const id of ids) {
    let order = known[id] ?? 0;
    while (taken.has(order)) order += 1;
    taken.add(order);
    given[id] = order;
  }
  return given;
}

/** The place of each run in the series of colours. */
export function rememberOrders(ids: readonly string[]): void {
  const { orders } = useStore.getState();
  const given = assignOrders(orders, ids);
  const kept = Object.entries(orders).filter(([id]) => !(id in given));
  useStore.setState({ orders: Object.fromEntries([...kept, ...Object.entries(given)].slice(-MOST_RUNS)) });
}

export const useRunOrders = (): Readonly<Record<string, number>> => useStore((state) => state.orders);
