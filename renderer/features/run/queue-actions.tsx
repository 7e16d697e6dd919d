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
import { showUndo } from '../../ui/undo-note.tsx';

/** What a person can do with a run that waits, or that could wait its turn instead of competing for memory. */
export function QueueActions({ run }: Readonly<{ run: RunSummary }>): ReactElement | null {
  const words = useWords('run');
  const stop = useAction('runs.stop', { changes: ['queue'] });
  const add = useAction('queue.add', { changes: ['runs'] });
  const queue = useQueue();
  const isBusy = useLiveRuns().length > 0;
  if (run.state === 'queued') {
    const at = queue?.items.findIndex((item) => item.run.id === run.id) ?? -1;
    const place = at + 1;
    const item = queue?.items[at];
    const onRemoved = (): void =>
      showUndo({
        id: `unqueued-${run.id}`,
        title: words('queue.removed', { name: run.name }),
        message: words('queue.kept'),
        closeLabel: words('common:close'),
        onUndo: () =>
          add.mutateAsync({
            run: run.id,
            before: queue?.items[at + 1]?.run.id ?? null,
            force: item?.force ?? false,
            ...(item?.fromStep === undefined ? {} : { fromStep: item.fromStep }),
          }),
      });
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
          onClick={() => stop.mutate({ run: run.id }, { onSuccess: onRemoved })}
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
