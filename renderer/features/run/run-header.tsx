import { useEffect, useState, type ReactElement } from 'react';

import { ActionIcon, Button, Group, Menu, Modal, Stack, Text, Title } from '@mantine/core';
import {
  IconChevronDown,
  IconDeviceFloppy,
  IconMessageQuestion,
  IconPlayerPlay,
  IconPlayerStop,
} from '@tabler/icons-react';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { isLive, isResumable } from '../../../electron/shared/domain/run-state.ts';
import { useAction } from '../../api/hooks.ts';
import { bytesParts, formatDuration, formatLoss, formatNumber } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { Quantity } from '../../ui/quantity.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { QueueActions } from './queue-actions.tsx';
import classes from './run.module.css';

export type RunHeaderProps = Readonly<{
  run: RunSummary;
  /** Newest whole checkpoint. */
  checkpointStep: number | undefined;
  /** Whether it has questions to answer when asked now. */
  hasPrompts: boolean;
  peakBytes: number | undefined;
}>;

export function RunHeader({ run, checkpointStep, hasPrompts, peakBytes }: RunHeaderProps): ReactElement {
  const words = useWords('run');
  const language = useLanguage();
  const elapsedMs = useElapsed(run);
  const memory = peakBytes === undefined ? undefined : bytesParts(peakBytes);
  const share = run.steps === undefined || run.steps === 0 ? undefined : run.step / run.steps;
  return (
    <Stack gap={8}>
      <div className={classes['head']}>
        <div className={classes['title']}>
          <Title order={1} fz="lg" lineClamp={1} title={run.name}>
            {run.name}
          </Title>
          <StateBadge state={run.state} />
          <Text c="dimmed" fz="xs">
            {run.modelName} · {run.datasetName}
          </Text>
        </div>
        <RunActions {...{ run, checkpointStep, hasPrompts }} />
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

function RunActions({
  run,
  checkpointStep,
  hasPrompts,
}: Pick<RunHeaderProps, 'run' | 'checkpointStep' | 'hasPrompts'>): ReactElement {
  const words = useWords('run');
  const stop = useAction('runs.stop');
  const save = useAction('runs.saveNow');
  const sample = useAction('runs.sampleNow');
  const resume = useAction('runs.resume');
  const [isAsking, setAsking] = useState(false);
  const failed = [stop, save, sample, resume].find((action) => action.error !== null);
  const canAct = run.state === 'running';
  const lost = Math.max(0, run.step - (checkpointStep ?? 0));
  const lostSentence = words(checkpointStep === undefined ? 'stopNow.losesAll' : 'stopNow.loses', {
    count: lost,
    lost: formatNumber(lost),
    step: formatNumber(checkpointStep ?? 0),
  });
  return (
    <Stack gap={4} align="flex-end">
      <Group gap="xs">
        {isLive(run.state) && (
          <>
            <Button
              variant="default"
              leftSection={<IconDeviceFloppy size={16} aria-hidden />}
              disabled={!canAct}
              loading={save.isPending}
              onClick={() => save.mutate({ run: run.id })}
            >
              {words('action.saveNow')}
            </Button>
            <Button
              variant="default"
              leftSection={<IconMessageQuestion size={16} aria-hidden />}
              disabled={!canAct || !hasPrompts}
              title={hasPrompts ? undefined : words('action.noPrompts')}
              loading={sample.isPending}
              onClick={() => sample.mutate({ run: run.id })}
            >
              {words('action.sampleNow')}
            </Button>
            <Button.Group>
              <Button
                leftSection={<IconPlayerStop size={16} aria-hidden />}
                disabled={run.state === 'stopping'}
                loading={stop.isPending}
                onClick={() => stop.mutate({ run: run.id })}
              >
                {words('action.stop')}
              </Button>
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon
                    variant="filled"
                    color="accent"
                    // The same shade as the button it belongs to, in both themes.
                    bg="var(--mantine-primary-color-filled)"
                    size={36}
                    aria-label={words('action.moreStops')}
                  >
                    <IconChevronDown size={16} aria-hidden />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown maw={320}>
                  <Menu.Item onClick={() => setAsking(true)}>
                    {words('action.stopNow')}
                    <Text fz="xs" c="dimmed">
                      {lostSentence}
                    </Text>
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </Button.Group>
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
      </Group>
      {isResumable(run.state) && (
        <Text fz="xs" c="dimmed">
          {checkpointStep === undefined
            ? words('resume.fromStart')
            : words('resume.from', { step: formatNumber(checkpointStep) })}
        </Text>
      )}
      {failed !== undefined && <ErrorNote error={failed.error} />}
      <Modal
        closeButtonProps={{ 'aria-label': words('common:close') }}
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={words('stopNow.question')}
        centered
      >
        <Stack>
          <Text>{lostSentence}</Text>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" data-autofocus onClick={() => setAsking(false)}>
              {words('common:cancel')}
            </Button>
            <Button
              styles={{ root: { background: 'var(--le-red)', color: 'var(--le-panel)' } }}
              onClick={() => {
                setAsking(false);
                stop.mutate({ run: run.id, deadlineMs: 0 });
              }}
            >
              {words('action.stopNow')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Stack>
  );
}
