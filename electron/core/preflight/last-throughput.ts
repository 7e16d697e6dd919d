import { localProcesses } from '../../shared/domain/choose-card.ts';
import type { DeviceMemory } from '../../shared/domain/preflight/device-memory.ts';
import type { PreflightView } from '../../shared/contract/methods/preflight.ts';
import type { MetricRepository } from '../db/repositories/metric-repository.ts';
import type { RunRecord, RunRepository } from '../db/repositories/run-repository.ts';

export type LastThroughput = (
  modelPath: string,
  device: Pick<DeviceMemory, 'device' | 'name'>,
  /** Processes that compute together. */
  processes: number,
) => PreflightView['throughput'];

type Repositories = Readonly<{
  runs: Pick<RunRepository, 'newestOfModel'>;
  metrics: Pick<MetricRepository, 'sumAfter'>;
}>;

/** The first step pays for everything that is made on first use, and says nothing of the others. */
const WARM_UP_STEPS = 1;
/** Fewer steps than this are too few to tell a speed from chance. */
const MIN_STEPS = 5;
/** Older runs than these were made with another program or another machine in mind. */
const MOST_RUNS = 20;

/** The newest run of a model on a device, and how many tokens a second it computed in all its steps together. */
export function createLastThroughput({ runs, metrics }: Repositories): LastThroughput {
  return (modelPath, device, processes) => {
    for (const run of runs.newestOfModel(modelPath, MIN_STEPS + WARM_UP_STEPS, MOST_RUNS)) {
      // Four cards are not four times as fast as one, so nothing is multiplied.
      if (!computedOn(run, device) || localProcesses(run.recipe.hardware) !== processes) continue;
      const tokens = metrics.sumAfter(run.id, 'tokens', WARM_UP_STEPS);
      const time = metrics.sumAfter(run.id, 'stepMs', WARM_UP_STEPS);
      if (time.count < MIN_STEPS || time.sum <= 0 || tokens.sum <= 0) continue;
      return {
        runId: run.id,
        runName: run.name,
        tokensPerSecond: (tokens.sum / time.sum) * 1000,
        steps: time.count,
        createdAtMs: run.createdAtMs,
      };
    }
    return undefined;
  };
}

/** A run says `cpu` or `cuda:0` and the name of the card; which of several equal cards it was does not matter. */
function computedOn(run: RunRecord, wanted: Pick<DeviceMemory, 'device' | 'name'>): boolean {
  const { device, name } = run.device ?? {};
  if (typeof device !== 'string') return false;
  const [kind] = device.split(':');
  if (kind !== wanted.device.split(':')[0]) return false;
  return kind === 'cpu' || name === wanted.name;
}
