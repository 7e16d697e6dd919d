import type { ControlDone, MetricPoint, RunTopicData } from '../../../electron/shared/contract/events.ts';
import type {
  CheckpointView,
  RunSummary,
  SampleView,
} from '../../../electron/shared/contract/methods/runs.ts';

/** A run as its topic tells it. */
export type LiveRun = Readonly<{
  run: RunSummary;
  checkpoints: readonly CheckpointView[];
  samples: readonly SampleView[];
  /** Requests that were carried out since the page opened, oldest first; bounded. */
  controlsDone: readonly ControlDone[];
  /** Points that arrived since the page opened, oldest first; bounded. */
  tail: readonly MetricPoint[];
  /** Grows when curves must be asked for again: after a gap, after a resume, when the tail overflows. */
  generation: number;
  /** Snapshots so far: after another one, what was said between the two is unknown. */
  snapshots: number;
  /** Curves asked for before this time are void after this step. */
  cut: Readonly<{ afterStep: number; atMs: number }> | undefined;
}>;

/** Curves that the screen draws; other keys of a frame are not kept. */
export const CURVE_KEYS = [
  'loss',
  'evalLoss',
  'learningRate',
  'gradNorm',
  'tokensPerSecond',
  'peakBytes',
] as const;
export type CurveKey = (typeof CURVE_KEYS)[number];

const KEPT: ReadonlySet<string> = new Set(CURVE_KEYS);
/** About 1,300 steps of every key: more than fall between two questions, less than a chart feels. */
export const LONGEST_TAIL = 8000;
const MOST_CONTROLS = 20;

/** The run after a frame. Applying a frame twice gives the same run. */
export function applyRunFrame(
  live: LiveRun | undefined,
  frame: RunTopicData,
  nowMs: number,
): LiveRun | undefined {
  if (frame.kind === 'snapshot') {
    const { checkpoints, samples, ...run } = frame.run;
    const generation = (live?.generation ?? 0) + 1;
    const snapshots = (live?.snapshots ?? 0) + 1;
    return { run, checkpoints, samples, controlsDone: [], tail: [], generation, snapshots, cut: live?.cut };
  }
  if (live === undefined) return undefined;
  const after = frame.truncatedAfterStep;
  const kept = after === undefined ? live : truncated(live, after, nowMs);
  const fresh = frame.points.filter((point) => KEPT.has(point.key));
  const removed = new Set(frame.removedCheckpoints);
  const left = kept.checkpoints.filter((one) => !removed.has(one.step));
  const hasGap = frame.pointsLeftOut === true;
  const tail = hasGap ? [] : [...kept.tail, ...fresh];
  const isFull = tail.length > LONGEST_TAIL;
  return {
    ...kept,
    run: frame.run,
    checkpoints: merged(removed.size === 0 ? kept.checkpoints : left, frame.checkpoints ?? [], (one) =>
      String(one.step),
    ),
    samples: merged(kept.samples, frame.samples ?? [], (one) => `${String(one.step)} ${one.prompt}`),
    controlsDone: withControls(kept.controlsDone, frame.controlsDone ?? []),
    tail: isFull ? tail.slice(-LONGEST_TAIL / 2) : tail,
    generation: kept.generation + (isFull || hasGap ? 1 : 0),
  };
}

function truncated(live: LiveRun, afterStep: number, atMs: number): LiveRun {
  const isValid = (one: Readonly<{ step: number }>): boolean => one.step <= afterStep;
  return {
    ...live,
    checkpoints: live.checkpoints.filter(isValid),
    samples: live.samples.filter(isValid),
    tail: live.tail.filter(isValid),
    generation: live.generation + 1,
    cut: { afterStep, atMs },
  };
}

function withControls(known: readonly ControlDone[], fresh: readonly ControlDone[]): readonly ControlDone[] {
  if (fresh.length === 0) return known;
  const byId = new Map([...known, ...fresh].map((one) => [one.id, one]));
  return [...byId.values()].slice(-MOST_CONTROLS);
}

/** The newest of each key, in the order of steps. */
function merged<Item extends Readonly<{ step: number }>>(
  known: readonly Item[],
  fresh: readonly Item[],
  keyOf: (item: Item) => string,
): readonly Item[] {
  if (fresh.length === 0) return known;
  const byKey = new Map([...known, ...fresh].map((item) => [keyOf(item), item]));
  return [...byKey.values()].sort((left, right) => left.step - right.step);
}
