import { Button, Text } from '@mantine/core';
import { IconPlaylistAdd, IconPlaylistX } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { isResumable } from '../../../electron/shared/domain/run-state.ts';
import { useAction } from '../../api/hooks.ts';
import { useQueue } from '../../api/use-queue.ts';
import { useWords } from '../../i18n/use-words.ts';
import { useLiveRuns } from '../../state/live-runs.ts';
import { ErrorNote } from '../../ui/error-note.tsx';

/** What a person can do with a run that waits, or that could wait its turn instead of competing for memory. */
export function QueueActions({ run }: Readonly<{ run: RunSummary }>): ReactElement | null {
  const words = useWords('run');
  const stop = useAction('runs.stop', { changes: ['queue'] });
  const add = useAction('queue.add', { changes: ['runs'] });
  const queue = useQueue();
  const isBusy = useLiveRuns().length > 0;
  if (run.state === 'queued') {
    const place = (queue?.items.findIndex((item) => item.run.id === run.id) ?? -1) + 1;
    return (
      <>
        {place > 0 && (
          <Text fz="xs" c="dimmed">
            {words(queue?.paused === true ? 'queue.placePaused' : 'queue.place', { place })}
          </Text>
        )}
        <Button
          variant="default"
          leftSection={<IconPlaylistX size={16} aria-hidden />}
          loading={stop.isPending}
          onClick={() => stop.mutate({ run: run.id })}
        >
          {words('queue.remove')}
        </Button>
        {stop.error !== null && <ErrorNote error={stop.error} />}
      </>
    );
  }
  if (!isResumable(run.state) || !isBusy) return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconPlaylistAdd size={16} aria-hidden />}
        loading={add.isPending}
        onClick={() => add.mutate({ run: run.id })}
      >
        {words('queue.add')}
      </Button>
      {add.error !== null && <ErrorNote error={add.error} />}
    </>
  );
}
