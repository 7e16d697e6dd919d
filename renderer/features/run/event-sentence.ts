import { z } from 'zod';

import { describeError, type ErrorLanguage } from '../../../electron/shared/contract/errors/index.ts';
import {
  EVENT_DATA,
  type JobEventData,
  type JobEventType,
} from '../../../electron/shared/protocol/events.ts';
import { formatBytes, formatDuration, formatLoss, formatNumber } from '../../i18n/format.ts';
import type { Language } from '../../i18n/i18n.ts';
import type { Words } from '../../i18n/use-words.ts';

type Say = Readonly<{ words: Words; language: Language; errorLanguage: ErrorLanguage }>;

const resultSchema = z.object({
  steps: z.number().optional(),
  lossFirst: z.number().nullish(),
  lossLast: z.number().nullish(),
  evalLossFirst: z.number().nullish(),
  evalLossLast: z.number().nullish(),
  seconds: z.number().optional(),
});

type Sentences = Readonly<{
  [Type in JobEventType]?: (data: JobEventData<Type>, say: Say) => string;
}>;

/** Words of a closed list; a newer runtime's is shown as it is. */
const named = (words: Words, key: string, name: string): string => {
  const said = words(`${key}.${name}`);
  return said === `${key}.${name}` ? name : said;
};

const ofError = ({ code, params }: JobEventData<'warning'>, { errorLanguage }: Say): string =>
  describeError({ code, params }, errorLanguage).message;

const SENTENCES: Sentences = {
  started: ({ pid, python, platform }, { words }) => words('says.started', { pid, python, platform }),
  phase: ({ name, detail }, { words }) =>
    `${named(words, 'says.phase', name)}${detail === undefined ? '' : `：${detail}`}`,
  device: ({ device, name, precision, ranks }, { words }) =>
    words(ranks === undefined ? 'says.device' : 'says.devices', {
      device,
      name,
      precision,
      processes: ranks?.length ?? 1,
    }),
  memory: ({ layers, recomputedLayers, predictedPeakBytes: peak }, { words }) =>
    words(peak === null ? 'says.memory' : 'says.memoryPeak', {
      layers,
      recomputed: recomputedLayers,
      peak: formatBytes(peak ?? 0),
    }),
  plan: ({ steps, globalBatch, trainRows, trainTokens }, { words }) =>
    words('says.plan', {
      steps: formatNumber(steps),
      batch: formatNumber(globalBatch),
      rows: formatNumber(trainRows),
      tokens: formatNumber(trainTokens),
    }),
  eval: ({ step, loss, rows, best }, { words }) =>
    words(best ? 'says.evalBest' : 'says.eval', {
      step: formatNumber(step),
      loss: formatLoss(loss ?? undefined),
      rows: formatNumber(rows),
    }),
  sample: ({ step, prompt, tokens }, { words }) =>
    words('says.sample', { step: formatNumber(step), prompt, tokens: formatNumber(tokens) }),
  checkpoint: ({ step, bytes, reason }, { words }) =>
    words('says.checkpoint', {
      step: formatNumber(step),
      size: formatBytes(bytes),
      reason: words(`reason.${reason}`),
    }),
  'checkpoint-removed': ({ step }, { words }) =>
    words('says.checkpointRemoved', { step: formatNumber(step) }),
  'control-ack': ({ command }, { words }) => named(words, 'says.command', command),
  'control-done': ({ command, step }, { words }) =>
    words('says.controlDone', { command: named(words, 'says.command', command), step: formatNumber(step) }),
  warning: ofError,
  error: ofError,
  result: (data, { words, language }) => {
    const { steps, lossFirst, lossLast, evalLossFirst, evalLossLast, seconds } =
      resultSchema.safeParse(data).data ?? {};
    const loss = (value: number | null | undefined): string => formatLoss(value ?? undefined);
    return words('says.result', {
      steps: formatNumber(steps),
      lossFirst: loss(lossFirst),
      lossLast: loss(lossLast),
      evalLossFirst: loss(evalLossFirst),
      evalLossLast: loss(evalLossLast),
      duration: formatDuration(seconds === undefined ? undefined : seconds * 1000, language),
    });
  },
  ended: ({ status, exitCode }, { words }) => words(`says.ended.${status}`, { exitCode }),
};

/** What an event says, in one line; undefined for one of which nothing is known. */
export function eventSentence(type: string, data: unknown, say: Say): string | undefined {
  if (!Object.hasOwn(SENTENCES, type)) return undefined;
  const known = type as keyof typeof SENTENCES;
  const parsed = EVENT_DATA[known].safeParse(data);
  const sentence = SENTENCES[known] as ((data: unknown, say: Say) => string) | undefined;
  return parsed.success ? sentence?.(parsed.data, say) : undefined;
}
