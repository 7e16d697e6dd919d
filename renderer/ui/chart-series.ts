/** A point of a curve; `step` is the optimizer step it belongs to. */
export type ChartPoint = Readonly<{ step: number; value: number }>;

/** Lowest and highest value where points were left out: a spike stays visible. */
export type ChartBand = Readonly<{ fromStep: number; toStep: number; min: number; max: number }>;

export type ChartSeries = Readonly<{
  key: string;
  /** In the person's language; stands in the legend, the tooltip and the CSV. */
  label: string;
  /** A CSS colour; without it the palette's next one. */
  colour?: string;
  /** `faint` is the raw curve behind a smoothed one, `dots` are few measured points (evaluation). */
  look?: 'line' | 'faint' | 'dashed' | 'dots';
  /** Decimated, ascending by step. */
  points: readonly ChartPoint[];
  buckets?: readonly ChartBand[];
}>;

export type ChartMarker = Readonly<{
  step: number;
  kind: 'checkpoint' | 'eval' | 'sample' | 'attempt';
  /** Said in the tooltip. */
  label: string;
}>;

export type ChartRow = Readonly<
  { step: number } & Record<string, number | readonly [number, number] | undefined>
>;

export const bandKey = (key: string): string => `${key}:band`;

const positive = (value: number, log: boolean): number | undefined => (log && value <= 0 ? undefined : value);

/** One row a step over all series, which is the shape that recharts draws. A log scale drops what is not above 0. */
export function chartRows(series: readonly ChartSeries[], log: boolean): readonly ChartRow[] {
  const rows = new Map<number, Record<string, number | readonly [number, number] | undefined>>();
  const rowAt = (step: number): Record<string, number | readonly [number, number] | undefined> => {
    const found = rows.get(step);
    if (found !== undefined) return found;
    const made = {};
    rows.set(step, made);
    return made;
  };
  for (const one of series) {
    for (const { step, value } of one.points) rowAt(step)[one.key] = positive(value, log);
    for (const { fromStep, toStep, min, max } of one.buckets ?? []) {
      const low = positive(min, log);
      if (low === undefined) continue;
      rowAt(fromStep)[bandKey(one.key)] = [low, max];
      rowAt(toStep)[bandKey(one.key)] = [low, max];
    }
  }
  return [...rows.entries()].sort(([a], [b]) => a - b).map(([step, values]) => ({ ...values, step }));
}

/** What the CSV export of a chart holds: a column a series, a line a step. */
export function chartCsv(series: readonly ChartSeries[]): string {
  const quoted = (text: string): string => (/[",\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const head = ['step', ...series.map((one) => quoted(one.label))].join(',');
  const lines = chartRows(
    series.map(({ buckets: _buckets, ...one }) => one),
    false,
  ).map((row) => [row.step, ...series.map((one) => row[one.key] ?? '')].map(String).join(','));
  return `${[head, ...lines].join('\n')}\n`;
}
