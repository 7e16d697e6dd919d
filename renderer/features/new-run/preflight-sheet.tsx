import { Divider, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactElement, ReactNode } from 'react';

import { describeError } from '../../../electron/shared/contract/errors/index.ts';
import { formatBytes, formatNumber } from '../../i18n/format.ts';
import { useErrorLanguage, useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { CountTokens } from './count-tokens.tsx';
import { MemoryBar } from './memory-bar.tsx';
import classes from './preflight-sheet.module.css';
import { StartButtons } from './start-buttons.tsx';
import type { PreflightAnswer } from './use-preflight.ts';
import type { RecipeForm } from './use-recipe-form.ts';
import type { Steps } from './use-steps.ts';

export type PreflightSheetProps = Readonly<{
  form: RecipeForm;
  steps: Steps;
  devices: number;
  answer: PreflightAnswer;
  /** Reasons besides the form's own. */
  obstacles: readonly string[];
}>;

/** Everything a person should know before the start, always beside the form; and the start itself. */
export function PreflightSheet(props: PreflightSheetProps): ReactElement {
  const { form, steps, devices, answer, obstacles } = props;
  const words = useWords('new-run');
  const { preflight } = answer;
  return (
    <Panel title={words('preflight')}>
      <Stack gap="sm">
        <StepFacts form={form} steps={steps} devices={devices} />
        {answer.isOffered && (
          <>
            <Divider />
            <Text fw={600}>{words('memory')}</Text>
            {form.recipe === undefined && <Text c="dimmed">{words('memoryLater')}</Text>}
            {preflight === undefined && answer.isChecking && <Skeletons rows={2} />}
            {answer.error !== undefined && <ErrorNote error={answer.error} />}
            {preflight?.memory.map((memory) => (
              <MemoryBar key={memory.device} memory={memory} />
            ))}
            {preflight?.diskBytes !== undefined && (
              <Fact name={words('disk')}>{formatBytes(preflight.diskBytes)}</Fact>
            )}
            <Findings tone="red" found={preflight?.problems ?? []} />
            <Findings tone="amber" found={preflight?.warnings ?? []} />
          </>
        )}
        <Divider />
        <StartButtons form={form} obstacles={obstacles} />
      </Stack>
    </Panel>
  );
}

function StepFacts({
  form,
  steps,
  devices,
}: Readonly<{ form: RecipeForm; steps: Steps; devices: number }>): ReactElement {
  const words = useWords('new-run');
  const { recipe } = form;
  const { estimate, statistics } = steps;
  if (recipe === undefined || estimate === undefined) {
    return <Text c="dimmed">{words('stepsLater')}</Text>;
  }
  const number = (value: number | undefined): string => formatNumber(value);
  const unit = words(`unit.${recipe.batch.unit}`);
  return (
    <>
      <Fact name={words('trainRows')}>{number(steps.trainRows)}</Fact>
      <Fact name={words('globalBatch')}>
        {words('globalBatchIs', {
          micro: recipe.batch.microBatch,
          accumulation: recipe.batch.gradientAccumulation,
          devices,
          batch: number(estimate.globalBatch),
          unit,
        })}
      </Fact>
      <Fact name={words('stepsPerEpoch')}>
        {estimate.exact ? number(estimate.stepsPerEpoch) : `≈ ${number(estimate.stepsPerEpoch)}`}
      </Fact>
      <Fact name={words('steps')} strong>
        {estimate.exact ? number(estimate.steps) : `≈ ${number(estimate.steps)}`}
      </Fact>
      {estimate.tokens !== undefined && statistics !== undefined ? (
        <>
          <Fact name={words('tokens')}>{number(estimate.tokens)}</Fact>
          <Fact name={words('truncated')}>
            {words('truncatedIs', {
              rows: number(statistics.overCutoff.rows),
              percent: formatNumber(statistics.overCutoff.share * 100, 1),
            })}
          </Fact>
          {statistics.overCutoff.answersLost > 0 && (
            <Notice tone="amber">
              {words('answersLost', { rows: number(statistics.overCutoff.answersLost) })}
            </Notice>
          )}
          <Text fz="xs" c="dimmed">
            {words('countedWith', { template: statistics.template, cutoff: number(statistics.cutoffLength) })}
          </Text>
        </>
      ) : (
        <div>
          <CountTokens recipe={recipe} />
        </div>
      )}
    </>
  );
}

function Fact({
  name,
  strong = false,
  children,
}: Readonly<{ name: string; strong?: boolean; children: ReactNode }>): ReactElement {
  return (
    <div className={classes['fact']}>
      <span>{name}</span>
      <span data-strong={strong || undefined}>{children}</span>
    </div>
  );
}

type Found = readonly Readonly<{ code: string; params: Readonly<Record<string, unknown>> }>[];

function Findings({ tone, found }: Readonly<{ tone: 'red' | 'amber'; found: Found }>): ReactElement {
  const language = useErrorLanguage();
  return (
    <>
      {found.map((finding) => {
        const text = describeError({ code: finding.code, params: finding.params }, language);
        return (
          <Notice key={`${finding.code}${JSON.stringify(finding.params)}`} tone={tone}>
            <strong>{text.message}</strong> {text.cause} {text.action}
          </Notice>
        );
      })}
    </>
  );
}

function Notice({ tone, children }: Readonly<{ tone: 'red' | 'amber'; children: ReactNode }>): ReactElement {
  return (
    <div className={classes['notice']} data-tone={tone}>
      <IconAlertTriangle size={16} aria-hidden />
      <div>{children}</div>
    </div>
  );
}
