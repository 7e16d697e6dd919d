import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { repositoryRoot, studioCli, type CliResult } from '../helpers/studio-cli.ts';

type Failure = Readonly<{
  error: Readonly<{ code: string; message: string; cause: string; action: string }>;
}>;

let home: string;
let folder: string;

const cli = (
  args: readonly string[],
  more: Partial<Parameters<typeof studioCli>[1]> = {},
): Promise<CliResult> => studioCli([...args, '--json'], { home, ...more });

/** A failed command: non-zero, and its last line says what, why and what to do. */
const failure = (result: CliResult): Failure['error'] => {
  expect(result.exitCode, result.stdout).not.toBe(0);
  const { error } = result.value as Failure;
  for (const text of [error.message, error.cause, error.action]) {
    expect(text).not.toBe('');
    // A placeholder that stayed would reach the person as {name}.
    expect(text).not.toMatch(/\{[a-z][A-Za-z]*\}/u);
  }
  return error;
};

const file = (name: string, text: string | Uint8Array): string => {
  const target = path.join(folder, name);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, text);
  return target;
};

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'le-bad-input-'));
  folder = path.join(home, 'files');
  mkdirSync(folder);
  const rows = Array.from({ length: 40 }, (_, index) =>
    JSON.stringify({
      instruction: `第${String(index)}个问题是什么？`,
      input: '',
      output: `这是第${String(index)}个回答。`,
    }),
  );
  const imported = await cli(['dataset', 'import', file('good.jsonl', rows.join('\n')), '--name', 'good']);
  expect(imported.exitCode, imported.stderr).toBe(0);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('a command', () => {
  it('that does not exist is answered with those that do', async () => {
    expect(failure(await cli(['dataset', 'imprt'])).code).toBe('cli.unknown_verb');
  });

  it('with an unknown option, a missing argument or a wrong number names it', async () => {
    expect(failure(await cli(['runs', 'list', '--serach', 'x'])).message).toContain('--serach');
    expect(failure(await cli(['dataset', 'import'])).message).toContain('PATH');
    expect(failure(await cli(['dataset', 'import', folder, '--seed', 'four'])).message).toContain('four');
  });

  it('speaks Chinese where the person does', async () => {
    const result = await cli(['merge', 'nothing-like-it'], { env: { LEGAL_EAGLE_LANGUAGE: 'zh' } });
    expect(failure(result).message).toMatch(/\p{Script=Han}/u);
  });
});

describe('data that is', () => {
  it.each([
    ['empty', '', 'data.empty_file'],
    ['without any question', '{"a":1}\n{"a":2}\n', undefined],
    [
      'half valid',
      '{"instruction":"甲","output":"乙"}\n{"instruction":"丙","output":',
      'data.import_needs_consent',
    ],
  ])('%s imports nothing and says why', async (name, text, code) => {
    const result = await cli([
      'dataset',
      'import',
      file(`${name.replaceAll(' ', '-')}.jsonl`, text),
      '--name',
      name,
    ]);
    const error = failure(result);
    if (code !== undefined) expect(error.code).toBe(code);
    const listed = (await cli(['dataset', 'list', '--search', name])).value as { items: { state: string }[] };
    expect(listed.items.every((one) => one.state !== 'ready')).toBe(true);
  });

  it('half valid is imported when the person says so', async () => {
    const half = file('usable.jsonl', '{"instruction":"甲","output":"乙"}\n{"instruction":"丙","output":\n');
    const result = await cli(['dataset', 'import', half, '--accept', 'usable', '--name', 'usable']);
    expect(result.exitCode, result.stderr).toBe(0);
  });

  it('not there is named', async () => {
    expect(failure(await cli(['dataset', 'import', path.join(folder, 'nowhere.jsonl')])).code).toBe(
      'dataset.source_missing',
    );
  });
});

