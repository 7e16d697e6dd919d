import type { ReactElement } from 'react';

import { Button, Group, Text } from '@mantine/core';
import { IconCloudUpload, IconDeviceFloppy, IconMessageQuestion, IconPlayerPlay } from '@tabler/icons-react';
import { Link } from 'react-router';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { isLive, isResumable } from '../../../electron/shared/domain/run-state.ts';
import { useReveal } from '../../api/desktop-host.ts';
import { useAction } from '../../api/hooks.ts';
import { formatBytes, formatNumber } from '../../i18n/format.ts';
import { useWords, type Words } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { RevealButton } from '../../ui/reveal-button.tsx';
import { QueueActions } from './queue-actions.tsx';
import type { LiveRun } from './run-frames.ts';
import { RunMore } from './run-more.tsx';
import classes from './run.module.css';
import { StopButton } from './stop-button.tsx';
import { useControl, type Control } from './use-control.ts';
import { useRunExports } from './use-run-exports.ts';

export type RunActionsProps = Readonly<{
  run: RunSummary;
  live: LiveRun | undefined;
  /** Newest whole checkpoint. */
  checkpointStep: number | undefined;
  /** Whether it has questions to answer when asked now. */
  hasPrompts: boolean;
  /** The run's folder. */
  dir: string;
  onClone: () => void;
}>;

/** What can be done with a run now, and under it what that means or what became of it. */
export function RunActions({
  run,
  live,
  checkpointStep,
  hasPrompts,
  dir,
  onClone,
}: RunActionsProps): ReactElement {
  const words = useWords('run');
  const stop = useAction('runs.stop');
  const save = useControl('runs.saveNow', run.id, live);
  const sample = useControl('runs.sampleNow', run.id, live);
  const resume = useAction('runs.resume');
  const exports = useRunExports(run);
  const reveal = useReveal();
  const error = [stop, save, sample, resume, exports].find((action) => action.error !== null)?.error;
  const canAct = run.state === 'running';
  return (
    <div className={classes['actions']}>
      <Group gap="xs" wrap="nowrap">
        {isLive(run.state) && (
          <>
            <StopButton
              run={run}
              checkpointStep={checkpointStep}
              isStopping={stop.isPending}
              onStop={(deadlineMs) =>
                stop.mutate({ run: run.id, ...(deadlineMs === undefined ? {} : { deadlineMs }) })
              }
            />
            <Button
              variant="default"
              leftSection={<IconDeviceFloppy size={16} aria-hidden />}
              disabled={!canAct}
              loading={save.isWaiting}
              onClick={save.ask}
            >
              {words('action.saveNow')}
            </Button>
            <Button
              variant="default"
              leftSection={<IconMessageQuestion size={16} aria-hidden />}
              disabled={!canAct || !hasPrompts}
              title={hasPrompts ? undefined : words('action.noPrompts')}
              loading={sample.isWaiting}
              onClick={sample.ask}
            >
              {words('action.sampleNow')}
            </Button>
          </>
        )}
        <QueueActions run={run} />
        {isResumable(run.state) && (
          <Button
            leftSection={<IconPlayerPlay size={16} aria-hidden />}
            loading={resume.isPending}
            onClick={() => resume.mutate({ run: run.id })}
          >
            {words('action.resume')}
          </Button>
        )}
        {!isLive(run.state) && (run.state === 'done' || checkpointStep !== undefined) && (
          <Button
            component={Link}
            to={`/release?run=${run.id}`}
            variant="default"
            leftSection={<IconCloudUpload size={16} aria-hidden />}
          >
            {words('action.release')}
          </Button>
        )}
        <RunMore exports={exports} dir={dir} onClone={onClone} />
      </Group>
      <Text fz="xs" c="dimmed" role="status">
        {sentence(words, run, checkpointStep, save, sample)}
      </Text>
      {exports.zipped !== undefined && (
        <Text fz="xs" role="status" className={classes['path']}>
          {words('report.zipped', {
            path: exports.zipped.path,
            size: formatBytes(exports.zipped.bytes),
          })}{' '}
          <RevealButton path={exports.zipped.path} reveal={reveal} look="icon" />
        </Text>
      )}
      {error !== undefined && <ErrorNote error={error} />}
    </div>
  );
}

function sentence(
  words: Words,
  run: RunSummary,
  checkpointStep: number | undefined,
  save: Control,
  sample: Control,
): string | undefined {
  const step = formatNumber(checkpointStep);
  if (isResumable(run.state)) {
    const lost = run.step - (checkpointStep ?? 0);
    if (checkpointStep === undefined) return words('resume.fromStart');
    return lost > 0
      ? words('resume.fromWithLoss', { count: lost, step, lost: formatNumber(lost) })
      : words('resume.from', { step });
  }
  if (run.state === 'queued') return words('now.queued');
  if (run.state === 'starting') return words('now.starting');
  if (run.state === 'stopping') return words('now.stopping');
  if (run.state !== 'running') return undefined;
  if (save.isWaiting) return words('now.saving');
  if (sample.isWaiting) return words('now.sampling');
  const last = [save.done, sample.done].filter((done) => done !== undefined).sort((a, b) => a.step - b.step);
  const done = last.at(-1);
  if (done?.command === 'save-now') return words('now.saved', { step: formatNumber(done.step) });
  if (done?.command === 'sample-now') return words('now.sampled', { step: formatNumber(done.step) });
  if (checkpointStep === undefined) return words('now.nothingSaved');
  const unsaved = run.step - checkpointStep;
  return words('now.lastSaved', { count: unsaved, step, unsaved: formatNumber(unsaved) });
}
