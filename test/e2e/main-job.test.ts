import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { repositoryRoot, sharedFolder, studioCli, type CliResult } from '../helpers/studio-cli.ts';

const python = process.env['LEGAL_EAGLE_TEST_PYTHON'] ?? 'python3';
const tinyModel = path.join(repositoryRoot, 'resources', 'tiny-model');
const disc = path.join(sharedFolder, 'data', 'disc-law-sft');

type Run = Readonly<{
  id: string;
  state: string;
  step: number;
  steps: number;
  adapterPath: string;
  checkpoints: { step: number }[];
}>;

let home: string;
let recipe: string;
const cli = (
  args: readonly string[],
  more: Partial<Parameters<typeof studioCli>[1]> = {},
): Promise<CliResult> => studioCli([...args, '--json'], { home, ...more });

const ok = (result: CliResult): CliResult => {
  if (result.exitCode !== 0) throw new Error(`exit ${String(result.exitCode)}\n${result.stderr}`);
  return result;
};

beforeAll(() => {
  if (!existsSync(disc) && process.env['CI'] === 'true') throw new Error('shared data is missing');
  home = mkdtempSync(path.join(tmpdir(), 'le-main-job-'));
  recipe = path.join(home, 'recipe.yaml');
  writeFileSync(
    recipe,
    [
      'name: real rows',
      `model: ${tinyModel}`,
      'dataset: disc',
      'cutoffLength: 192',
      'maxSteps: 40',
      'epochs: 4',
      'batch: {microBatch: 4, gradientAccumulation: 1}',
      'optimizer: {learningRate: 0.002}',
      'lora: {rank: 8, alpha: 16, dropout: 0.05}',
      'evaluation: {everySteps: 20, maxRows: 8}',
      'checkpoints: {everySteps: 10}',
    ].join('\n'),
  );
});
afterAll(async () => {
  // A test that failed half-way leaves a runner that would train on by itself.
  const listed = (await cli(['runs', 'list'])).value as { items: Run[] } | undefined;
  for (const run of listed?.items ?? []) {
    if (['starting', 'running', 'stopping'].includes(run.state))
      await cli(['runs', 'stop', run.id, '--deadline', '1']);
  }
  rmSync(home, { recursive: true, force: true });
});

