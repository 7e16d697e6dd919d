import { describe, expect, it } from 'vitest';

import { assessPreflight } from '../../../electron/shared/domain/preflight/assess-preflight.ts';
import {
  baseParameters,
  type DecoderShape,
} from '../../../electron/shared/domain/preflight/decoder-shape.ts';
import type { DeviceFacts } from '../../../electron/shared/domain/preflight/device-memory.ts';
import type { PreflightFacts } from '../../../electron/shared/domain/preflight/preflight-facts.ts';
import { lengthsFromCharacters } from '../../../electron/shared/domain/preflight/token-lengths.ts';
import { recipeSchema, type Recipe } from '../../../electron/shared/protocol/recipe.ts';

/** InternLM2-1.8B. */
const SHAPE: DecoderShape = {
  layout: 'internlm2',
  hiddenSize: 2048,
  layers: 24,
  heads: 16,
  kvHeads: 8,
  headDim: 128,
  intermediateSize: 8192,
  vocabSize: 92544,
  qkvBias: false,
  oBias: false,
  qkNorm: false,
  tiedEmbeddings: false,
};

const card = (gigabytes: number): DeviceFacts => ({
  device: 'cuda:0',
  kind: 'cuda',
  name: 'Test card',
  capacityBytes: gigabytes * 2 ** 30,
  availableBytes: gigabytes * 2 ** 30,
  hasBf16: true,
});

const recipe = (changes: Readonly<Record<string, unknown>> = {}): Recipe =>
  recipeSchema.parse({ model: 'base', dataset: 'law', method: 'full', ...changes });

const rows = Array.from({ length: 100 }, () => ({ characters: 600, answerCharacters: 200, messages: 2 }));

const facts = (changes: Partial<PreflightFacts> = {}): PreflightFacts => ({
  recipe: recipe(),
  shape: SHAPE,
  maxPositions: 32_768,
  trainRows: 9500,
  evalRows: 500,
  lengths: lengthsFromCharacters(rows, 0),
  device: card(80),
  freeDiskBytes: 1e12,
  ...changes,
});

describe('the preflight of full fine-tuning', () => {
  const parameters = baseParameters(SHAPE);

  it('counts 16 bytes a parameter before anything is computed', () => {
    const { memory, fits } = assessPreflight(facts());
    const [found] = memory;
    if (found === undefined) throw new Error('no memory');
    expect(fits).toBe(true);
    expect(found.weightsBytes).toBe(4 * parameters);
    expect(found.optimizerBytes).toBe(8 * parameters);
    expect(found.gradientBytes).toBe(4 * parameters);
    expect(found.adapterBytes).toBe(0);
    expect(found.peakBytes).toBeGreaterThan(16 * parameters);
    // All layers or none: on a card transformers recomputes them all.
    expect(found.recomputedLayers).toBe(SHAPE.layers);
  });

  it('is refused with numbers where it cannot fit, and an adapter is the way out', () => {
    const { problems, fits, forceable } = assessPreflight(facts({ device: card(24) }));
    expect(fits).toBe(false);
    // 16 bytes a parameter alone are more than the card has.
    expect(forceable).toBe(false);
    const [problem] = problems;
    expect(problem?.code).toBe('preflight.does_not_fit');
    expect(problem?.params).toMatchObject({ device: 'Test card' });
    const fix = problem?.fixes.at(-1);
    expect(fix?.settings).toEqual([{ field: 'method', value: 'lora' }]);
    expect(fix?.peakBytes).toBeLessThan(24 * 2 ** 30);
    const withLora = facts({ device: card(24), recipe: recipe({ method: 'lora' }) });
    expect(assessPreflight(withLora).fits).toBe(true);
  });

  it('counts weights and both moments in every checkpoint', () => {
    const changes = { checkpoints: { everySteps: 10, keepLast: 2, keepBest: true } };
    const { disk } = assessPreflight(facts({ recipe: recipe(changes) }));
    // Two kept, the best, and one more while it is written.
    expect(disk.checkpointBytes / (4 * 12 * parameters)).toBeCloseTo(1, 1);
    const { problems } = assessPreflight(facts({ recipe: recipe(changes), freeDiskBytes: 40 * parameters }));
    expect(problems.map(({ code }) => code)).toContain('preflight.disk_too_small');
  });

  it('does not ask for layers of an adapter that there is not', () => {
    const lora = { targets: ['nowhere'], whole: 'both', targetPattern: 'nothing' };
    expect(assessPreflight(facts({ recipe: recipe({ lora }) })).problems).toEqual([]);
    expect(assessPreflight(facts({ recipe: recipe({ method: 'lora', lora }) })).problems).not.toEqual([]);
  });

  it('counts the whole gradient between processes', () => {
    const hardware = { processes: 2, gpu: 'GPU-a,GPU-b' };
    const { warnings } = assessPreflight(facts({ recipe: recipe({ hardware }), companions: [card(80)] }));
    const note = warnings.find(({ code }) => code === 'preflight.network_per_step');
    expect(note?.params).toMatchObject({ gradientBytes: 4 * parameters });
  });
});
