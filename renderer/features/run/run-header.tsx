import { useEffect, useState, type ReactElement } from 'react';

import { Stack, Text, Title } from '@mantine/core';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { bytesParts, formatDuration, formatLoss, formatNumber } from '../../i18n/format.ts';
import { useSettingWords } from '../../i18n/setting-words.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { Quantity } from '../../ui/quantity.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { RunActions, type RunActionsProps } from './run-actions.tsx';
import classes from './run.module.css';

export type RunHeaderProps = RunActionsProps & Readonly<{ peakBytes: number | undefined }>;

/** What a run is called, how far it is and what can be done with it. */
export function RunHeader({ peakBytes, ...actions }: RunHeaderProps): ReactElement {
  const { run } = actions;
  const words = useWords('run');
  const settingWords = useSettingWords();
  const language = useLanguage();
  const elapsedMs = useElapsed(run);
  const memory = peakBytes === undefined ? undefined : bytesParts(peakBytes);
  const share = run.steps === undefined || run.steps === 0 ? undefined : run.step / run.steps;
  return (
    <Stack gap={8}>
      <div className={classes['head']}>
        <div className={classes['title']}>
          <Title order={1} fz="lg" lineClamp={2} title={run.name}>
            {run.name}
          </Title>
          <StateBadge state={run.state} />
          <Text c="dimmed" fz="xs">
            {settingWords(`choices.method.${run.method}`)} · {run.modelName} · {run.datasetName}
          </Text>
        </div>
        <RunActions {...actions} />
      </div>
      <div className={classes['figures']}>
        <span>
          {words('step', { step: formatNumber(run.step), steps: formatNumber(run.steps) })}
          {share === undefined ? '' : ` · ${formatNumber(share * 100)}%`}
        </span>
        <span className={classes['bar']}>
          <ProgressBar label={words('progress')} fraction={isLive(run.state) ? share : (share ?? 0)} />
        </span>
        {isLive(run.state) && run.etaMs !== undefined && (
          <span>{words('remaining', { duration: formatDuration(run.etaMs, language) })}</span>
        )}
        {elapsedMs !== undefined && (
          <span>{words('elapsed', { duration: formatDuration(elapsedMs, language) })}</span>
        )}
        {run.loss !== undefined && (
          <span>
            {words('curve.loss')} {formatLoss(run.loss)}
          </span>
        )}
        {run.evalLoss !== undefined && (
          <span>
            {words('curve.evalLoss')} {formatLoss(run.evalLoss)}
          </span>
        )}
        {isLive(run.state) && run.tokensPerSecond !== undefined && (
          <Quantity value={formatNumber(run.tokensPerSecond)} unit="tok/s" />
        )}
        {memory !== undefined && (
          <span>
            {words('memory')} <Quantity value={memory.value} unit={memory.unit} />
          </span>
        )}
      </div>
    </Stack>
  );
}

/** From the first start to the end, or to now. */
function useElapsed(run: RunSummary): number | undefined {
  const live = isLive(run.state);
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    if (!live) return undefined;
    const timer = setInterval(() => setNowMs(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [live]);
  if (run.startedAtMs === undefined) return undefined;
  return Math.max(0, (live ? nowMs : (run.endedAtMs ?? run.startedAtMs)) - run.startedAtMs);
}
