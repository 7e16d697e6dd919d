import type { SampleView } from '../../../electron/shared/contract/methods/runs.ts';

export type Board = Readonly<{
  /** In the order of the recipe, then those that only answers name. */
  prompts: readonly string[];
  /** Whether the base model was asked before the first step. */
  hasBase: boolean;
  /** Steps at which it was asked, without the base; ascending. */
  steps: readonly number[];
  answer: (prompt: string, step: number) => SampleView | undefined;
}>;

/** Steps side by side: what a person scrolls through, and what a browser draws at once. */
export const COLUMNS = 12;

export function boardOf(samples: readonly SampleView[], prompts: readonly string[]): Board {
  const cells = new Map(samples.map((sample) => [cellKey(sample.prompt, sample.step), sample]));
  const steps = [...new Set(samples.map((sample) => sample.step))].sort((left, right) => left - right);
  return {
    prompts: [...new Set([...prompts, ...samples.map((sample) => sample.prompt)])],
    hasBase: steps[0] === 0,
    steps: steps.filter((step) => step > 0),
    answer: (prompt, step) => cells.get(cellKey(prompt, step)),
  };
}

/** The stretch of steps that ends `back` stretches before the newest one. */
export function columnsOf(
  steps: readonly number[],
  back: number,
): Readonly<{ shown: readonly number[]; hasEarlier: boolean; hasLater: boolean }> {
  const to = Math.max(Math.min(COLUMNS, steps.length), steps.length - back * COLUMNS);
  const from = Math.max(0, to - COLUMNS);
  return { shown: steps.slice(from, to), hasEarlier: from > 0, hasLater: to < steps.length };
}

function cellKey(prompt: string, step: number): string {
  return `${String(step)} ${prompt}`;
}
