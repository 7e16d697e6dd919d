import { useEffect, type ReactElement } from 'react';

import { Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconDiamond } from '@tabler/icons-react';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { isResumable } from '../../../electron/shared/domain/run-state.ts';
import { useAction, useCall, type OutputOf } from '../../api/hooks.ts';
import { formatBytes, formatLoss, formatNumber, formatTime } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { MergeButton } from './merge-button.tsx';
import classes from './run.module.css';

type Checkpoint = OutputOf<'runs.checkpoints'>['items'][number];

/** What is saved, whether it is whole, and what can be made of it. `mark` changes when something was saved. */
export function CheckpointList({ run, mark }: Readonly<{ run: RunSummary; mark: string }>): ReactElement {
  const words = useWords('run');
  const { data, error, refetch } = useCall('runs.checkpoints', { run: run.id });
  useEffect(() => void refetch(), [mark, refetch]);
  if (error !== null && data === undefined) return <ErrorNote error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Skeletons rows={3} />;
  if (data.items.length === 0) {
    return <EmptyState icon={<IconDiamond size={36} stroke={1.5} />} sentence={words('checkpoints.none')} />;
  }
  return (
    <div style={{ overflowX: 'auto' }}>
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
    </div>
  );
}

function Row({ run, checkpoint }: Readonly<{ run: RunSummary; checkpoint: Checkpoint }>): ReactElement {
  const words = useWords('run');
  const language = useLanguage();
  const resume = useAction('runs.resume');
  const { step, whole } = checkpoint;
  const canResume = whole && isResumable(run.state);
  const state = !whole ? 'damaged' : run.state === 'done' ? 'wholeMerge' : 'whole';
  return (
    <tr>
      <td>{formatNumber(step)}</td>
      <td>
        <Group gap={4} wrap="nowrap" c={whole ? 'var(--le-green)' : 'var(--le-red)'}>
          {whole ? <IconCircleCheck size={16} aria-hidden /> : <IconAlertTriangle size={16} aria-hidden />}
          {words(`checkpoints.is.${state}`)}
        </Group>
      </td>
      <td>
        {formatLoss(checkpoint.evalLoss)}
        {checkpoint.best && (
          <Text span fz="xs" fw={600} ml={6}>
            {words('checkpoints.best')}
          </Text>
        )}
      </td>
      <td>{words(`reason.${checkpoint.reason}`)}</td>
      <td>{formatBytes(checkpoint.bytes)}</td>
      <td>{formatTime(checkpoint.createdAtMs, language)}</td>
      <td>
        <Group gap="xs" wrap="nowrap">
          {canResume && (
            <Button
              size="compact-sm"
              variant="default"
              loading={resume.isPending}
              onClick={() => resume.mutate({ run: run.id, fromStep: step })}
            >
              {words('action.resumeHere')}
            </Button>
          )}
          {whole && <MergeButton run={run} step={step} />}
        </Group>
        {resume.error !== null && <ErrorNote error={resume.error} />}
      </td>
    </tr>
  );
}
