import { ActionIcon, Button, Group, Text } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react';
import { useEffect, useRef, type ReactElement } from 'react';
import { Link } from 'react-router';

import type { QueueView } from '../../../electron/shared/contract/methods/queue.ts';
import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { useAction } from '../../api/hooks.ts';
import { useQueue } from '../../api/use-queue.ts';
import { formatDuration, formatNumber } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { useLiveRuns } from '../../state/live-runs.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';
import { showUndo } from '../../ui/undo-note.tsx';
import classes from './queue-panel.module.css';

/** What computes now and what waits for it, in order. Draws nothing where there is neither. */
export function QueuePanel(): ReactElement | null {
  const words = useWords('home');
  const live = useLiveRuns();
  const queue = useQueue();
  const setPaused = useAction('queue.setPaused');
  const items = queue?.items ?? [];
  const isIdle = queue?.paused !== true && items.length === 0;
  if (live.length === 0 && isIdle) return null;
  return (
    <Panel
      title={words('queue.title')}
      actions={
        queue !== undefined && (
          <Button
            size="compact-sm"
            variant={queue.paused ? 'filled' : 'default'}
            loading={setPaused.isPending}
            leftSection={
              queue.paused ? (
                <IconPlayerPlay size={14} aria-hidden />
              ) : (
                <IconPlayerPause size={14} aria-hidden />
              )
            }
            onClick={() => setPaused.mutate({ paused: !queue.paused })}
          >
            {words(queue.paused ? 'queue.continue' : 'queue.pause')}
          </Button>
        )
      }
    >
      {queue?.paused === true && (
        <Text fw={600} c="var(--le-amber)" role="status" mb={6}>
          {words('queue.paused')}
        </Text>
      )}
      {queue?.pausedBy !== undefined && <ErrorNote error={queue.pausedBy} />}
      {setPaused.error !== null && <ErrorNote error={setPaused.error} />}
      {live.length > 0 && (
        <ul className={classes['list']} aria-label={words('queue.running')}>
          {live.map((run) => (
            <Running key={run.id} run={run} />
          ))}
        </ul>
      )}
      {items.length > 0 && <Waiting items={items} />}
      {queue !== undefined && items.length === 0 && (
        <Text c="dimmed" fz="xs">
          {words('queue.empty')}
        </Text>
      )}
    </Panel>
  );
}

function Running({ run }: Readonly<{ run: RunSummary }>): ReactElement {
  const words = useWords('home');
  const language = useLanguage();
  return (
    <li className={classes['row']}>
      <StateBadge state={run.state} />
      <Link to={`/runs/${run.id}`} className={classes['name']} title={run.name}>
        {run.name}
      </Link>
      <span className={classes['figures']}>
        {formatNumber(run.step)} / {formatNumber(run.steps)}
      </span>
      <span className={classes['bar']}>
        <ProgressBar label={run.name} fraction={run.steps === undefined ? undefined : run.step / run.steps} />
      </span>
      <span className={classes['figures']}>
        {run.etaMs === undefined
          ? ''
          : words('queue.remaining', { duration: formatDuration(run.etaMs, language) })}
      </span>
    </li>
  );
}

type Items = QueueView['items'];
type Moved = Readonly<{ runId: string; direction: 'up' | 'down' }>;

const buttonId = (runId: string, direction: Moved['direction']): string => `queue-${direction}-${runId}`;

function Waiting({ items }: Readonly<{ items: Items }>): ReactElement {
  const words = useWords('home');
  const move = useAction('queue.move');
  const stop = useAction('runs.stop', { changes: ['queue'] });
  const add = useAction('queue.add', { changes: ['runs'] });
  const moved = useRef<Moved | undefined>(undefined);
  const order = items.map((item) => item.run.id).join();
  // The row went elsewhere under the hand that moved it; the next press shall move it on.
  useEffect(() => {
    const last = moved.current;
    if (last === undefined) return;
    moved.current = undefined;
    const other = last.direction === 'up' ? 'down' : 'up';
    const buttons = [last.direction, other].map((direction) =>
      document.querySelector<HTMLButtonElement>(`#${buttonId(last.runId, direction as Moved['direction'])}`),
    );
    buttons.find((button) => button?.disabled === false)?.focus();
  }, [order]);

  const onMove = (at: number, direction: Moved['direction']): void => {
    const run = items[at]?.run.id;
    // A press while the last move is still under way counts too: it is made from the order that is shown.
    if (run === undefined) return;
    moved.current = { runId: run, direction };
    const before = direction === 'up' ? items[at - 1] : items[at + 2];
    move.mutate({ run, before: before?.run.id ?? null });
  };
  const onRemove = (at: number): void => {
    const item = items[at];
    if (item === undefined) return;
    const before = items[at + 1]?.run.id ?? null;
    const { fromStep, force } = item;
    stop.mutate(
      { run: item.run.id },
      {
        onSuccess: () =>
          showUndo({
            id: `unqueued-${item.run.id}`,
            title: words('queue.removed', { name: item.run.name }),
            message: words('queue.kept'),
            closeLabel: words('common:close'),
            onUndo: () =>
              add.mutateAsync({
                run: item.run.id,
                before,
                force,
                ...(fromStep === undefined ? {} : { fromStep }),
              }),
          }),
      },
    );
  };
  const error = move.error ?? stop.error;
  return (
    <>
      {error !== null && <ErrorNote error={error} />}
      <ol className={classes['list']} aria-label={words('queue.waiting')}>
        {items.map(({ run }, at) => (
          <li key={run.id} className={classes['row']}>
            <span className={classes['place']}>{at + 1}</span>
            <StateBadge state={run.state} />
            <Link to={`/runs/${run.id}`} className={classes['name']} title={run.name}>
              {run.name}
            </Link>
            <span className={classes['facts']} title={`${run.modelName} · ${run.datasetName}`}>
              {run.modelName} · {run.datasetName}
            </span>
            <Group gap={2} wrap="nowrap" style={{ flex: 'none' }}>
              <ActionIcon
                id={buttonId(run.id, 'up')}
                aria-label={words('queue.up', { name: run.name })}
                disabled={at === 0}
                onClick={() => onMove(at, 'up')}
              >
                <IconArrowUp size={16} aria-hidden />
              </ActionIcon>
              <ActionIcon
                id={buttonId(run.id, 'down')}
                aria-label={words('queue.down', { name: run.name })}
                disabled={at === items.length - 1}
                onClick={() => onMove(at, 'down')}
              >
                <IconArrowDown size={16} aria-hidden />
              </ActionIcon>
              <ActionIcon aria-label={words('queue.remove', { name: run.name })} onClick={() => onRemove(at)}>
                <IconX size={16} aria-hidden />
              </ActionIcon>
            </Group>
          </li>
        ))}
      </ol>
    </>
  );
}
