import type { ReactElement } from 'react';

import { Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconDiamond, IconMessages } from '@tabler/icons-react';
import { Link } from 'react-router';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { isResumable } from '../../../electron/shared/domain/run-state.ts';
import { useReveal } from '../../api/desktop-host.ts';
import { useAction, type OutputOf } from '../../api/hooks.ts';
import { formatBytes, formatLoss, formatNumber, formatTime } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { CopyPathButton } from '../../ui/copy-path-button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { RevealButton } from '../../ui/reveal-button.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { MergeButton } from './merge-button.tsx';
import classes from './run.module.css';
import type { Checkpoints } from './use-checkpoints.ts';

type Checkpoint = OutputOf<'runs.checkpoints'>['items'][number];
export type CheckpointListProps = Readonly<{ run: RunSummary; checkpoints: Checkpoints }>;

/** What is saved, whether it is whole, and what can be made of it. */
export function CheckpointList({ run, checkpoints }: CheckpointListProps): ReactElement {
  const words = useWords('run');
  const { data, error, refetch } = checkpoints;
  if (error !== null && data === undefined) return <ErrorNote error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Skeletons rows={3} />;
  if (data.items.length === 0) {
    return <EmptyState icon={<IconDiamond size={36} stroke={1.5} />} sentence={words('checkpoints.none')} />;
  }
  return (
    <div className={classes['scrolled']} tabIndex={0} role="region" aria-label={words('tab.checkpoints')}>
      <table className={classes['table']}>
        <thead>
          <tr>
            {(['step', 'state', 'evalLoss', 'reason', 'size', 'time', 'actions'] as const).map((column) => (
              <th key={column} scope="col">
                {words(`checkpoints.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.items.toReversed().map((checkpoint) => (
            <Row key={checkpoint.step} run={run} checkpoint={checkpoint} />
          ))}
        </tbody>
      </table>
      <Text fz="xs" c="dimmed" mt={6}>
        {words(run.method === 'full' ? 'checkpoints.modelNote' : 'checkpoints.mergeNote')}
      </Text>
    </div>
  );
}

function Row({ run, checkpoint }: Readonly<{ run: RunSummary; checkpoint: Checkpoint }>): ReactElement {
  const words = useWords('run');
  const language = useLanguage();
  const reveal = useReveal();
  const { step, whole, path } = checkpoint;
  return (
    <tr>
      <td className={classes['number']}>{formatNumber(step)}</td>
      <td>
        <State run={run} checkpoint={checkpoint} />
      </td>
      <td className={classes['number']}>
        {formatLoss(checkpoint.evalLoss)}
        {checkpoint.best && (
          <Text span fz="xs" fw={600} ml={6}>
            {words('checkpoints.best')}
          </Text>
        )}
      </td>
      <td>{words(`reason.${checkpoint.reason}`)}</td>
      <td className={classes['number']}>{formatBytes(checkpoint.bytes)}</td>
      <td className={classes['number']}>{formatTime(checkpoint.createdAtMs, language)}</td>
      <td>
        <Group gap="xs" wrap="nowrap" align="flex-start">
          {whole && isResumable(run.state) && <ResumeHere run={run} step={step} />}
          {whole &&
            (run.method === 'full' ? (
              <ChatLink run={run} step={step} />
            ) : (
              <MergeButton run={run} step={step} />
            ))}
          <CopyPathButton
            path={path}
            label={`${words('checkpoints.copyPath')} ${formatNumber(step)}`}
            copied={words('checkpoints.copied')}
          />
          <RevealButton path={path} reveal={reveal} look="icon" />
        </Group>
      </td>
    </tr>
  );
}

function State({ run, checkpoint }: Readonly<{ run: RunSummary; checkpoint: Checkpoint }>): ReactElement {
  const words = useWords('run');
  const { whole, fault } = checkpoint;
  const isDone = run.state === 'done';
  const wholeState =
    run.method === 'full' ? (isDone ? 'wholeModelDone' : 'wholeModel') : isDone ? 'wholeMerge' : 'whole';
  const state = whole ? wholeState : 'torn';
  const sizes =
    fault?.kind === 'file_size'
      ? { bytes: formatBytes(fault.bytes), expectedBytes: formatBytes(fault.expectedBytes) }
      : {};
  return (
    <>
      <Group gap={4} wrap="nowrap" c={whole ? 'var(--le-green)' : 'var(--le-red)'}>
        {whole ? <IconCircleCheck size={16} aria-hidden /> : <IconAlertTriangle size={16} aria-hidden />}
        {words(`checkpoints.is.${state}`)}
      </Group>
      {fault !== undefined && (
        <Text fz="xs" c="dimmed">
          {words(`checkpoints.fault.${fault.kind}`, { ...fault, ...sizes })}
        </Text>
      )}
    </>
  );
}

/** A checkpoint of full fine-tuning is a model as it stands. */
function ChatLink({ run, step }: Readonly<{ run: RunSummary; step: number }>): ReactElement {
  const words = useWords('run');
  return (
    <Button
      component={Link}
      size="compact-sm"
      variant="default"
      leftSection={<IconMessages size={14} aria-hidden />}
      to={`/chat?run=${run.id}&weights=tuned&step=${step}`}
    >
      {words('action.chat')}
    </Button>
  );
}

/** Goes back to a checkpoint; asks first where steps that were taken become void. */
function ResumeHere({ run, step }: Readonly<{ run: RunSummary; step: number }>): ReactElement {
  const words = useWords('run');
  const resume = useAction('runs.resume');
  const lost = Math.max(0, run.step - step);
  const start = (): void => resume.mutate({ run: run.id, fromStep: step });
  return (
    <div>
      {lost === 0 ? (
        <Button size="compact-sm" variant="default" loading={resume.isPending} onClick={start}>
          {words('action.resumeHere')}
        </Button>
      ) : (
        <ConfirmButton
          button={{ size: 'compact-sm' }}
          loading={resume.isPending}
          question={words('checkpoints.resumeQuestion', { step: formatNumber(step) })}
          consequence={words('checkpoints.resumeLoses', { count: lost, lost: formatNumber(lost) })}
          confirm={words('action.resumeHere')}
          onConfirm={start}
        >
          {words('action.resumeHere')}
        </ConfirmButton>
      )}
      {resume.error !== null && <ErrorNote error={resume.error} />}
    </div>
  );
}
