import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { inspectModel } from '../../../electron/core/models/inspect-model.ts';
import { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { TEST_PYTHON } from '../../helpers/job-harness.ts';

const FOLDERS = process.env['LEGAL_EAGLE_TEST_DEPTH'] === 'long' ? 5000 : 300;
const SEED = 20_261;
const TIME_LIMIT_MS = FOLDERS * 2000 + 120_000;
const HELPER = path.resolve(import.meta.dirname, '../../helpers/fuzz_model_folders.py');
const PYTHON_RUNTIME = path.resolve(import.meta.dirname, '../../../python-runtime');

const verdictSchema = z.object({ folder: z.string(), code: z.string(), crash: z.string() });

let root: string;
let verdicts: readonly z.output<typeof verdictSchema>[];

/** Every damaged folder and Python's verdict on it; the working directory is the root, where a canary would lie. */
async function writeFolders(): Promise<readonly z.output<typeof verdictSchema>[]> {
  const child = spawn(TEST_PYTHON, ['-X', 'utf8', HELPER, root, String(FOLDERS), String(SEED)], {
    cwd: root,
    env: { ...process.env, PYTHONPATH: PYTHON_RUNTIME, OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the writer of folders ended with ${String(code)}: ${errors}`);
  return output
    .trim()
    .split('\n')
    .map((line) => verdictSchema.parse(JSON.parse(line)));
}

/** What the core says of a folder: `ok`, a code, or the text of what is no coded refusal. */
function coreVerdict(folder: string): string {
  try {
    inspectModel(path.join(root, folder));
    return 'ok';
  } catch (error) {
    return error instanceof StudioError ? error.code : `crash: ${String(error)}`;
  }
}

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'fuzzed 模型 '));
  verdicts = await writeFolders();
}, TIME_LIMIT_MS);

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe(`${String(FOLDERS)} damaged model folders`, () => {
  it('end in coded refusals in Python, and some are whole', () => {
    expect(verdicts).toHaveLength(FOLDERS);
    expect(verdicts.filter(({ crash }) => crash !== '').slice(0, 3)).toEqual([]);
    const codes = new Set(verdicts.map(({ code }) => code));
    // A fuzzer that reaches one refusal only proves little.
    for (const code of ['ok', 'model.config_invalid', 'model.index_path', 'model.shard_broken']) {
      expect(codes).toContain(code);
    }
  });

  it('are taken or refused alike by the core: what is added can be trained, what can be trained is added', () => {
    const differing = verdicts
      .map(({ folder, code }) => ({ folder, python: code, core: coreVerdict(folder) }))
      .filter(({ python, core }) => (python === 'ok') !== (core === 'ok') || core.startsWith('crash'));
    expect(differing.slice(0, 5)).toEqual([]);
  });

  it('execute nothing and write nothing beside themselves', () => {
    const expected = ['pattern-internlm2', 'pattern-llama', ...verdicts.map(({ folder }) => folder)];
    expect(readdirSync(root).sort()).toEqual(expected.sort());
    for (const folder of readdirSync(root)) {
      const strangers = readdirSync(path.join(root, folder)).filter((name) => /canary|secret/iu.test(name));
      expect(strangers).toEqual([]);
    }
  });
});
