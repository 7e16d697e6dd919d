import { z } from 'zod';

import { DOWNLOAD_EVENT_DATA } from './download.ts';
import { UPLOAD_EVENT_DATA } from './upload.ts';
import { PROTOCOL_VERSION } from './version.ts';

/** A measured number; null with the key listed in `nonFinite` where it was NaN or infinite. */
const measured = z.number().nullable();
const nonFinite = z.array(z.string()).optional();
const step = z.int().min(0);
const code = z.string().regex(/^[a-z][a-z_]*(\.[a-z0-9_]+)+$/);
const params = z.record(z.string(), z.unknown());

export const EVENT_DATA = {
  /** The process exists; written before anything else. */
  started: z.strictObject({
    pid: z.int(),
    osStartTime: z.string(),
    bootId: z.string(),
    nonce: z.string(),
    platform: z.string(),
    python: z.string(),
  }),
  phase: z.strictObject({ name: z.string(), detail: z.string().optional() }),
  progress: z.strictObject({
    done: z.number(),
    total: z.number().nullable(),
    unit: z.enum(['bytes', 'rows', 'tokens', 'tensors', 'steps', 'prompts']),
    etaMs: z.number().nullable(),
  }),
  device: z.strictObject({
    device: z.string(),
    name: z.string(),
    /** Of a card, as the driver names it: a name alone does not tell two of a kind apart. */
    uuid: z.string().optional(),
    precision: z.string(),
    cpuThreads: z.int(),
    reasons: z.array(z.string()),
    /** Where each rank computes; absent where the run has one process. */
    ranks: z
      .array(
        z.strictObject({
          rank: z.int().min(0),
          host: z.string(),
          device: z.string(),
          name: z.string(),
          uuid: z.string().optional(),
        }),
      )
      .optional(),
  }),
  /** What a run's passes keep, and why; null where nothing had to be measured. */
  memory: z.strictObject({
    /** What the recipe asks for. */
    recompute: z.enum(['auto', 'none', 'full', 'layers']),
    recomputedLayers: z.int().min(0),
    layers: z.int().min(1),
    /** Tokens of the heaviest pass. */
    microBatchTokens: z.int().min(0),
    /** Held between passes: base, adapter, gradients and Adam's moments. */
    standingBytes: z.int().nullable(),
    predictedPeakBytes: z.int().nullable(),
    /** What one kept layer holds beside its input. */
    layerBytesPerToken: z.number().nullable(),
    /** What there is for the peak. */
    budgetBytes: z.int().nullable(),
    reason: z.string(),
  }),
  plan: z.strictObject({
    steps: step,
    startStep: step,
    stepsPerEpoch: z.number(),
    epochs: z.number(),
    globalBatch: z.int(),
    batchUnit: z.enum(['samples', 'packs']),
    trainRows: z.int(),
    evalRows: z.int(),
    trainTokens: z.int(),
    answerTokens: z.int(),
    truncatedRows: z.int(),
    droppedRows: z.int(),
    fill: z.number(),
    loraParameters: z.int(),
    planHash: z.string(),
  }),
  step: z.strictObject({
    step,
    epoch: z.number(),
    loss: measured,
    learningRate: z.number(),
    gradNorm: measured,
    tokens: z.int(),
    answerTokens: z.int(),
    tokensPerSecond: measured,
    padShare: z.number(),
    microBatches: z.int(),
    stepMs: z.number(),
    peakBytes: z.int(),
    remainingTokens: z.int(),
    etaMs: z.number().nullable(),
    skipped: z.boolean(),
    /** At intervals, where there are several ranks: what the slowest and the fastest computed for. */
    skew: z
      .strictObject({ slowestRank: z.int().min(0), slowestMs: z.number(), fastestMs: z.number() })
      .optional(),
    nonFinite,
  }),
  eval: z.strictObject({
    step,
    loss: measured,
    answerTokens: z.int(),
    rows: z.int(),
    best: z.boolean(),
    nonFinite,
  }),
  sample: z.strictObject({
    step,
    prompt: z.string(),
    answer: z.string(),
    finish: z.enum(['stop', 'length', 'cancelled']),
    tokens: z.int(),
  }),
  checkpoint: z.strictObject({
    step,
    path: z.string(),
    bytes: z.int(),
    manifestSha256: z.string(),
    reason: z.enum(['interval', 'save-now', 'stop', 'end', 'non-finite']),
    evalLoss: measured,
    best: z.boolean(),
  }),
  'checkpoint-removed': z.strictObject({ step, path: z.string() }),
  ...DOWNLOAD_EVENT_DATA,
  ...UPLOAD_EVENT_DATA,
  'control-ack': z.strictObject({ id: z.string(), command: z.string() }),
  /** A command that took time has been obeyed; `step` is where. A stop needs none: `ended` says it. */
  'control-done': z.strictObject({ id: z.string(), command: z.string(), step }),
  warning: z.strictObject({ code, message: z.string(), params }),
  error: z.strictObject({ code, message: z.string(), params, detail: z.string().nullable() }),
  /** What the job made; its fields belong to the job's kind. */
  result: z.record(z.string(), z.unknown()),
  /** The last line of a job that ended by itself. */
  ended: z.strictObject({ status: z.enum(['done', 'stopped', 'failed']), exitCode: z.int() }),
} as const;

export type JobEventType = keyof typeof EVENT_DATA;

/** Measurements, of which a job writes many; every other event is news of its own. */
const FREQUENT_EVENTS: readonly string[] = [
  'step',
  'progress',
  'file-progress',
  'hash-progress',
] satisfies JobEventType[];
export const isFrequentEvent = (type: string): boolean => FREQUENT_EVENTS.includes(type);

const line = <Type extends JobEventType>(type: Type) =>
  z.strictObject({
    v: z.literal(PROTOCOL_VERSION),
    seq: z.int().min(1),
    t: z.int().meta({ description: 'Milliseconds since the epoch, UTC.' }),
    type: z.literal(type),
    data: EVENT_DATA[type],
  });

/** One line of `events.ndjson` without its `crc`. */
export const jobEventSchema = z
  .discriminatedUnion('type', [
    line('started'),
    line('phase'),
    line('progress'),
    line('device'),
    line('memory'),
    line('plan'),
    line('step'),
    line('eval'),
    line('sample'),
    line('checkpoint'),
    line('checkpoint-removed'),
    line('listing'),
    line('file-progress'),
    line('file-verified'),
    line('waiting'),
    line('hash-progress'),
    line('upload-plan'),
    line('file-sent'),
    line('control-ack'),
    line('control-done'),
    line('warning'),
    line('error'),
    line('result'),
    line('ended'),
  ])
  .meta({ title: 'JobEvent' });

export type JobEvent = z.output<typeof jobEventSchema>;
export type JobEventData<Type extends JobEventType> = z.output<(typeof EVENT_DATA)[Type]>;
