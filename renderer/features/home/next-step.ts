import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { isLive, isResumable } from '../../../electron/shared/domain/run-state.ts';

export type NextStep =
  | Readonly<{ kind: 'import' | 'model' }>
  | Readonly<{ kind: 'train' }>
  | Readonly<{ kind: 'watch' | 'resume' | 'result'; run: RunSummary }>;

/** What moves the person's work forward now; `runs` are the latest first. */
export function nextStep(runs: readonly RunSummary[], readyDatasets: number, usableModels: number): NextStep {
  const live = runs.find((run) => isLive(run.state));
  if (live !== undefined) return { kind: 'watch', run: live };
  const latest = runs[0];
  // A run that a person stopped is their decision; one that broke off waits for one.
  if (latest !== undefined && latest.state !== 'stopped' && isResumable(latest.state))
    return { kind: 'resume', run: latest };
  if (readyDatasets === 0) return { kind: 'import' };
  if (usableModels === 0) return { kind: 'model' };
  const done = runs.find((run) => run.state === 'done');
  return done === undefined ? { kind: 'train' } : { kind: 'result', run: done };
}
