import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import type { DecoderShape } from '../../../electron/shared/domain/preflight/decoder-shape.ts';
import type { LoraSettings } from '../../../electron/shared/domain/preflight/pass-settings.ts';
import { predictPeakMemory, type MicroBatch } from '../../../electron/shared/domain/preflight/peak-memory.ts';

type Configuration = Readonly<{
  name: string;
  shape: DecoderShape;
  precision: 'fp32' | 'bf16';
  lora: LoraSettings;
  quantization?: 'int8' | 'fp8' | 'nf4';
  recomputedLayers: number;
  microBatches: readonly MicroBatch[];
  measured: Readonly<
    Record<
      'weightsBytes' | 'adapterBytes' | 'gradientBytes' | 'optimizerBytes' | 'peakBytes' | 'engineBytes',
      number
    >
  >;
}>;

const FIXTURE = path.resolve(import.meta.dirname, '../../fixtures/preflight/measured.json');
const { configurations } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as {
  configurations: readonly Configuration[];
};

/** The promise is 10 %; half of it leaves room to notice a drift before it is broken. */
const TOLERANCE = 0.05;
const AGREEMENT = 0.1;

/** A prediction that misses what the engine holds would refuse runs that fit, or start some that do not. */
describe('the predicted peak against the measured one', () => {
  it('is held against at least 12 configurations', () => {
    expect(configurations.length).toBeGreaterThanOrEqual(12);
  });

  it.each(configurations.map((configuration) => [configuration.name, configuration] as const))(
    '%s',
    (_name, { shape, lora, precision, quantization, recomputedLayers, microBatches, measured }) => {
      const settings = {
        shape,
        lora,
        width: precision === 'fp32' ? 4 : 2,
        device: 'cpu',
        quantization: quantization ?? 'none',
        recomputedLayers,
      } as const;
      const predicted = predictPeakMemory(settings, microBatches);
      // The engine also keeps the order of rows and the rotations of positions.
      expect(relative(predicted.weightsBytes, measured.weightsBytes)).toBeLessThan(0.001);
      expect(predicted.adapterBytes).toBe(measured.adapterBytes);
      expect(predicted.gradientBytes).toBe(measured.gradientBytes);
      // Adam also counts its steps, four bytes for each matrix.
      expect(relative(predicted.optimizerBytes, measured.optimizerBytes)).toBeLessThan(0.01);
      const resident =
        measured.weightsBytes + measured.adapterBytes + measured.gradientBytes + measured.optimizerBytes;
      const passing = predicted.activationBytes + predicted.temporaryBytes;
      expect(relative(predicted.peakBytes, measured.peakBytes)).toBeLessThan(TOLERANCE);
      // What the engine says after it has measured, before the first step: a person who compares them is not misled.
      expect(relative(predicted.peakBytes, measured.engineBytes)).toBeLessThan(AGREEMENT);
      expect(relative(measured.engineBytes, measured.peakBytes)).toBeLessThan(AGREEMENT);
      // The base must not hide an error: what a pass adds is as near by itself.
      expect(relative(passing, measured.peakBytes - resident)).toBeLessThan(TOLERANCE);
    },
  );
});

const relative = (predicted: number, measured: number): number => Math.abs(predicted - measured) / measured;