// A checkout without the shared data cannot run this; CI fails above instead.
describe.runIf(existsSync(disc))('real rows, from the command line', () => {
  let runId: string;
  let stoppedAt: number;
  let modelId: string;

  it('imports pair and triplet files together, with the references in the prompt', async () => {
    const files = ['pair.jsonl', 'triplet.jsonl'].map((file) => path.join(disc, file));
    const imported = ok(
      await cli([
        'dataset',
        'import',
        ...files,
        '--name',
        'disc',
        '--reference',
        'reference',
        '--reference-placement',
        'before',
        '--accept',
        'usable',
      ]),
    );
    const { dataset } = imported.value as {
      dataset: { counts: { rows: number; train: number; eval: number; excluded: number } };
    };
    const { rows, train, eval: evaluation, excluded } = dataset.counts;
    expect(rows).toBe(train + evaluation + excluded);
    expect(rows).toBeGreaterThan(600);
    const shown = ok(await cli(['dataset', 'show', 'disc', '--search', '参考资料', '--rows', '1']));
    const [row] = (shown.value as { rows: { items: { messages: { content: string }[] }[] } }).rows.items;
    expect(row?.messages[0]?.content).toContain('参考资料');
  });

  it('stops and saves on Ctrl-C (nothing but the steps since the last checkpoint may be lost)', async () => {
    let interrupted = false;
    const result = await cli(['train', recipe], {
      onOutput: ({ stdout }, child) => {
        if (!interrupted && stdout.includes('"type":"step"')) {
          interrupted = true;
          child.kill('SIGINT');
        }
      },
    });
    const run = result.value as Run;
    expect(result.exitCode).toBe(10);
    expect(run.state).toBe('stopped');
    runId = run.id;
    stoppedAt = run.step;
    const shown = ok(await cli(['runs', 'show', runId])).value as Run;
    expect(shown.checkpoints.map((one) => one.step)).toContain(stoppedAt);
  });

  it('streams one JSON object a line while it trains', async () => {
    const result = ok(await cli(['runs', 'resume', runId]));
    const lines = result.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type?: string });
    expect(lines.some((line) => line.type === 'step')).toBe(true);
    expect((result.value as Run).state).toBe('done');
  });

  it('goes on where it stopped, without a gap or a double step', async () => {
    const shown = ok(await cli(['runs', 'show', runId])).value as Run & {
      attemptList: { startStep: number }[];
    };
    expect(shown.step).toBe(40);
    expect(shown.attemptList.at(-1)?.startStep).toBe(stoppedAt);
    const out = path.join(home, 'exported');
    ok(await cli(['runs', 'export', runId, out]));
    const csv = execFileSync('sh', ['-c', `cat ${out}/*.csv`], { encoding: 'utf8' });
    expect(csv).toContain('loss');
  });

  it('writes an adapter that PEFT loads', async () => {
    const shown = ok(await cli(['runs', 'show', runId])).value as Run;
    const script = [
      'import sys, json; from peft import PeftConfig; from safetensors.torch import load_file',
      'c = PeftConfig.from_pretrained(sys.argv[1]); w = load_file(sys.argv[1] + "/adapter_model.safetensors")',
      'assert all(k.startswith("base_model.model.") for k in w), list(w)[:3]',
      'print(json.dumps({"type": str(c.peft_type.value), "r": c.r, "n": len(w)}))',
    ].join('\n');
    const env = { ...process.env, HF_HUB_OFFLINE: '1' };
    const loaded = JSON.parse(
      execFileSync(python, ['-c', script, shown.adapterPath], { encoding: 'utf8', env }),
    ) as { type: string; r: number; n: number };
    expect(loaded).toMatchObject({ type: 'LORA', r: 8 });
    expect(loaded.n).toBeGreaterThan(0);
  });

  it('merges in the base type with a parity check', async () => {
    const merged = ok(await cli(['merge', runId])).value as { model: { id: string; state: string } };
    expect(merged.model.state).toBe('ready');
    modelId = merged.model.id;
  });

  it('answers as a stream', async () => {
    const pieces: string[] = [];
    const result = ok(
      await cli(
        [
          'chat',
          '--model',
          modelId,
          '--prompt',
          '什么是抢夺罪？',
          // Nearly even odds: an answer of hundreds of tokens, so that its pieces are no matter of luck.
          '--temperature',
          '5',
          '--top-p',
          '1',
          '--seed',
          '1',
          '--max-new-tokens',
          '600',
        ],
        {
          onOutput: ({ stderr }) => pieces.push(stderr),
        },
      ),
    );
    const answer = result.value as { text: string; answerTokens: number };
    expect(answer.text.length).toBeGreaterThan(0);
    // The answer came in pieces, not as one text at the end.
    expect(answer.answerTokens).toBeGreaterThan(100);
    expect(new Set(pieces).size).toBeGreaterThan(2);
  });

  it('answers with the adapter beside the base', async () => {
    const ask = ['--prompt', '什么是抢夺罪？', '--temperature', '0', '--max-new-tokens', '24'];
    const adapter = ok(await cli(['chat', '--run', runId, ...ask])).value as { text: string };
    const base = ok(await cli(['chat', '--run', runId, '--target', 'base', ...ask])).value as {
      text: string;
    };
    expect(adapter.text).not.toBe(base.text);
  });

  it('survives a killed trainer: the run is interrupted and resumes', async () => {
    let killed = false;
    const result = await cli(
      ['train', recipe, '--set', 'name=killed', '--set', 'maxSteps=12', '--set', 'checkpoints.everySteps=2'],
      {
        onOutput: ({ stdout }) => {
          const pid = /"type":"started","data":\{"pid":(\d+)/u.exec(stdout)?.[1];
          if (!killed && pid !== undefined && stdout.includes('"type":"checkpoint"')) {
            killed = true;
            process.kill(Number(pid), 'SIGKILL');
          }
        },
      },
    );
    expect(result.exitCode).toBe(1);
    const { error } = result.value as { error: { code: string; action: string; params: { runId: string } } };
    expect(error.action).not.toBe('');
    const resumed = ok(await cli(['runs', 'resume', error.params.runId]));
    expect((resumed.value as Run).state).toBe('done');
  });
});
