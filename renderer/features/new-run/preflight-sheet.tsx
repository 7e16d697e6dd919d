import { Divider, Stack, Text } from '@mantine/core';
import type { ReactElement } from 'react';

import type { DeviceMemoryView, PreflightView } from '../../../electron/shared/contract/methods/preflight.ts';
import { formatBytes } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { AppliedNote } from './applied-note.tsx';
import { Fact } from './fact.tsx';
import { Findings } from './findings.tsx';
import { MemoryBar } from './memory-bar.tsx';
import classes from './preflight-sheet.module.css';
import { ScaleDownOffer } from './scale-down-offer.tsx';
import { SheetFacts } from './sheet-facts.tsx';
import { StartButtons } from './start-buttons.tsx';
import { TrialPanel } from './trial-panel.tsx';
import type { AppliedChange } from './use-applied-change.ts';
import type { PreflightAnswer } from './use-preflight.ts';
import type { RecipeForm } from './use-recipe-form.ts';
import { useScaleDown } from './use-scale-down.ts';
import { useTrial } from './use-trial.ts';

export type PreflightSheetProps = Readonly<{
  form: RecipeForm;
  devices: number;
  answer: PreflightAnswer;
  change: AppliedChange;
  /** Reasons against a start besides the form's own. */
  obstacles: readonly string[];
}>;

/** Everything a person should know before the start, always beside the form; and the start itself. */
export function PreflightSheet(props: PreflightSheetProps): ReactElement {
  const { form, devices, answer, change, obstacles } = props;
  const words = useWords('new-run');
  const { preflight, checkAgain } = answer;
  const { recipe } = form;
  const isWrong = form.issues.some(({ reason }) => reason !== 'missing');
  const scaled = useScaleDown(form, answer, devices);
  const trial = useTrial(recipe, answer);
  return (
    <Panel
      className={classes['panel'] ?? ''}
      title={words('preflight')}
      actions={
        preflight !== undefined &&
        answer.isChecking && (
          <Text fz="xs" c="dimmed">
            {words('checking')}
          </Text>
        )
      }
    >
      <Stack
        gap="sm"
        className={classes['figures'] ?? ''}
        tabIndex={0}
        role="group"
        aria-label={words('figures')}
      >
        <AppliedNote change={change} />
        {recipe === undefined && (
          <Text c="dimmed">{words(isWrong ? 'stepsAfterMending' : 'stepsLater')}</Text>
        )}
        {preflight === undefined && answer.isChecking && <Skeletons rows={6} />}
        {answer.error !== undefined && <ErrorNote error={answer.error} onRetry={answer.checkAgain} />}
        {recipe !== undefined && preflight !== undefined && (
          <Stack gap="sm">
            <ScaleDownOffer
              scaled={scaled}
              publishedDevices={form.preset.published?.devices ?? 1}
              change={change}
            />
            <Findings tone="red" notes={preflight.problems} {...{ recipe, change, checkAgain }} />
            <SheetFacts recipe={recipe} preflight={preflight} devices={devices} />
            <Divider />
            <Needs preflight={preflight} />
            <Findings tone="amber" notes={preflight.warnings} {...{ recipe, change, checkAgain }} />
          </Stack>
        )}
        <Divider />
        <TrialPanel
          trial={trial}
          preflight={preflight}
          isBlocked={recipe === undefined || obstacles.length > 0}
        />
      </Stack>
      <div className={classes['start']}>
        <StartButtons form={form} obstacles={obstacles} preflight={preflight} />
      </div>
    </Panel>
  );
}

function Needs({ preflight }: Readonly<{ preflight: PreflightView }>): ReactElement {
  const words = useWords('new-run');
  return (
    <>
      <Text fw={600}>{words('memory')}</Text>
      {preflight.memory.length === 0 && (
        <Text fz="xs" c="dimmed">
          {words('memoryUnknown')}
        </Text>
      )}
      {inOrderOfCards(preflight.memory).map((memory, at, all) => (
        <MemoryBar key={memory.device} memory={memory} isAlike={isAlike(all[at - 1], memory)} />
      ))}
      <Fact name={words('disk')}>
        {words('diskIs', {
          needed: formatBytes(preflight.diskBytes),
          free: formatBytes(preflight.freeDiskBytes),
        })}
      </Fact>
    </>
  );
}

const inOrderOfCards = (memory: PreflightView['memory']): PreflightView['memory'] =>
  memory.toSorted((left, right) => left.device.localeCompare(right.device, 'en', { numeric: true }));

/** Cards of a kind hold the same; its parts are said once. */
const isAlike = (before: DeviceMemoryView | undefined, memory: DeviceMemoryView): boolean =>
  before?.name === memory.name && before.peakBytes === memory.peakBytes;
