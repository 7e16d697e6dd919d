import type { MetricSeries } from '../../shared/contract/methods/metrics.ts';
import { formatNumber } from '../../shared/domain/figures.ts';
import { niceTicks } from '../../shared/domain/nice-ticks.ts';
import { pngImage } from './png-image.ts';
import { RasterCanvas, type Colour } from './raster-canvas.ts';

/** Points a curve that the picture can show. */
export const PICTURE_POINTS = 400;
export const PICTURE_SMOOTHING = 0.9;
/** ModelScope keeps what is smaller beside the text of a repository; larger files go another way. */
export const MOST_PICTURE_BYTES = 64 * 1024;

const WIDTH = 1200;
const HEIGHT = 560;
const LEFT = 110;
const RIGHT = 30;
const TOP = 60;
const BOTTOM = 64;
const SCALE = 2;
const INK: Colour = [74, 72, 68];
const GRID: Colour = [226, 224, 219];
/** Okabe and Ito's blue and vermilion, which most eyes can tell apart. */
const TRAIN: Colour = [0, 114, 178];
const EVAL: Colour = [213, 94, 0];

export type LossCurves = Readonly<{
  /** With its moving average. */
  loss: MetricSeries | undefined;
  evalLoss: MetricSeries | undefined;
  /** Step whose weights are released. */
  lastStep: number;
}>;

/**
 * Training and evaluation loss by step as PNG; undefined where no finite value was recorded. Made of pixels here,
 * because a core without a page has no renderer, and one would be a dependency of tens of megabytes.
 */
export function lossPicture(curves: LossCurves): Uint8Array | undefined {
  let picture: Uint8Array | undefined;
  // A curve that jumps over the whole height at every point is as well told with fewer of them.
  for (const apart of [1, 2, 4, 8]) {
    picture = drawn(curves, apart);
    if (picture === undefined || picture.length < MOST_PICTURE_BYTES) return picture;
  }
  return picture;
}

/** With one in `apart` points of the training loss. */
function drawn({ evalLoss, lastStep, loss }: LossCurves, apart: number): Uint8Array | undefined {
  const every = <Value>(list: readonly Value[] | undefined): Value[] =>
    (list ?? []).filter((_, at) => at % apart === 0);
  const train = every(loss?.points).filter(({ step }) => step <= lastStep);
  const evaluated = (evalLoss?.points ?? []).filter(({ step }) => step <= lastStep);
  const values = [...train, ...evaluated].map(({ value }) => value);
  if (values.length === 0) return undefined;
  const ticks = niceTicks(
    values.reduce((least, value) => Math.min(least, value), Infinity),
    values.reduce((most, value) => Math.max(most, value), -Infinity),
  );
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  const place = ({ step, value }: Readonly<{ step: number; value: number }>): { x: number; y: number } => ({
    x: LEFT + (step / Math.max(1, lastStep)) * (WIDTH - LEFT - RIGHT),
    y: TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM),
  });
  const canvas = new RasterCanvas(WIDTH, HEIGHT);
  drawAxes(canvas, ticks, lastStep, place);
  const smoothed = every(loss?.smoothed).slice(0, train.length);
  const bold =
    smoothed.length === train.length
      ? train.map(({ step }, at) => ({ step, value: smoothed[at] ?? 0 }))
      : train;
  if (bold !== train) canvas.polyline(train.map(place), TRAIN, 1.5, 0.3);
  canvas.polyline(bold.map(place), TRAIN, 3);
  const [only] = train;
  if (train.length === 1 && only !== undefined) canvas.dot(place(only), 5, TRAIN);
  canvas.polyline(evaluated.map(place), EVAL, 1.5, 0.6);
  for (const point of evaluated) canvas.dot(place(point), 5, EVAL);
  drawLegend(canvas, [
    ...(train.length === 0 ? [] : [['train loss', TRAIN] as const]),
    ...(evaluated.length === 0 ? [] : [['eval loss', EVAL] as const]),
  ]);
  return pngImage(canvas);
}

function drawAxes(
  canvas: RasterCanvas,
  ticks: readonly number[],
  lastStep: number,
  place: (point: { step: number; value: number }) => { x: number; y: number },
): void {
  const size = (ticks[1] ?? 1) - (ticks[0] ?? 0);
  const digits = Math.min(6, Math.max(0, -Math.floor(Math.log10(size) + 1e-9)));
  for (const value of ticks) {
    const { y } = place({ step: 0, value });
    const level = Math.round(y);
    canvas.polyline(
      [
        { x: LEFT, y: level },
        { x: WIDTH - RIGHT, y: level },
      ],
      GRID,
      1,
    );
    canvas.text(formatNumber(value, digits), { x: LEFT - 14, y: level }, 'end', INK, SCALE);
  }
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    const step = Math.round(lastStep * share);
    const { x } = place({ step, value: 0 });
    const anchor = share === 1 ? 'end' : 'middle';
    canvas.text(formatNumber(step), { x, y: HEIGHT - BOTTOM + 22 }, anchor, INK, SCALE);
  }
  canvas.text('step', { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 14 }, 'middle', INK, SCALE);
}

function drawLegend(canvas: RasterCanvas, entries: readonly (readonly [string, Colour])[]): void {
  let x = LEFT;
  for (const [label, colour] of entries) {
    canvas.dot({ x: x + 6, y: 28 }, 6, colour);
    canvas.text(label, { x: x + 22, y: 28 }, 'start', INK, SCALE);
    x += 190;
  }
}
