import { Group, Switch, Text } from '@mantine/core';
import type { ReactElement } from 'react';

import { useAction, useCall } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { RestartButton } from './restart-button.tsx';
import { SettingRow } from './setting-row.tsx';

/** What only a window of this machine has: who draws it, and whether the app keeps itself up to date. */
export function DesktopPanel(): ReactElement {
  const words = useWords('settings');
  const shell = useCall('host.shell', {});
  const capabilities = useCall('app.capabilities', {});
  const set = useAction('host.setAcceleration');
  const isOff = shell.data?.acceleration !== 'auto';
  const isPending = isOff === shell.data?.isAccelerated;
  const updates = capabilities.data?.autoUpdate.available;
  return (
    <Panel title={words('section.desktop')}>
      {shell.error !== null && <ErrorNote error={shell.error} onRetry={() => void shell.refetch()} />}
      {shell.isPending && <Skeletons rows={2} />}
      {shell.data !== undefined && (
        <>
          <SettingRow name={words('desktop.offGpu')} hint={words('desktop.offGpuHint')}>
            <Switch
              aria-label={words('desktop.offGpu')}
              checked={isOff}
              onChange={(event) => set.mutate({ acceleration: event.currentTarget.checked ? 'off' : 'auto' })}
            />
          </SettingRow>
          {shell.data.acceleration === 'failed' && <Text c="var(--le-amber)">{words('desktop.failed')}</Text>}
          {isPending && (
            <Group gap="sm" role="status" mb={10}>
              <Text fw={600}>{words('desktop.pending')}</Text>
              <RestartButton />
            </Group>
          )}
          {set.error !== null && <ErrorNote error={set.error} />}
          {updates !== undefined && (
            <SettingRow
              name={words('desktop.updates')}
              hint={words(updates ? 'desktop.updatesOn' : 'desktop.updatesOff')}
            />
          )}
        </>
      )}
    </Panel>
  );
}
