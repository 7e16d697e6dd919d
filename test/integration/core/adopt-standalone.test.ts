import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { importSampleRows, ROOT, TEST_PYTHON, TestStudio } from './core-harness.ts';

describe('a run made by the engine alone', () => {
  const studio = new TestStudio();
  afterAll(() => studio.dispose());

  it('is adopted with its curve, its checkpoints and its adapter', async () => {
    const client = await studio.client();
    const datasetId = await importSampleRows(client);
    const { path: dataset } = await client.call('datasets.show', { dataset: datasetId });

    const elsewhere = path.join(studio.home, 'cluster');
    mkdirSync(elsewhere);
    const recipe = path.join(elsewhere, 'recipe.json');
    writeFileSync(
      recipe,
      JSON.stringify({
        name: 'cluster run',
        model: path.join(ROOT, 'resources/tiny-model'),
        dataset,
        maxSteps: 3,
        cutoffLength: 128,
        batch: { microBatch: 1, gradientAccumulation: 1 },
        lora: { rank: 2 },
        evaluation: { everySteps: 0, maxRows: 2 },
        hardware: { device: 'cpu', cpuThreads: 1 },
      }),
    );
    execFileSync(
      TEST_PYTHON,
      ['-X', 'utf8', '-m', 'legal_eagle', 'train', recipe, '--runs', path.join(elsewhere, 'runs'), '--json'],
      {
        env: { ...process.env, PYTHONPATH: path.join(ROOT, 'python-runtime') },
        cwd: elsewhere,
        stdio: 'pipe',
      },
    );
    const [folder] = readdirSync(path.join(elsewhere, 'runs')).filter((name) => !name.startsWith('.'));
    const adopted = await client.call('runs.adopt', { path: path.join(elsewhere, 'runs', folder ?? '') });
    expect(adopted).toMatchObject({ state: 'done', origin: 'adopted', name: 'cluster run', step: 3 });

    const detail = await client.call('runs.show', { run: adopted.id });
    expect(detail.adapterPath).toContain(path.join(studio.home, 'runs', adopted.id));
    expect(detail.checkpoints.at(-1)?.step).toBe(3);
    const { series } = await client.call('metrics.query', { run: adopted.id, keys: ['loss'] });
    expect(series[0]?.points.length).toBe(3);
  });
});
