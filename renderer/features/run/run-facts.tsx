import type { ReactElement, ReactNode } from 'react';

import { Text } from '@mantine/core';
import { z } from 'zod';

import type { RunDetail } from '../../../electron/shared/contract/methods/runs.ts';
import { engineReason, isCompatRun } from '../../../electron/shared/domain/engine-reasons.ts';
import { EVENT_DATA } from '../../../electron/shared/protocol/events.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useErrorLanguage, useWords, type Words } from '../../i18n/use-words.ts';
import classes from './run.module.css';

const skewSchema = z.object({
  step: z.number(),
  slowestRank: z.number(),
  slowestMs: z.number(),
  fastestMs: z.number(),
});

/** What a run's record keeps of its device event, and of the newest step that told how long its ranks computed. */
const deviceSchema = EVENT_DATA.device.partial().extend({
  recomputedLayers: z.number().optional(),
  skew: skewSchema.optional().catch(undefined),
});
const planSchema = EVENT_DATA.plan.partial();

type Device = z.output<typeof deviceSchema>;
type Fact = readonly [name: string, value: ReactNode];

/** On what a run computed, by which engine, and why so. */
export function DeviceFacts({ device: record }: Pick<RunDetail, 'device'>): ReactElement | null {
  const words = useWords('run');
  const language = useErrorLanguage();
  if (record === undefined) return null;
  const device = deviceSchema.safeParse(record).data;
  if (device === undefined) return null;
  const reasons = device.reasons ?? [];
  const facts: Fact[] = [
    [words('facts.engine'), words(isCompatRun(reasons) ? 'facts.compat' : 'facts.fast')],
    [words('facts.device'), placeOf(device)],
    [words('facts.precision'), device.precision ?? '—'],
    [words('facts.threads'), formatNumber(device.cpuThreads)],
  ];
  if (reasons.length > 0) {
    const lines = reasons.map((line) => <div key={line}>{engineReason(line, language)}</div>);
    facts.push([words('facts.reasons'), lines]);
  }
  return (
    <>
      <FactTable title={words('settings.device')} facts={facts} />
      <Ranks device={device} words={words} />
    </>
  );
}

const placeOf = ({
  name,
  device,
  uuid,
}: Readonly<Partial<Record<'name' | 'device' | 'uuid', unknown>>>): string =>
  [name, device, uuid].filter((part) => typeof part === 'string').join(' · ');

function Ranks({ device, words }: Readonly<{ device: Device; words: Words }>): ReactElement | null {
  const { ranks, skew } = device;
  if (ranks === undefined) return null;
  return (
    <>
      <Text fw={600} mt="md">
        {words('facts.ranks', { processes: ranks.length })}
      </Text>
      <table className={classes['table']}>
        <thead>
          <tr>
            <th scope="col">{words('facts.rank')}</th>
            <th scope="col">{words('facts.host')}</th>
            <th scope="col">{words('facts.device')}</th>
          </tr>
        </thead>
        <tbody>
          {ranks.map((one) => (
            <tr key={one.rank}>
              <td>{one.rank}</td>
              <td>{one.host}</td>
              <td>{placeOf(one)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Text fz="xs" c="dimmed" mt={4}>
        {skew === undefined ? words('facts.skewLater') : words('facts.skew', skewFigures(skew))}
      </Text>
    </>
  );
}

const skewFigures = ({
  step,
  slowestRank,
  slowestMs,
  fastestMs,
}: z.output<typeof skewSchema>): Readonly<Record<string, unknown>> => ({
  step: formatNumber(step),
  rank: slowestRank,
  slowest: formatNumber(slowestMs),
  fastest: formatNumber(fastestMs),
  waited: formatNumber(slowestMs - fastestMs),
  percent: formatNumber(slowestMs > 0 ? (100 * (slowestMs - fastestMs)) / slowestMs : 0, 1),
});

/** What the run planned before its first step. */
export function PlanFacts({ plan: record }: Pick<RunDetail, 'plan'>): ReactElement | null {
  const words = useWords('run');
  const plan = planSchema.safeParse(record ?? {}).data;
  if (record === undefined || plan === undefined) return null;
  const unit = plan.batchUnit === undefined ? '' : words(`new-run:unit.${plan.batchUnit}`);
  const numbers = [
    'stepsPerEpoch',
    'trainRows',
    'evalRows',
    'trainTokens',
    'answerTokens',
    'truncatedRows',
    'droppedRows',
    'loraParameters',
  ] as const;
  return (
    <FactTable
      title={words('settings.plan')}
      facts={[
        [words('facts.steps'), formatNumber(plan.steps)],
        [words('facts.epochs'), formatNumber(plan.epochs, 2)],
        [words('facts.globalBatch'), `${formatNumber(plan.globalBatch)} ${unit}`],
        ...numbers.map((name): Fact => [words(`facts.${name}`), formatNumber(plan[name])]),
        [words('facts.fill'), plan.fill === undefined ? '—' : `${formatNumber(100 * plan.fill, 1)}%`],
        [words('facts.planHash'), <code key="hash">{plan.planHash?.slice(0, 16) ?? '—'}</code>],
      ]}
    />
  );
}

export function FactTable({
  title,
  facts,
}: Readonly<{ title: string; facts: readonly Fact[] }>): ReactElement {
  return (
    <>
      <Text fw={600} mt="md">
        {title}
      </Text>
      <table className={classes['table']}>
        <tbody>
          {facts.map(([name, value]) => (
            <tr key={name}>
              <td className={classes['factName']}>{name}</td>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
