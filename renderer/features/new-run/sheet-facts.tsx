import { Anchor, Text } from '@mantine/core';
import type { ReactElement } from 'react';
import { Link } from 'react-router';

import type { PreflightView } from '../../../electron/shared/contract/methods/preflight.ts';
import type { Recipe } from '../../../electron/shared/protocol/recipe.ts';
import { formatDuration, formatNumber } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { Fact } from './fact.tsx';
import { Notice } from './notice.tsx';

export type SheetFactsProps = Readonly<{ recipe: Recipe; preflight: PreflightView; devices: number }>;

/** Steps, tokens and time of the run, with what each of them rests on. */
export function SheetFacts({ recipe, preflight, devices }: SheetFactsProps): ReactElement {
  const words = useWords('new-run');
  const isCounted = preflight.tokenSource === 'statistics';
  // Rows are counted; tokens are an estimate until a tokenizer has seen them, and packs follow the tokens.
  const exactSteps = recipe.batch.unit === 'samples' && preflight.lostShare === 0;
  const about = (value: number, exact: boolean): string => `${exact ? '' : '≈ '}${formatNumber(value)}`;
  const rowsOf = (share: number): string => formatNumber(Math.round(share * preflight.trainRows));
  return (
    <>
      <Fact name={words('trainRows')}>{formatNumber(preflight.trainRows)}</Fact>
      <Fact name={words('evalRows')}>{formatNumber(preflight.evalRows)}</Fact>
      <Fact name={words('globalBatch')}>
        {words('globalBatchIs', {
          micro: recipe.batch.microBatch,
          accumulation: recipe.batch.gradientAccumulation,
          devices,
          batch: formatNumber(preflight.globalBatch),
          unit: words(`unit.${recipe.batch.unit}`),
        })}
      </Fact>
      <Fact name={words('stepsPerEpoch')}>{about(preflight.stepsPerEpoch, exactSteps)}</Fact>
      <Fact name={words('steps')} strong>
        {about(preflight.steps, exactSteps)}
      </Fact>
      <Fact name={words('tokens')}>
        {about(preflight.trainTokens, false)}
        <Text span fz="xs" c="dimmed">
          {' '}
          {words(isCounted ? 'tokensCounted' : 'tokensEstimated')}
        </Text>
      </Fact>
      <Fact name={words('truncated')}>
        {words('truncatedIs', {
          rows: `${isCounted ? '' : '≈ '}${rowsOf(preflight.truncatedShare)}`,
          percent: formatNumber(preflight.truncatedShare * 100, 1),
        })}
      </Fact>
      {preflight.lostShare > 0 && (
        <Notice tone="amber">{words('answersLost', { rows: rowsOf(preflight.lostShare) })}</Notice>
      )}
      <TimeFact preflight={preflight} />
    </>
  );
}

function TimeFact({ preflight }: Readonly<{ preflight: PreflightView }>): ReactElement {
  const words = useWords('new-run');
  const language = useLanguage();
  const { throughput, durationMs } = preflight;
  if (throughput === undefined || durationMs === undefined) {
    return (
      <Fact name={words('time')}>
        <Text span c="dimmed">
          {words('timeUnknown')}
        </Text>
      </Fact>
    );
  }
  return (
    <div>
      <Fact name={words('time')} strong>
        ≈ {formatDuration(durationMs, language)}
      </Fact>
      <Text fz="xs" c="dimmed" ta="right">
        {words('timeBasis', { speed: formatNumber(throughput.tokensPerSecond) })}{' '}
        <Anchor component={Link} to={`/runs/${encodeURIComponent(throughput.runId)}`} fz="xs">
          {throughput.runName}
        </Anchor>
      </Text>
    </div>
  );
}
