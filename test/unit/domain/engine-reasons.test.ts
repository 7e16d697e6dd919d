import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { engineReason } from '../../../electron/shared/domain/engine-reasons.ts';

const SOURCES = new URL('../../../python-runtime/legal_eagle/', import.meta.url);
/** Where the engine writes a reason as one literal. */
const WRITTEN = [
  /reasons\.append\(\s*f?"((?:[^"\\]|\\.)+)"/gu,
  /\b(?:on_reason|\.reason)\(f?"((?:[^"\\]|\\.)+)"/gu,
  /\breport\.reason\(f?"((?:[^"\\]|\\.)+)"/gu,
  /\bwhy = "(recompute [^"]+)"/gu,
  /\breturn f?"(quantization [^"]+)"/gu,
  /\breason = f?"((?:none|all) [^"]+|none: [^"]+)"/gu,
];

/** A line as the engine would write it, with something in each place. */
const filled = (template: string): string =>
  template
    .replaceAll('{shared}', ', shared by 4 processes')
    .replaceAll(/\{'on'[^}]*\}/gu, 'on')
    .replaceAll(/\{[^}]+\}/gu, '7');

const written = ['engine', 'engine/distributed', 'compat'].flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, SOURCES))
    .filter((name) => name.endsWith('.py'))
    .flatMap((name) => {
      const text = readFileSync(new URL(`${folder}/${name}`, SOURCES), 'utf8');
      const lines = WRITTEN.flatMap((pattern) =>
        [...text.matchAll(pattern)].map(([, line = '']) => filled(line)),
      );
      // Of a reason that is put together from parts, the examples below stand for it.
      return lines.filter((line) => line !== 'attention 7: 7');
    }),
);

describe('the engine’s reasons in Chinese', () => {
  // Bug caught: a reason that is added to the engine or written anew stands in English on a Chinese page.
  it('every line of the engine has one', () => {
    expect(written.length).toBeGreaterThan(25);
    const lines = written.map((line) => (/^(?:none|all)[ :]/u.test(line) ? `recompute ${line}` : line));
    expect(lines.filter((line) => engineReason(line, 'zh') === line)).toEqual([]);
  });

  it.each([
    'recompute 10 of 32 layers kept, 22 computed again: a pass takes 9.10 GB of 10.00 GB, keeping all would take 20.00 GB; measured 60.5 KiB a token and kept layer',
    'recompute none: keeping every layer takes 9.10 GB of 10.00 GB; measured 60.5 KiB a token and kept layer',
    'links gloo: 1 MiB between each pair of 2 ranks came back right; a sum of 16 MiB takes 3.1 ms',
    'NCCL_P2P_DISABLE=1: bytes copied directly between GPUs came back wrong (0→1)',
    'engine compat: the recipe asks for it',
    'engine compat: full fine-tuning needs the gradient of every parameter',
    'engine compat: the fast engine does not compute GemmaForCausalLM',
    'attention per-document: no padding at all',
  ])('%s', (line) => {
    const chinese = engineReason(line, 'zh');
    expect(chinese).toMatch(/\p{Script=Han}/u);
    expect(chinese).not.toMatch(/\$\d/u);
    // No figure is lost on the way.
    const figures = (text: string): readonly string[] => (text.match(/\d+(?:\.\d+)?/gu) ?? []).toSorted();
    expect(figures(chinese)).toEqual(figures(line));
    expect(engineReason(line, 'en')).toBe(line);
  });

  it('a line of a newer runtime stays as it is', () => {
    expect(engineReason('attention quantum: it is faster', 'zh')).toBe('attention quantum: it is faster');
  });
});