describe('a recipe with', () => {
  const recipe = (extra: string): string =>
    file(
      'recipe.yaml',
      `model: ${path.join(repositoryRoot, 'resources/tiny-model')}\ndataset: good\n${extra}\n`,
    );

  it.each([
    ['an unknown key', 'lerning_rate: 1', 'lerning_rate'],
    ['a wrong type', 'epochs: two', 'epochs'],
    ['an impossible value', 'lora: {rank: 0}', 'lora.rank'],
  ])('%s names the field, the reason and the range', async (_name, extra, field) => {
    const error = failure(await cli(['train', recipe(extra)]));
    expect(error.code).toBe('recipe.invalid');
    expect(JSON.stringify(error)).toContain(field);
  });

  it('a dataset or a model that is not there names it', async () => {
    expect(failure(await cli(['train', recipe(''), '--set', 'dataset=none'])).code).toBe(
      'recipe.dataset_not_found',
    );
    expect(failure(await cli(['train', recipe(''), '--set', 'model=none'])).code).toBe(
      'recipe.model_not_found',
    );
  });

  it('no YAML in it is a file that cannot be read', async () => {
    expect(failure(await cli(['train', file('broken.yaml', 'a: [1,')])).code).toBe('cli.file_unreadable');
  });
});

describe('a model folder', () => {
  const config = JSON.stringify({ model_type: 'llama', architectures: ['LlamaForCausalLM'] });

  it('with pickled weights only is refused, and nothing of it is executed', async () => {
    const marker = path.join(folder, 'executed');
    // A pickle whose loading would create the marker file.
    file('pickle/pytorch_model.bin', `cposix\nsystem\n(S'touch ${marker}'\ntR.`);
    file('pickle/config.json', config);
    expect(failure(await cli(['model', 'add', path.join(folder, 'pickle')])).code).toBe('model.pickle_only');
    expect(existsSync(marker)).toBe(false);
  });

  it('without weights, or that is no model at all, is named', async () => {
    file('empty-model/config.json', config);
    expect(failure(await cli(['model', 'add', path.join(folder, 'empty-model')])).code).toBe(
      'model.no_weights',
    );
    expect(failure(await cli(['model', 'add', folder])).code).toMatch(/^model\./u);
  });
});

describe('a data folder', () => {
  it('in use by another studio is named with its owner; reading goes on', async () => {
    let held: CliResult | undefined;
    let read: CliResult | undefined;
    let asked = false;
    const recipe = file(
      'long.yaml',
      `model: ${path.join(repositoryRoot, 'resources/tiny-model')}\ndataset: good\nepochs: 500\nevaluation: {everySteps: 0}\n`,
    );
    const stopped = await cli(['train', recipe], {
      onOutput: ({ stdout }, child) => {
        if (asked || !stdout.includes('"type":"step"')) return;
        asked = true;
        void (async () => {
          held = await cli(['dataset', 'import', path.join(folder, 'good.jsonl')]);
          read = await cli(['runs', 'list']);
          child.kill('SIGINT');
        })();
      },
    });
    expect(stopped.exitCode).toBe(10);
    if (held === undefined || read === undefined) throw new Error('the run ended before it was asked');
    const error = failure(held);
    expect(error.code).toBe('core.data_folder_in_use');
    expect(error.message + error.cause).toContain('train');
    expect(read.exitCode).toBe(0);
    expect((read.value as { items: { state: string }[] }).items[0]?.state).toBe('running');
  });
});

describe('without a Python environment', () => {
  it('--no-install refuses instead of downloading', async () => {
    const env = { LEGAL_EAGLE_RUNTIME: path.join(home, 'no-runtime') };
    const result = await cli(['dataset', 'import', path.join(folder, 'good.jsonl'), '--no-install'], { env });
    expect(failure(result).code).toBe('runtime.not_installed');
  });

  it('and without a Python, the missing program is named', async () => {
    const env = {
      LEGAL_EAGLE_RUNTIME: path.join(home, 'no-runtime'),
      LEGAL_EAGLE_PYTHON: path.join(home, 'no-python'),
    };
    const result = await cli(['runtime', 'install'], { env });
    expect(failure(result).code).toBe('runtime.python_missing');
  });
});
