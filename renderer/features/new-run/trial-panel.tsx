import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { IconFlask } from '@tabler/icons-react';
import type { ReactElement } from 'react';
import { Link } from 'react-router';

import type { PreflightView } from '../../../electron/shared/contract/methods/preflight.ts';
import type { RunDetail } from '../../../electron/shared/contract/methods/runs.ts';
import { TRIAL_STEPS } from '../../../electron/shared/domain/recipes/trial-recipe.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { formatBytes, formatDuration, formatLoss, formatNumber } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { Fact } from './fact.tsx';
import { Notice } from './notice.tsx';
import classes from './trial-panel.module.css';
import type { Trial } from './use-trial.ts';

export type TrialPanelProps = Readonly<{
  trial: Trial;
  preflight: PreflightView | undefined;
  isBlocked: boolean;
}>;

/** A few steps on the real model and data before the long run, and what they showed. */
export function TrialPanel({ trial, preflight, isBlocked }: TrialPanelProps): ReactElement {
  const words = useWords('new-run');
  const { run } = trial;
  const isRunning = run !== undefined && isLive(run.state);
  const steps = Math.min(TRIAL_STEPS, preflight?.steps ?? TRIAL_STEPS);
  return (
    <Stack gap="xs" component="section" aria-label={words('trial.title')}>
      <Text fw={600}>{words('trial.title')}</Text>
      {run === undefined ? (
        <Text fz="xs" c="dimmed">
          {words('trial.about')}
        </Text>
      ) : (
        <TrialRun run={run} />
      )}
      {run !== undefined && !isRunning && run.state === 'done' && (
        <Measured trial={trial} run={run} preflight={preflight} />
      )}
      {run?.error !== undefined && !isRunning && <ErrorNote error={run.error} />}
      {run !== undefined && trial.changedSince.length > 0 && (
        <Notice tone="amber">
          {words('trial.changedSince', {
            fields: trial.changedSince
              .map((path) => words(`fields.${path}.label`))
              .join(words('trial.comma')),
          })}
        </Notice>
      )}
      {trial.error !== undefined && <ErrorNote error={trial.error} />}
      {!isRunning && (
        <Group gap="xs">
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconFlask size={14} aria-hidden />}
            disabled={isBlocked}
            loading={trial.isStarting}
            onClick={() => trial.start(false)}
          >
            {words(run === undefined ? 'trial.start' : 'trial.again', { steps: formatNumber(steps) })}
          </Button>
          {run !== undefined && (
            <Button size="compact-sm" variant="subtle" onClick={trial.forget}>
              {words('trial.forget')}
            </Button>
          )}
        </Group>
      )}
    </Stack>
  );
}

function TrialRun({ run }: Readonly<{ run: RunDetail }>): ReactElement {
  const words = useWords('new-run');
  const { step, steps = TRIAL_STEPS } = run;
  return (
    <>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Anchor component={Link} to={`/runs/${encodeURIComponent(run.id)}`} truncate>
          {run.name}
        </Anchor>
        <StateBadge state={run.state} />
      </Group>
      {isLive(run.state) && (
        <>
          <ProgressBar fraction={step / steps} label={words('trial.title')} />
          <Text fz="xs" c="dimmed">
            {words('trial.progress', {
              step: formatNumber(step),
              steps: formatNumber(steps),
              loss: formatLoss(run.loss),
            })}
          </Text>
        </>
      )}
    </>
  );
}

type MeasuredProps = Readonly<{ trial: Trial; run: RunDetail; preflight: PreflightView | undefined }>;

function Measured({ trial, run, preflight }: MeasuredProps): ReactElement {
  const words = useWords('new-run');
  const language = useLanguage();
  const { measuredPeakBytes: measured, predictedPeakBytes: predicted } = trial;
  // The preflight reckons with the newest run of the model, which this trial is unless another came after it.
  const own = preflight?.throughput?.runId === run.id ? preflight.throughput.tokensPerSecond : undefined;
  const speed = own ?? run.tokensPerSecond;
  const durationMs =
    speed === undefined || preflight === undefined ? undefined : (preflight.trainTokens / speed) * 1000;
  return (
    <>
      <Fact name={words('trial.peak')}>
        {measured === undefined ? '—' : formatBytes(measured)}
        {predicted !== undefined && (
          <Text span fz="xs" c="dimmed">
            {' '}
            {words('trial.predicted', { predicted: formatBytes(predicted) })}
          </Text>
        )}
      </Fact>
      <Fact name={words('trial.speed')}>{words('tokensPerSecond', { tokens: formatNumber(speed) })}</Fact>
      <Fact name={words('trial.loss')}>
        {formatLoss(run.lossFirst)} → {formatLoss(run.loss)}
      </Fact>
      <Fact name={words('trial.duration')} strong>
        {durationMs === undefined ? '—' : `≈ ${formatDuration(durationMs, language)}`}
      </Fact>
      {run.samples.length > 0 && (
        <div>
          <Text fz="xs" fw={600}>
            {words('trial.answers')}
          </Text>
          {run.samples.map((sample) => (
            <details key={`${String(sample.step)}${sample.prompt}`} className={classes['answer']} open>
              <summary>{sample.prompt}</summary>
              <p>{sample.answer === '' ? words('trial.emptyAnswer') : sample.answer}</p>
            </details>
          ))}
        </div>
      )}
    </>
  );
}
