import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import type { MetricPoint } from '../../shared/contract/events.ts';
import type { GpuCard } from '../../shared/contract/methods/gpu.ts';

/** Beside the attempts: what the cards did, so that the database can be rebuilt without it. */
export const TELEMETRY_FILE = 'telemetry.ndjson';

const lineSchema = z.object({
  t: z.int().nonnegative(),
  step: z.int().nonnegative(),
  cards: z.array(
    z.object({
      index: z.int().nonnegative(),
      uuid: z.string(),
      memoryBytes: z.number().optional(),
      utilisation: z.number().optional(),
      temperature: z.number().optional(),
      power: z.number().optional(),
    }),
  ),
});

export type TelemetryLine = z.output<typeof lineSchema>;

/** What of a card changes while it computes: bytes, a share from 0 to 1, degrees Celsius and watts. */
export const telemetryLine = (t: number, step: number, cards: readonly GpuCard[]): TelemetryLine => ({
  t,
  step,
  cards: cards.map((card) => ({
    index: card.index,
    uuid: card.uuid,
    memoryBytes: card.memoryUsedBytes,
    utilisation: card.utilisation,
    temperature: card.temperatureCelsius,
    power: card.powerWatts,
  })),
});

/** The metrics of a line, at its step: `gpu.<index>.memoryBytes`, `.utilisation`, `.temperature`, `.power`. */
export const telemetryPoints = ({ step, cards }: TelemetryLine): readonly MetricPoint[] =>
  cards.flatMap(({ index, uuid: _uuid, ...values }) =>
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [{ key: `gpu.${String(index)}.${name}`, step, value }],
    ),
  );

export const appendTelemetry = (runDir: string, line: TelemetryLine): void =>
  appendFileSync(path.join(runDir, TELEMETRY_FILE), `${JSON.stringify(line)}\n`);

/** Every whole line up to `lastStep`; what an abandoned attempt saw beyond it is void like its metrics. */
export const readTelemetry = (runDir: string, lastStep: number): readonly TelemetryLine[] => {
  const file = path.join(runDir, TELEMETRY_FILE);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text) => {
      try {
        const line = lineSchema.parse(JSON.parse(text));
        return line.step <= lastStep ? [line] : [];
      } catch {
        // The last line of a machine that lost its power, or the empty one at the end.
        return [];
      }
    });
};
