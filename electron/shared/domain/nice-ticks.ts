const TICKS = 5;

/** Round values from at or below the lowest to at or above the highest; two at least. */
export function niceTicks(low: number, high: number): readonly number[] {
  const largest = Math.max(Math.abs(low), Math.abs(high));
  // Nothing that is measured is smaller, and a tick of it would be zero.
  const scale = largest < 1e-100 ? 1 : largest;
  // Values closer than that are one value on an axis.
  const span = high - low > scale * 1e-9 ? high - low : scale;
  const rough = span / (TICKS - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = [1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10;
  const size = unit * power;
  const first = Math.floor(low / size);
  const last = Math.max(first + 1, Math.ceil(high / size));
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * size);
}
