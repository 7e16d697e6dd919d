import { describe, expect, it } from 'vitest';

import { assessPreflight } from '../../../electron/shared/domain/preflight/assess-preflight.ts';
import type { DecoderShape } from '../../../electron/shared/domain/preflight/decoder-shape.ts';
import type { PreflightFacts } from '../../../electron/shared/domain/preflight/preflight-facts.ts';
import type { PreflightNote } from '../../../electron/shared/domain/preflight/preflight-note.ts';
import { lengthsFromCharacters } from '../../../electron/shared/domain/preflight/token-lengths.ts';
import { recipeSchema } from '../../../electron/shared/protocol/recipe.ts';

const LLAMA: DecoderShape = {
  layout: 'llama',
  hiddenSize: 64,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  intermediateSize: 128,
  vocabSize: 1000,
  qkvBias: false,
  oBias: false,
  qkNorm: false,
  tiedEmbeddings: false,
};

const problemsOf = (
  shape: DecoderShape,
  changes: Readonly<Record<string, unknown>>,
): readonly PreflightNote[] => {
  const facts: PreflightFacts = {
    recipe: recipeSchema.parse({ model: 'base', dataset: 'law', ...changes }),
    shape,
    maxPositions: 4096,
    trainRows: 100,
    evalRows: 10,
    lengths: lengthsFromCharacters([{ characters: 300, answerCharacters: 100, messages: 2 }], 0),
    device: {
      device: 'cpu',
      kind: 'cpu',
      name: 'Test processor',
      capacityBytes: 2 ** 34,
      availableBytes: 2 ** 34,
      hasBf16: false,
    },
    freeDiskBytes: 2 ** 40,
  };
  return assessPreflight(facts).problems;
};

describe('a base whose modules have names of their own', () => {
  const linearNames = [0, 1].flatMap((layer) =>
    ['self_attn.qkv_proj', 'self_attn.o_proj', 'mlp.gate_up_proj', 'mlp.down_proj'].map(
      (name) => `model.layers.${layer}.${name}`,
    ),
  );
  const shape: DecoderShape = {
    ...LLAMA,
    isCompat: true,
    architecture: 'Phi3ForCausalLM',
    linearNames,
  };
  const codesOf = (of: DecoderShape, changes: Readonly<Record<string, unknown>>): readonly string[] =>
    problemsOf(of, changes).map(({ code }) => code);

  it.each([
    [{ lora: { targets: ['qkv_proj', 'down_proj'] } }, []],
    [{ lora: { targets: 'mlp', targetPattern: '.*[.]1[.].*' } }, []],
    [{ lora: { targets: ['q_proj'] } }, ['model.lora_target']],
    // A pattern that matches layers, but none of those that the targets leave.
    [{ lora: { targets: 'mlp', targetPattern: '.*qkv_proj' } }, ['model.lora_pattern_unmatched']],
    [{ lora: { targetPattern: 'layers[.]0[.].*' } }, ['model.lora_pattern_unmatched']],
    [{ hardware: { engine: 'fast' } }, ['model.unsupported_architecture']],
  ])('%j', (changes, expected) => {
    // Bug caught: a start that fails when the base is loaded, minutes later, or a refusal of what would run.
    expect(codesOf(shape, changes)).toEqual(expected);
  });

  it('says nothing of names that nobody read', () => {
    const unread = { ...shape, linearNames: [] };
    expect(codesOf(unread, { lora: { targets: ['q_proj'] } })).toEqual([]);
  });

  it('is not what transformers lacks a class for', () => {
    const lacking = { ...LLAMA, isFastOnly: true, architecture: 'InternLM3ForCausalLM' };
    const [problem] = problemsOf(lacking, { hardware: { engine: 'compat' } });
    expect(problem).toMatchObject({
      code: 'model.unsupported_architecture',
      params: { architecture: 'InternLM3ForCausalLM' },
      fixes: [{ settings: [{ field: 'hardware.engine', value: 'auto' }] }],
    });
  });
});
