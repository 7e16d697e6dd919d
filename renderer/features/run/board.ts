import type { SampleView } from '../../../electron/shared/contract/methods/runs.ts';

export type Board = Readonly<{
  /** In the order of the recipe, then those that only answers name. */
  prompts: readonly string[];
  /** Ascending; 0 is the base model before its first step. */
  steps: readonly number[];
  answer: (prompt: string, step: number) => SampleView | undefined;
}>;

export function boardOf(samples: readonly SampleView[], prompts: readonly string[]): Board {
  const cells = new Map(samples.map((sample) => [cellKey(sample.prompt, sample.step), sample]));
  return {
    prompts: [...new Set([...prompts, ...samples.map((sample) => sample.prompt)])],
    steps: [...new Set(samples.map((sample) => sample.step))].sort((left, right) => left - right),
    answer: (prompt, step) => cells.get(cellKey(prompt, step)),
  };
}

function cellKey(prompt: string, step: number): string {
  return `${String(step)} ${prompt}`;
}
