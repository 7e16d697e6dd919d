import { Button, Text } from '@mantine/core';
import type { ReactElement } from 'react';

import { useAction, useCall } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';

/** Starts the desktop app again; a server says what to do by hand. */
export function RestartButton(): ReactElement {
  const words = useWords('settings');
  const capabilities = useCall('app.capabilities', {});
  const restart = useAction('host.relaunch');
  if (capabilities.data?.nativeDialogs.available !== true) return <Text>{words('restart.server')}</Text>;
  return (
    <>
      <Button size="compact-sm" loading={restart.isPending} onClick={() => restart.mutate({})}>
        {words('restart.app')}
      </Button>
      {restart.error !== null && <ErrorNote error={restart.error} />}
    </>
  );
}
