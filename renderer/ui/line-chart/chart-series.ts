import type { CurveBucket, CurvePoint } from '../../../electron/shared/domain/lttb.ts';

/** One curve. Steps ascend. */
export type ChartSeries = Readonly<{
  id: string;
  label: string;
  /** A hex colour, so that an exported file needs no style sheet. */
  colour: string;
  points: readonly CurvePoint[];
  /** The moving average at each of `points`: it is drawn bold and the values faint. */
  smoothed?: readonly number[];
  /** Lowest and highest raw value of each part of the curve that was left out; drawn as a band. */
  buckets?: readonly CurveBucket[];
  /** `dots`: single measurements that are not joined. */
  shape?: 'line' | 'dots';
  dashed?: boolean;
}>;

/** Something that happened at a step. */
export type ChartMark = Readonly<{ kind: 'checkpoint' | 'sample'; step: number }>;

export type StepRange = Readonly<{ from: number; to: number }>;
export type ValueScale = 'linear' | 'log';
