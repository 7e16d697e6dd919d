import { Anchor, Button, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlaylistAdd } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { InputOf } from '../../api/hooks.ts';
import { useAction } from '../../api/hooks.ts';
import { useQueue } from '../../api/use-queue.ts';
import { useWords } from '../../i18n/use-words.ts';
import { askToNotifyOnce } from '../../state/ask-to-notify.ts';
import { useLiveRuns } from '../../state/live-runs.ts';
import { ErrorNote } from '../../ui/error-note.tsx';

export type QueueButtonProps = Readonly<{
  recipe: InputOf<'runs.start'>['recipe'] | undefined;
  isBlocked: boolean;
}>;

/** Has the run wait until the device is free; the form stays, for a next one. */
export function QueueButton({ recipe, isBlocked }: QueueButtonProps): ReactElement {
  const words = useWords('new-run');
  const start = useAction('runs.start', { changes: ['queue'] });
  const live = useLiveRuns();
  const waiting = useQueue()?.items.length ?? 0;
  const [computing] = live;
  const onQueue = (): void => {
    if (recipe === undefined || isBlocked || start.isPending) return;
    askToNotifyOnce();
    start.mutate(
      { recipe, queue: true },
      {
        onSuccess: ({ runId }) =>
          notifications.show({
            title: words('queue.done', { name: recipe['name'] }),
            message: (
              // Notes hang outside the router, so this is an address and no route.
              <Anchor href={`#/runs/${encodeURIComponent(runId)}`}>
                {words(computing === undefined && waiting === 0 ? 'queue.startsNow' : 'queue.waits')}
              </Anchor>
            ),
            closeButtonProps: { 'aria-label': words('common:close') },
          }),
      },
    );
  };
  return (
    <>
      {start.error !== null && <ErrorNote error={start.error} />}
      <Button
        size="md"
        variant={computing === undefined ? 'default' : 'filled'}
        leftSection={<IconPlaylistAdd size={16} aria-hidden />}
        disabled={isBlocked || recipe === undefined}
        loading={start.isPending}
        aria-describedby="queue-hint"
        onClick={onQueue}
      >
        {words('queue.add')}
      </Button>
      <Text fz="xs" c="dimmed" id="queue-hint" aria-live="polite">
        {computing === undefined
          ? words('queue.hint')
          : words('queue.busy', { name: computing.name, count: waiting + 1 })}
      </Text>
    </>
  );
}
