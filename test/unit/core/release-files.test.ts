import { inflateSync } from 'node:zlib';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { cardFiles } from '../../../electron/core/release/card-files.ts';
import { lossPicture, MOST_PICTURE_BYTES } from '../../../electron/core/release/loss-picture.ts';
import { makeEvidence, sealOf } from '../../../electron/core/release/make-evidence.ts';
import { checkEvidence, evidenceSchema, unsealed } from '../../../electron/shared/domain/card/evidence.ts';
import type { MetricSeries } from '../../../electron/shared/contract/methods/metrics.ts';
import { cardRecord } from '../../helpers/card-record.ts';

const series = (key: string, values: readonly number[], apart = 1, smoothed = false): MetricSeries => ({
  key,
  total: values.length,
  points: values.map((value, at) => ({ step: at * apart, value })),
  smoothed: smoothed ? [...values] : [],
  finiteCount: values.length,
  buckets: [],
  nonFiniteSteps: [],
});

/** Reads a PNG with a palette back, by the standard's own fields; checks nothing but what it needs. */
function decoded(png: Uint8Array): {
  width: number;
  height: number;
  pixel: (x: number, y: number) => string;
} {
  const bytes = Buffer.from(png);
  expect(bytes.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
  const parts = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length;) {
    const size = bytes.readUInt32BE(at);
    parts.set(bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at + 8, at + 8 + size));
    at += size + 12;
  }
  const header = parts.get('IHDR') ?? Buffer.alloc(13);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const rows = inflateSync(parts.get('IDAT') ?? Buffer.alloc(0));
  expect(rows).toHaveLength((width + 1) * height);
  const palette = parts.get('PLTE') ?? Buffer.alloc(0);
  return {
    width,
    height,
    pixel: (x, y) => {
      const index = rows[y * (width + 1) + 1 + x] ?? 0;
      return palette.subarray(index * 3, index * 3 + 3).toString('hex');
    },
  };
}

describe('the picture of the losses', () => {
  // A picture that a hub takes for a large file is sent another way and shown late or never.
  it('stays small however restless the curve is', () => {
    const noise = Array.from({ length: 400 }, (_, at) => 1 + Math.sin(at * 12.9898) * Math.cos(at * 78.233));
    const png = lossPicture({
      loss: series('loss', noise, 40, true),
      evalLoss: series('evalLoss', noise.slice(0, 40), 400),
      lastStep: 16_000,
    });
    expect(png?.length).toBeLessThan(MOST_PICTURE_BYTES);
  });

  // Axes turned over would show a loss that rises as one that falls.
  it('draws what falls from the upper left to the lower right', () => {
    const falling = Array.from({ length: 101 }, (_, at) => 2 - at / 100);
    const png = lossPicture({ loss: series('loss', falling), evalLoss: undefined, lastStep: 100 });
    const { height, pixel, width } = decoded(png ?? new Uint8Array());
    const heightOf = (x: number): number => {
      for (let y = 50; y < height - 60; y += 1) if (isBlue(pixel(x, y))) return y;
      return Infinity;
    };
    const columns = [0.2, 0.5, 0.8].map((share) => heightOf(Math.round(width * share)));
    expect(columns).toEqual(columns.toSorted((one, other) => one - other));
    expect(new Set(columns).size).toBe(3);
    expect(columns.every(Number.isFinite)).toBe(true);
  });

  it('shows nothing beyond the step that is released, and nothing at all without a value', () => {
    const early = lossPicture({
      loss: series('loss', [2, 1.5, 1, 9000]),
      evalLoss: undefined,
      lastStep: 2,
    });
    const same = lossPicture({ loss: series('loss', [2, 1.5, 1]), evalLoss: undefined, lastStep: 2 });
    expect(Buffer.from(early ?? []).equals(Buffer.from(same ?? [1]))).toBe(true);
    expect(lossPicture({ loss: undefined, evalLoss: undefined, lastStep: 0 })).toBeUndefined();
  });
});

const isBlue = (colour: string): boolean => {
  const [red = 0, , blue = 0] = [0, 2, 4].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return blue - red > 100;
};

