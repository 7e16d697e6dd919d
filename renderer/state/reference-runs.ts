import { create } from 'zustand';
import { persist } from 'zustand/middleware';

/** Runs whose reference is remembered; the oldest are forgotten first. */
const MOST_RUNS = 400;

type References = Readonly<{ byRun: Readonly<Record<string, string>> }>;

const useStore = create<References>()(
  persist((): References => ({ byRun: {} }), { name: 'legal-eagle.reference-runs', version: 1 }),
);

/** The run whose curve is laid over that of a run; undefined where there is none. */
export const useReferenceRun = (runId: string): string | undefined => useStore((state) => state.byRun[runId]);

/** Chooses the run whose curve is laid over that of `runId`; undefined lays none. */
export function setReferenceRun(runId: string, reference: string | undefined): void {
  const others = Object.entries(useStore.getState().byRun).filter(([id]) => id !== runId);
  const own = reference === undefined ? [] : [[runId, reference] as const];
  useStore.setState({ byRun: Object.fromEntries([...others, ...own].slice(-MOST_RUNS)) });
}
