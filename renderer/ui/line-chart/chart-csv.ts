import type { ChartSeries } from './chart-series.ts';

/**
 * Curves as CSV: one line a step, one column a curve, an empty cell where a curve has no value at the step.
 * UTF-8 with a byte order mark, so that a spreadsheet reads Chinese headings; numbers have a decimal point.
 */
export function chartCsv(series: readonly Pick<ChartSeries, 'label' | 'points'>[]): string {
  const bySteps = new Map<number, Map<number, number>>();
  series.forEach(({ points }, column) => {
    for (const { step, value } of points) {
      const cells = bySteps.get(step) ?? new Map<number, number>();
      bySteps.set(step, cells);
      cells.set(column, value);
    }
  });
  const head = ['step', ...series.map((one) => quoted(one.label))].join(',');
  const lines = [...bySteps]
    .sort(([left], [right]) => left - right)
    .map(([step, cells]) => [step, ...series.map((_, column) => cells.get(column) ?? '')].join(','));
  return `\ufeff${[head, ...lines].join('\r\n')}\r\n`;
}

/** A heading that a spreadsheet neither splits nor takes for a formula. */
function quoted(text: string): string {
  const harmless = /^[=+\-@\t\r]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
