import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { createGpuProbe } from '../../../electron/core/gpu/gpu-probe.ts';
import { variantForMachine } from '../../../electron/core/runtime/variant-for-machine.ts';
import type { RunCommand } from '../../../electron/core/run-command.ts';
import { gpuReportSchema, type GpuReport } from '../../../electron/shared/contract/methods/gpu.ts';
import type { VariantChoice } from '../../../electron/shared/domain/runtime-variant.ts';

type Machine = Readonly<{
  about: string;
  system: 'linux' | 'windows';
  architecture: string;
  answers: readonly Readonly<{ exitCode: number; stdout: string; stderr: string }>[];
  expected: Readonly<{ variant?: string; code?: string; cards: number }>;
}>;

const FOLDER = path.resolve(import.meta.dirname, '../../fixtures/nvidia-smi');
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));

const machineOf = (name: string): Machine =>
  JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8')) as Machine;

const look = async (machine: Machine): Promise<Readonly<{ report: GpuReport; choice: VariantChoice }>> => {
  const answers = [...machine.answers];
  const run: RunCommand = () => {
    const answer = answers.shift();
    if (answer === undefined) throw new Error('asked more often than the machine answers');
    const { exitCode, stdout, stderr } = answer;
    return Promise.resolve({ exitCode, stdout, stderrTail: stderr, startError: undefined, timedOut: false });
  };
  const platform = machine.system === 'windows' ? 'win32' : 'linux';
  const report = await createGpuProbe({ run, platform, env: {}, nowMs: () => 0 }).list();
  return { report, choice: variantForMachine({ platform, architecture: machine.architecture }, report) };
};

describe('a recorded machine', () => {
  it.each(NAMES)('%s gives its cards, its build and a sentence', async (name) => {
    const machine = machineOf(name);
    const { report, choice } = await look(machine);
    expect(gpuReportSchema.parse(report)).toEqual(report);
    expect(report.cards.length).toBe(machine.expected.cards);
    expect(report.cards.map((card) => card.index)).toEqual(report.cards.map((_, at) => at));
    const { variant, code } = machine.expected;
    expect(choice).toMatchObject(
      variant === undefined ? { kind: 'refused', code } : { kind: 'variant', variant },
    );
    for (const sentence of [choice.reason.en, choice.reason.zh]) {
      expect(sentence.length).toBeGreaterThan(10);
      // A placeholder that no param fills would show as {name}.
      expect(sentence).not.toMatch(/[{}]|undefined|NaN/u);
    }
    expect(choice.reason.zh).toMatch(/[一-鿿]/u);
  });
});

describe('what a card reports', () => {
  it('keeps units: mebibytes become bytes, per cent become a share', async () => {
    const { report } = await look(machineOf('rtx-4090-four'));
    expect(report.driverVersion).toBe('590.44.01');
    expect(report.cards[3]).toMatchObject({
      index: 3,
      name: 'NVIDIA GeForce RTX 4090',
      computeCapability: '8.9',
      memoryTotalBytes: 24564 * 2 ** 20,
      memoryUsedBytes: 18021 * 2 ** 20,
      utilisation: 0.98,
      temperatureCelsius: 67,
      powerWatts: 412.08,
      displayActive: false,
    });
  });

  it('leaves out what is missing (a missing value shown as 0 would look like an idle, cold card)', async () => {
    const { report } = await look(machineOf('values-missing'));
    expect(Object.keys(report.cards[0] ?? {}).sort()).toEqual([
      'computeCapability',
      'index',
      'memoryTotalBytes',
      'name',
      'uuid',
    ]);
  });

  it('tells a card that is cut into instances, and one that drives a screen', async () => {
    expect((await look(machineOf('a100-mig'))).report.cards[0]).toMatchObject({ mig: true });
    expect((await look(machineOf('rtx-3090'))).report.cards[0]).toMatchObject({ displayActive: true });
  });

  it('offers each build with the cards that it would serve where none serves all', async () => {
    const { choice } = await look(machineOf('gtx-1080-ti-and-rtx-5090'));
    expect(choice).toMatchObject({
      parts: [
        { variant: 'cu130', cards: ['NVIDIA GeForce RTX 5090'] },
        { variant: 'cu126', cards: ['NVIDIA GeForce GTX 1080 Ti'] },
      ],
    });
  });
});
