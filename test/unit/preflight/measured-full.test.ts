import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { DecoderShape } from '../../../electron/shared/domain/preflight/decoder-shape.ts';
import { predictFullMemory } from '../../../electron/shared/domain/preflight/full-memory.ts';
import type { MicroBatch } from '../../../electron/shared/domain/preflight/peak-memory.ts';

type Configuration = Readonly<{
  name: string;
  shape: DecoderShape;
  precision: 'fp32' | 'bf16';
  recomputesAll: boolean;
  microBatches: readonly MicroBatch[];
  measured: Readonly<Record<'weightsBytes' | 'peakBytes', number>>;
}>;

const FIXTURE = path.resolve(import.meta.dirname, '../../fixtures/preflight/measured-full.json');
const { configurations } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as {
  configurations: readonly Configuration[];
};

/** The promise. */
const TOLERANCE = 0.1;
/** Of what a step adds to the 12 bytes a parameter that are always there. */
const STEP_TOLERANCE = 0.15;

/** A prediction that misses what full fine-tuning holds would refuse runs that fit, or start some that do not. */
describe('the predicted peak of full fine-tuning against the measured one', () => {
  it('is held against at least 10 configurations', () => {
    expect(configurations.length).toBeGreaterThanOrEqual(10);
  });

  it.each(configurations.map((configuration) => [configuration.name, configuration] as const))(
    '%s',
    (_name, { shape, precision, recomputesAll, microBatches, measured }) => {
      const predicted = predictFullMemory(
        {
          shape,
          width: precision === 'fp32' ? 4 : 2,
          device: 'cpu',
          recomputesAll,
          accumulates: microBatches.length > 1,
          processes: 1,
        },
        microBatches,
      );
      // transformers also keeps the rotations' frequencies.
      expect(relative(predicted.weightsBytes, measured.weightsBytes)).toBeLessThan(0.001);
      expect(relative(predicted.peakBytes, measured.peakBytes)).toBeLessThan(TOLERANCE);
      // The 12 bytes a parameter that are always there must not hide an error of the rest.
      const standing = 3 * measured.weightsBytes;
      expect(relative(predicted.peakBytes - standing, measured.peakBytes - standing)).toBeLessThan(
        STEP_TOLERANCE,
      );
    },
  );
});

const relative = (predicted: number, measured: number): number => Math.abs(predicted - measured) / measured;
