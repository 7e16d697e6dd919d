import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { studioCli } from '../helpers/studio-cli.ts';

const COMMAND = `CUDA_VISIBLE_DEVICES=0 python src/train_bash.py \\
  --stage sft --model_name_or_path internlm/internlm2-chat-7b --dataset disc_law --finetuning_type lora \\
  --lora_target wqkv --output_dir out --learning_rate 5e-5 --max_samples 1000 --no_such_thing 3
`;

/** The program as a person calls it. */
describe('recipe import', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'le-recipe-'));
  const home = path.join(dir, 'home');
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  // Bug caught: the tool's own defaults are lost on the way, or what cannot be carried is dropped in silence.
  it('writes a recipe that train takes, says what it left out, and writes over nothing', async () => {
    const from = path.join(dir, 'train.sh');
    const out = path.join(dir, 'recipe.yaml');
    writeFileSync(from, COMMAND);
    const made = await studioCli(['recipe', 'import', from, '--out', out, '--model', '模型', '--json'], {
      home,
    });
    expect(made.exitCode).toBe(0);
    const recipe = parse(readFileSync(out, 'utf8')) as Record<string, unknown>;
    expect(recipe).toMatchObject({
      version: 1,
      model: '模型',
      dataset: 'disc_law',
      optimizer: { learningRate: 5e-5 },
      // Nobody wrote it; that tool takes three.
      epochs: 3,
    });
    expect(made.value).toMatchObject({
      tool: 'llamaFactory',
      recipe,
      notCarried: [{ name: 'max_samples', value: '1000' }],
      unknown: [{ name: 'no_such_thing', value: '3' }],
    });
    expect(made.stderr).toContain('max_samples=1000');
    const lines = await studioCli(['train', out, '--hosts', 'a,b', '--json'], { home });
    expect(lines.exitCode).toBe(0);
    const again = await studioCli(['recipe', 'import', from, '--out', out, '--json'], { home });
    expect(again.exitCode).not.toBe(0);
    expect(again.value).toMatchObject({ error: { code: 'cli.file_exists' } });
  });

  it('refuses what holds no setting, and a file that is not there, by their codes', async () => {
    const from = path.join(dir, 'letter.txt');
    writeFileSync(from, '尊敬的审判长：');
    const nothing = await studioCli(['recipe', 'import', from, '--json'], { home });
    expect(nothing.value).toMatchObject({ error: { code: 'recipe.import_nothing' } });
    const gone = await studioCli(['recipe', 'import', path.join(dir, 'gone'), '--json'], { home });
    expect(gone.value).toMatchObject({ error: { code: 'cli.file_unreadable' } });
    expect([nothing.exitCode, gone.exitCode]).not.toContain(0);
  });

  it('the recipes that come with the studio are listed with their files', async () => {
    const { value } = await studioCli(['recipe', 'list', '--json'], { home });
    const { items } = value as { items: readonly { id: string; file: string }[] };
    expect(items.map(({ id }) => id)).toContain('internlm2-chat-7b-disc-law');
    for (const { file } of items) expect(readFileSync(file, 'utf8')).toContain('model:');
  });
});
