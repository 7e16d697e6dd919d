import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';

import { recipeSchema } from '../../../electron/shared/protocol/recipe.ts';

type Event = readonly [type: string, data: Record<string, unknown>];

/** An attempt as its job would have written it; `tail` is appended to the event file as it is. */
export type FixtureAttempt = Readonly<{ resumeFromStep?: number; events: readonly Event[]; tail?: string }>;

const NONCE = 'fixture-nonce';
export const FIXTURE_RUN_ID = '01J0000000RUNF1XTURE00000A';

export const fixtureJobId = (attempt: number): string => `01J0000000J0BF1XTURE00000${String(attempt)}`;

const started: Event = [
  'started',
  { pid: 2 ** 22 + 7, osStartTime: '1', bootId: 'another-boot', nonce: NONCE, platform: 'x', python: '3.12' },
];

export const step = (number: number, loss: number | null): Event => [
  'step',
  {
    step: number,
    epoch: number / 10,
    loss,
    learningRate: 1e-4,
    gradNorm: 1,
    tokens: 10,
    answerTokens: 5,
    tokensPerSecond: 100,
    padShare: 0,
    microBatches: 1,
    stepMs: 10,
    peakBytes: 1000,
    remainingTokens: 0,
    etaMs: null,
    skipped: false,
    ...(loss === null ? { nonFinite: ['loss'] } : {}),
  },
];

export const evaluation = (number: number, loss: number): Event => [
  'eval',
  { step: number, loss, answerTokens: 5, rows: 1, best: true },
];

export const sample = (number: number, answer: string): Event => [
  'sample',
  { step: number, prompt: '问', answer, finish: 'stop', tokens: 3 },
];

export const checkpoint = (number: number, manifest: string): Event => [
  'checkpoint',
  {
    step: number,
    path: `D:\\runs\\other\\checkpoints\\${checkpointName(number)}`,
    bytes: 7,
    manifestSha256: createHash('sha256').update(manifest).digest('hex'),
    reason: 'interval',
    evalLoss: null,
    best: false,
  },
];

export const ended = (status: 'done' | 'stopped' | 'failed', exitCode: number): Event => [
  'ended',
  { status, exitCode },
];

const checkpointName = (number: number): string => `step-${String(number).padStart(8, '0')}`;

/** Writes a whole checkpoint folder; returns the text of its manifest. */
export function writeCheckpoint(runDir: string, number: number, savedAtMs: number): string {
  const dir = path.join(runDir, 'checkpoints', checkpointName(number));
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'adapter_model.safetensors'), 'weights');
  const files = { 'adapter_model.safetensors': { bytes: 7, sha256: 'x' } };
  const manifest = JSON.stringify({ version: 1, step: number, savedAtMs, files });
  writeFileSync(path.join(dir, 'manifest.json'), manifest);
  return manifest;
}

export function writeRunFolder(
  dir: string,
  attempts: readonly FixtureAttempt[],
  createdAtMs = 1_700_000_000_000,
): void {
  const recipe = recipeSchema.parse({ name: '外来训练', model: '/m/base', dataset: '/d/data.db' });
  mkdirSync(dir, { recursive: true });
  const run = {
    version: 1,
    id: FIXTURE_RUN_ID,
    name: recipe.name,
    recipe,
    datasetId: null,
    datasetPath: '/d/data.db',
    modelPath: '/m/base',
    createdAtMs,
  };
  writeFileSync(path.join(dir, 'run.json'), JSON.stringify(run));
  attempts.forEach((attempt, at) => writeAttempt(dir, at + 1, attempt, createdAtMs + at, recipe));
}

function writeAttempt(
  dir: string,
  number: number,
  attempt: FixtureAttempt,
  createdAtMs: number,
  recipe: unknown,
): void {
  const jobDir = path.join(dir, 'attempts', String(number));
  mkdirSync(jobDir, { recursive: true });
  const resumeFrom =
    attempt.resumeFromStep === undefined
      ? null
      : `D:\\runs\\other\\checkpoints\\${checkpointName(attempt.resumeFromStep)}`;
  const spec = {
    version: 1,
    id: fixtureJobId(number),
    kind: 'train',
    createdAtMs,
    nonce: NONCE,
    params: {
      runId: FIXTURE_RUN_ID,
      attempt: number,
      recipe,
      modelPath: '/m/base',
      datasetPath: '/d/data.db',
      runDir: dir,
      tokenCacheDir: '/cache',
      resumeFrom,
    },
  };
  writeFileSync(path.join(jobDir, 'job.json'), JSON.stringify(spec));
  const lines = [started, ...attempt.events].map(([type, data], at) => {
    const body = JSON.stringify({ v: 1, seq: at + 1, t: createdAtMs + at, type, data }).slice(0, -1);
    const crc = crc32(Buffer.from(body)).toString(16).padStart(8, '0');
    return `${body},"crc":"${crc}"}\n`;
  });
  writeFileSync(path.join(jobDir, 'events.ndjson'), lines.join('') + (attempt.tail ?? ''));
}
