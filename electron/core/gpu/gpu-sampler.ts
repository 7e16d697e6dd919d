import type { Disposable } from '../../shared/contract/disposable.ts';
import type { GpuCard } from '../../shared/contract/methods/gpu.ts';
import type { Clock, GpuProbe } from '../ports.ts';

/** Fine enough to see a pass of data loading, coarse enough that nvidia-smi itself costs nothing. */
const SAMPLE_INTERVAL_MS = 5000;

export type GpuSamplerDeps = Readonly<{
  probe: GpuProbe;
  clock: Clock;
  /** Ids of what is being computed now. */
  live: () => readonly string[];
  /** Stores the cards as they are now, once for each live id. */
  store: (id: string, cards: readonly GpuCard[]) => void;
  onFailure: (error: unknown) => void;
  intervalMs?: number;
}>;

export type GpuSampler = Disposable &
  Readonly<{
    /** Something may have come to life. */
    wake(): void;
  }>;

/**
 * Samples the cards while something computes. Sleeps when nothing does, and on a machine without cards asks once
 * for each id only.
 */
export const createGpuSampler = (deps: GpuSamplerDeps): GpuSampler => {
  const withoutCards = new Set<string>();
  let timer: Disposable | undefined;
  let sampling = false;
  let disposed = false;

  const wanted = (): readonly string[] => deps.live().filter((id) => !withoutCards.has(id));

  const sample = async (): Promise<void> => {
    const report = await deps.probe.list();
    // Disposed while the driver was thinking: the database may be closed.
    if (disposed) return;
    if (report.state === 'failed') return;
    for (const id of wanted()) {
      if (report.cards.length === 0) withoutCards.add(id);
      else deps.store(id, report.cards);
    }
  };

  const turn = (): void => {
    timer = undefined;
    if (disposed || sampling || wanted().length === 0) return;
    sampling = true;
    void sample()
      .catch(deps.onFailure)
      .finally(() => {
        sampling = false;
        if (!disposed) timer = deps.clock.after(deps.intervalMs ?? SAMPLE_INTERVAL_MS, turn);
      });
  };

  return {
    wake: () => {
      if (timer === undefined) turn();
    },
    dispose: () => {
      disposed = true;
      timer?.dispose();
    },
  };
};
