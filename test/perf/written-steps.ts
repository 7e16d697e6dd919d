import { crc32 } from 'node:zlib';

/**
 * Steps of a run that was never trained: every figure follows from the step's number, so that what was stored can be
 * compared with what was written, however many there are.
 */
export const EVENT_KEYS = [
  'loss',
  'learningRate',
  'gradNorm',
  'tokens',
  'answerTokens',
  'tokensPerSecond',
  'padShare',
  'microBatches',
  'stepMs',
  'peakBytes',
  'epoch',
] as const;
export type EventKey = (typeof EVENT_KEYS)[number];

/** A lone step whose loss stands out of all others. */
const SPIKE_EVERY_STEPS = 9973;

/** A number in [0, 1) that looks like chance; the same for the same step. */
const noise = (step: number): number => (Math.imul(step, 2_654_435_761) >>> 0) / 2 ** 32;

const thousandths = (value: number): number => Math.round(value * 1000) / 1000;

export const VALUE_AT: Readonly<Record<EventKey, (step: number) => number>> = {
  loss: (step) =>
    step % SPIKE_EVERY_STEPS === 0
      ? thousandths(9 + noise(step))
      : thousandths(0.5 + 2 / (1 + step / 5000) + noise(step) * 0.4),
  learningRate: (step) => 1e-4 * thousandths(1 + Math.cos(step / 50_000)),
  gradNorm: (step) => thousandths(0.4 + noise(step + 7) * 1.2),
  tokens: (step) => 4000 + (step % 97),
  answerTokens: (step) => 900 + (step % 89),
  tokensPerSecond: (step) => thousandths(13_000 + noise(step + 3) * 800),
  padShare: () => 0.125,
  microBatches: () => 4,
  stepMs: (step) => thousandths(300 + noise(step + 1) * 40),
  peakBytes: () => 17_179_869_184,
  epoch: (step) => step / 1000,
};

const stepBody = (step: number): string => {
  const values = EVENT_KEYS.map((key) => `"${key}":${String(VALUE_AT[key](step))}`).join(',');
  return `{"step":${String(step)},${values},"remainingTokens":0,"etaMs":null,"skipped":false}`;
};

/** A line of `events.ndjson` with its newline, as `legal_eagle/jobs/wire.py` writes it. */
export function eventLine(seq: number, timeMs: number, type: string, dataJson: string): string {
  const body = `{"v":1,"seq":${String(seq)},"t":${String(timeMs)},"type":"${type}","data":${dataJson}`;
  return `${body},"crc":"${crc32(body).toString(16).padStart(8, '0')}"}\n`;
}

export const stepLine = (seq: number, timeMs: number, step: number): string =>
  eventLine(seq, timeMs, 'step', stepBody(step));

export const planJson = (steps: number): string =>
  JSON.stringify({
    steps,
    startStep: 0,
    stepsPerEpoch: 1000,
    epochs: steps / 1000,
    globalBatch: 4,
    batchUnit: 'samples',
    trainRows: 4000,
    evalRows: 0,
    trainTokens: 4_000_000,
    answerTokens: 900_000,
    truncatedRows: 0,
    droppedRows: 0,
    fill: 1,
    loraParameters: 1,
    planHash: 'written',
  });