describe('files beside a card', () => {
  it('takes the licence of the base byte by byte, and asks nobody to run code', () => {
    const base = mkdtempSync(path.join(tmpdir(), 'base '));
    try {
      writeFileSync(path.join(base, 'LICENSE'), 'Terms\r\n of the base');
      const wish = { part: 'merged', baseFolder: base, picture: new Uint8Array([1]) } as const;
      const files = new Map(
        cardFiles({ hub: 'modelscope', ...wish }).map((file) => [file.path, file.content]),
      );
      expect(Buffer.from(files.get('LICENSE') ?? '').toString()).toBe('Terms\r\n of the base');
      expect(JSON.parse(String(files.get('configuration.json')))).toEqual({
        framework: 'pytorch',
        task: 'text-generation',
      });
      expect([...files.keys()]).toContain('description/loss.png');
      const other = cardFiles({ hub: 'huggingface', ...wish, baseFolder: path.join(base, 'gone') });
      expect(other.map((file) => file.path)).toEqual(['description/loss.png']);
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  });
});

describe('the evidence of a release', () => {
  const files = [
    { path: 'README.md', bytes: 5, sha256: '1'.repeat(64) },
    { path: 'adapter_model.safetensors', bytes: 9, sha256: '2'.repeat(64) },
  ];
  const record = cardRecord();
  const recipe = {
    ...record.training.recipe,
    systemPrompt: 'see /home/zhangsan/x',
    model: '/home/zhangsan/m',
  };
  const text = makeEvidence({
    record: { ...record, training: { ...record.training, recipe } },
    files,
    baseFiles: [],
    checkpoints: [{ step: 60, bytes: 10, manifestSha256: '3'.repeat(64) }],
    weightsRecord: { base: { path: '/home/zhangsan/m', fingerprint: '4'.repeat(64) } },
    lockSha256: '5'.repeat(64),
    known: { paths: [], names: ['zhangsan'] },
  });
  const evidence = evidenceSchema.parse(JSON.parse(text));
  const seen = new Map(files.map(({ bytes, path: name, sha256 }) => [name, { bytes, sha256 }]));
  const seal = sealOf(unsealed(evidence));

  it('holds every link of the chain and no place of this machine', () => {
    expect(text).not.toMatch(/zhangsan|\/home/u);
    expect(evidence).toMatchObject({
      data: [{ rowsSha256: 'a'.repeat(64), sources: [{ sha256: 'b'.repeat(64) }] }],
      base: { revision: 'f4ab9ef2', fingerprint: '4'.repeat(64) },
      environment: { lockSha256: '5'.repeat(64), packages: { torch: '2.9.1' } },
      checkpoints: [{ step: 60 }],
      evaluation: { evalLoss: 0.512 },
      files,
    });
    expect(checkEvidence(evidence, { seal, files: seen })).toEqual([]);
  });

  // A verifier that says yes to anything would be worse than none.
  it('finds what is missing, changed, added or rewritten', () => {
    const other = new Map(seen).set('adapter_model.safetensors', { bytes: 9, sha256: '9'.repeat(64) });
    other.delete('README.md');
    other.set('extra.py', { bytes: 1, sha256: '8'.repeat(64) });
    expect(checkEvidence(evidence, { seal, files: other })).toEqual([
      { kind: 'missing', path: 'README.md' },
      { kind: 'changed', path: 'adapter_model.safetensors' },
      { kind: 'unlisted', path: 'extra.py' },
    ]);
    const forged = { ...evidence, base: { ...evidence.base, revision: 'main' } };
    expect(checkEvidence(forged, { seal: sealOf(unsealed(forged)), files: seen })).toEqual([
      { kind: 'seal-broken' },
    ]);
  });

  // Another order of keys is the same object: a tool that prints JSON anew must not break the seal.
  it('is sealed by what it says, not by how it is printed', () => {
    const turned = Object.fromEntries(Object.entries(evidence).reverse());
    expect(sealOf(unsealed(evidenceSchema.parse(turned)))).toBe(evidence.seal);
  });
});
