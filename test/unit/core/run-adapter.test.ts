import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { RunRecord } from '../../../electron/core/db/repositories/run-repository.ts';
import { adapterOf, startingAdapter, tunedModelOf } from '../../../electron/core/runs/run-adapter.ts';

/** An adapter of the wrong run, or a half-written one, would be trained on without anybody noticing. */
describe('where a recipe starts from', () => {
  let root = '';

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'starting-adapter-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  const runIn = (state: RunRecord['state'], method: 'lora' | 'full' = 'lora'): RunRecord =>
    ({ id: '01RUN', name: 'first', state, dir: root, step: 40, recipe: { method } }) as RunRecord;
  const none = { matching: () => [], resumable: () => [] };
  const saveFinal = (): string => {
    const folder = path.join(root, 'adapter');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'adapter_model.safetensors'), 'x');
    return folder;
  };

  it("takes a finished run's final adapter", () => {
    const folder = saveFinal();
    expect(startingAdapter('first', { ...none, matching: () => [runIn('done')] })).toBe(folder);
  });

  it('takes the newest checkpoint of a run that goes on after its final adapter was written', () => {
    saveFinal();
    const checkpoint = { step: 30, path: path.join(root, 'checkpoints', 'step-00000030') };
    const runs = { matching: () => [runIn('stopped')], resumable: () => [checkpoint] };
    expect(startingAdapter('first', runs as unknown as Parameters<typeof startingAdapter>[1])).toBe(
      checkpoint.path,
    );
  });

  /** A whole model loaded as an adapter, or a model of an earlier course taken for what was trained last. */
  it('finds a model and no adapter in a run of full fine-tuning', () => {
    const folder = path.join(root, 'model');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'config.json'), '{}');
    const checkpoint = {
      step: 30,
      path: path.join(root, 'step-30'),
      savedAtMs: 1,
      bytes: 1,
      manifestSha256: '',
    };
    const [done, stopped] = [runIn('done', 'full'), runIn('stopped', 'full')];
    expect(tunedModelOf(done, [checkpoint], undefined)).toEqual({ path: folder, step: 40 });
    expect(tunedModelOf(done, [checkpoint], 30)).toEqual({ path: checkpoint.path, step: 30 });
    expect(tunedModelOf(stopped, [checkpoint], undefined)).toEqual({ path: checkpoint.path, step: 30 });
    expect(tunedModelOf(stopped, [], undefined)).toBeUndefined();
    expect(tunedModelOf(runIn('done'), [checkpoint], undefined)).toBeUndefined();
    expect(adapterOf(done, [checkpoint], undefined)).toBeUndefined();
    expect(() => startingAdapter('first', { ...none, matching: () => [done] })).toThrow(
      expect.objectContaining({ code: 'recipe.adapter_not_found' }),
    );
  });

  it('takes a folder that holds an adapter', () => {
    writeFileSync(path.join(root, 'adapter_config.json'), '{}');
    expect(startingAdapter(root, none)).toBe(root);
  });

  it.each(['ambiguous', 'absent', 'without an adapter'])('is refused where it is %s', (what) => {
    const matching = (): RunRecord[] =>
      what === 'ambiguous' ? [runIn('done'), runIn('done')] : what === 'absent' ? [] : [runIn('failed')];
    expect(() => startingAdapter('first', { ...none, matching })).toThrow(
      expect.objectContaining({ code: 'recipe.adapter_not_found' }),
    );
  });
});
