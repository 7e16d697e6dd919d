import { z } from 'zod';

import type { CardParity, CardPlan } from '../../shared/domain/card/card-record.ts';
import { EVENT_DATA } from '../../shared/protocol/events.ts';

type Recorded = Readonly<Record<string, unknown>> | undefined;

/** A text that says something. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined;

/** The engine's plan; undefined for one that another version wrote in another form. */
export function planOf(recorded: Recorded): CardPlan | undefined {
  const parsed = EVENT_DATA.plan.safeParse(recorded);
  if (!parsed.success) return undefined;
  const { fill: _fill, loraParameters, startStep: _startStep, ...plan } = parsed.data;
  return { ...plan, trainedParameters: loraParameters };
}

const deviceSchema = z.object({
  device: z.string().optional(),
  name: z.string().optional(),
  ranks: z.array(z.object({ rank: z.int(), name: z.string() })).optional(),
});

/** Names of what computed, one a rank; hosts stay out. */
export function devicesOf(recorded: Recorded): readonly string[] {
  const parsed = deviceSchema.safeParse(recorded);
  if (!parsed.success) return [];
  const { device, name, ranks } = parsed.data;
  if (ranks !== undefined)
    return ranks.toSorted((one, other) => one.rank - other.rank).map((rank) => rank.name);
  if (textOf(name) === undefined) return [];
  return [device === 'cpu' ? `CPU (${name ?? ''})` : (name ?? '')];
}

const paritySchema = z.object({
  passed: z.boolean(),
  maxAbsLogitDiff: z.number().nullish(),
  greedyAgrees: z.boolean().nullish(),
  prompts: z.int().nullish(),
});

export function parityOf(recorded: Recorded): CardParity | undefined {
  const parsed = paritySchema.safeParse(recorded);
  if (!parsed.success) return undefined;
  const { greedyAgrees, maxAbsLogitDiff, passed, prompts } = parsed.data;
  return {
    passed,
    maxAbsLogitDiff: maxAbsLogitDiff ?? undefined,
    greedyAgrees: greedyAgrees ?? undefined,
    prompts: prompts ?? undefined,
  };
}

/** The system's name and its kind of processor: a kernel's build may carry the name of a machine or of a provider. */
export function platformOf(recorded: unknown): string | undefined {
  const text = textOf(recorded);
  const [system] = /^[A-Za-z]+/u.exec(text ?? '') ?? [];
  const [processor] = /x86_64|AMD64|aarch64|arm64/iu.exec(text ?? '') ?? [];
  return system === undefined ? undefined : [system, processor].filter((one) => one !== undefined).join(' ');
}
