import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { figuresOf, type Figures } from '../perf/measurement.ts';
import { callFromPage } from './shell-calls.ts';
import { processes } from './shell-processes.ts';
import { shell, ShellBench, type OpenStudio } from './studio-shell.ts';

/** After this an app that nobody touches has finished what it does at its start. */
const REST_MS = 5000;
const POLL_MS = 20;
const PATIENCE_MS = 120_000;
const STEPS = 100_000;
const STEPS_ON_HOME = /([\d,]+) \/ 100,000/u;

const say = (words: string): void => void process.stderr.write(`${words}\n`);

async function until(holds: () => Promise<boolean>): Promise<void> {
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > giveUpAtMs) throw new Error('it did not come to pass');
    await delay(POLL_MS);
  }
}

/** Proportional set size of the app's processes, the core's among them, in bytes; a trainer is none of them. */
function memoryBytes(folder: string): Readonly<Record<'processes' | 'pssBytes', number>> {
  const own = processes().filter(({ executable }) => executable.startsWith(path.join(folder, 'electron')));
  const pssBytes = own.reduce((sum, { pid }) => {
    const text = readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8');
    return sum + Number(/^Pss:\s+(\d+) kB$/mu.exec(text)?.[1] ?? 0) * 1024;
  }, 0);
  return { processes: own.length, pssBytes };
}

/** The step of the live run as Home shows it; undefined where it does not. */
async function shownStep({ page }: OpenStudio): Promise<number | undefined> {
  const text = await page.evaluate(() => document.body.innerText);
  const match = STEPS_ON_HOME.exec(text)?.[1];
  return match === undefined ? undefined : Number(match.replaceAll(',', ''));
}

/** A run that is still going when everything is measured. */
async function startRun({ page }: OpenStudio): Promise<string> {
  const { rowsPath, modelPath } = await callFromPage(page, 'app.samples', {});
  const { datasetId } = await callFromPage(page, 'datasets.import', {
    sources: [rowsPath],
    evalFraction: 0.1,
  });
  await until(
    async () => (await callFromPage(page, 'datasets.show', { dataset: datasetId })).state === 'ready',
  );
  const { runId } = await callFromPage(page, 'runs.start', {
    recipe: {
      name: 'bench:desktop',
      model: modelPath,
      dataset: datasetId,
      cutoffLength: 128,
      epochs: 1000,
      maxSteps: STEPS,
      batch: { microBatch: 1, gradientAccumulation: 1 },
      hardware: { cpuThreads: 1 },
    },
  });
  await until(async () => (await callFromPage(page, 'runs.show', { run: runId })).step > 3);
  return runId;
}

export type DesktopFigures = Readonly<{
  shell: string;
  cpus: number;
  loadAverage: number | undefined;
  rounds: number;
  coldStartMs: Figures;
  reattachMs: Figures;
  memoryAtRest: ReturnType<typeof memoryBytes>;
}>;

/** Starts the real app again and again and takes its times. Throws where there is no Electron. */
export async function measureDesktop(rounds: number): Promise<DesktopFigures> {
  if (shell === undefined) throw new Error('no Electron: set LEGAL_EAGLE_ELECTRON');
  const bench = new ShellBench();
  const coldMs: number[] = [];
  const reattachMs: number[] = [];
  let memoryAtRest = { processes: 0, pssBytes: 0 };
  try {
    say('laying out the app');
    await bench.prepare();
    // The first start of all makes the data folder; it is not what a person waits for each day.
    await (await bench.open()).quit();
    for (let round = 0; round < rounds; round += 1) {
      say(`start ${String(round + 1)} of ${String(rounds)}`);
      const startedAtMs = performance.now();
      const studio = await bench.open({ untouched: true });
      // Usable: Home stands with facts from the core.
      await studio.page.getByText(bench.home).waitFor();
      coldMs.push(performance.now() - startedAtMs);
      if (round === 0) {
        await delay(REST_MS);
        memoryAtRest = memoryBytes(bench.folder);
      }
      await studio.quit();
    }
    say('a run for re-attaching');
    let studio = await bench.open();
    const run = await startRun(studio);
    let { step } = await callFromPage(studio.page, 'runs.show', { run });
    for (let round = 0; round < rounds; round += 1) {
      say(`re-attach ${String(round + 1)} of ${String(rounds)}`);
      await studio.quit();
      // Steps are made while nobody looks.
      await delay(1000);
      const startedAtMs = performance.now();
      studio = await bench.open({ untouched: true });
      const before = step;
      await until(async () => {
        step = (await shownStep(studio)) ?? before;
        return step > before;
      });
      reattachMs.push(performance.now() - startedAtMs);
    }
    await studio.quit();
    studio = await bench.open();
    await callFromPage(studio.page, 'runs.stop', { run, deadlineMs: 0 });
  } finally {
    await bench.dispose();
  }
  return {
    shell: shell.kind,
    cpus: cpus().length,
    loadAverage: loadavg()[0],
    rounds,
    coldStartMs: figuresOf(coldMs),
    reattachMs: figuresOf(reattachMs),
    memoryAtRest,
  };
}
