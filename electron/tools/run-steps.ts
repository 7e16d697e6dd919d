import { spawn } from 'node:child_process';

import { repositoryRoot } from './dev-environment.ts';

export type Step = Readonly<{ name: string; command: string; args: readonly string[] }>;
export type StepResult = Readonly<{ name: string; exitCode: number; output: string; seconds: number }>;

export const nodeModule = (file: string): readonly string[] => [`node_modules/${file}`];

/** Runs one step in the repository's root; its output is collected, and also shown live with `live`. */
export const runStep = (
  step: Step,
  env: Readonly<Record<string, string | undefined>>,
  live: boolean,
): Promise<StepResult> =>
  new Promise((resolve) => {
    const startedAt = performance.now();
    const child = spawn(step.command, step.args, {
      cwd: repositoryRoot,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        output += text;
        if (live) process.stderr.write(text);
      });
    }
    const finish = (exitCode: number): void =>
      resolve({ name: step.name, exitCode, output, seconds: (performance.now() - startedAt) / 1000 });
    child.on('error', (error) => {
      output += `${error.message}\n`;
      finish(127);
    });
    child.on('close', (code) => finish(code ?? 1));
  });

/** Runs steps side by side, at most `width` at once, and returns their results in the order given. */
export const runSteps = async (
  steps: readonly Step[],
  width: number,
  env: Readonly<Record<string, string | undefined>>,
  onDone: (result: StepResult) => void,
): Promise<readonly StepResult[]> => {
  const results: StepResult[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < steps.length; index = next++) {
      const step = steps[index];
      if (step === undefined) return;
      const result = await runStep(step, env, false);
      results[index] = result;
      onDone(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, steps.length) }, worker));
  return results;
};
