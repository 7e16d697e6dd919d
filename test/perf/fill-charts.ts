import type { RunRecord } from '../../electron/core/db/repositories/run-repository.ts';
import type { MetricPoint } from '../../electron/shared/contract/events.ts';
import { addWrittenRun, startEventWriter, withRepositories, type EventWriter } from './written-run.ts';
import { EVENT_KEYS, VALUE_AT } from './written-steps.ts';

/** Issue 3 asks for four curves of this length. */
export const STEPS = 100_000;
export const COMPARED = ['长曲线 甲', '长曲线 乙', '长曲线 丙', '长曲线 丁'] as const;
export const LIVE = '长曲线 实时';
const LIVE_STEPS = 20_000;
const LIVE_STEPS_A_SECOND = 20;
const EVAL_EVERY_STEPS = 1000;

/** Runs differ by where in the written curves they begin. */
export const firstStepOf = (at: number): number => at * 7919;

let writer: EventWriter | undefined;

/** Lets the live run report steps; returns the way to end it. */
export function startLiveRun(): () => void {
  if (writer === undefined) throw new Error('the data folder was not filled by this process');
  writer.go();
  return writer.kill;
}

/** Four ended runs of 100,000 steps, and one of which a waiting process will report more. */
export async function fillCharts(home: string): Promise<void> {
  const live = await withRepositories(home, (repositories) => {
    const { jobs, metrics, runs } = repositories;
    const known = runs.list({ search: '长曲线', states: ['done'], ...FIRST_PAGE }).items;
    COMPARED.forEach((name, at) => {
      if (known.some((run) => run.name === name)) return;
      const { runId, jobId } = addWrittenRun(repositories, home, name, ended(at));
      const job = jobs.find(jobId);
      if (job !== undefined)
        jobs.update({ ...job, state: 'done', startedAtMs: 1, endedAtMs: 2, exitCode: 0 });
      metrics.putAll(runId, pointsFrom(firstStepOf(at)));
    });
    const name = `${LIVE} ${String(Date.now())}`;
    const run = addWrittenRun(repositories, home, name, { step: STEPS, steps: STEPS + LIVE_STEPS });
    metrics.putAll(run.runId, pointsFrom(0));
    return run;
  });
  writer = startEventWriter(live.jobDir, {
    count: LIVE_STEPS,
    perSecond: LIVE_STEPS_A_SECOND,
    afterStep: STEPS,
  });
}

const FIRST_PAGE = { sort: 'name', descending: false, offset: 0, limit: 50 } as const;

const ended = (at: number): Partial<RunRecord> => ({
  state: 'done',
  startedAtMs: 1,
  endedAtMs: 2,
  step: STEPS,
  steps: STEPS,
  loss: VALUE_AT.loss(firstStepOf(at) + STEPS),
});

function pointsFrom(first: number): MetricPoint[] {
  const points: MetricPoint[] = [];
  for (const key of EVENT_KEYS) {
    for (let step = 1; step <= STEPS; step++) {
      points.push({ key, step, value: VALUE_AT[key](first + step) });
    }
  }
  for (let step = EVAL_EVERY_STEPS; step <= STEPS; step += EVAL_EVERY_STEPS) {
    points.push({ key: 'evalLoss', step, value: 0.6 + 2 / (1 + step / 5000) });
  }
  return points;
}
