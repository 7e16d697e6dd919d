import { Button, Group, Text } from '@mantine/core';
import { IconPlugConnected, IconPlugConnectedX } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import { useConnection } from '../api/hooks.ts';
import { studio } from '../api/studio-client.ts';
import { useWords } from '../i18n/use-words.ts';

/** Whether the core answers; trouble is said in words, health with a quiet sign. */
export function ConnectionSign(): ReactElement {
  const words = useWords('common');
  const { state } = useConnection();
  const lost = state === 'offline' || state === 'refused';
  return (
    <Group gap={6} wrap="nowrap" role="status" c={lost ? 'var(--le-amber)' : 'dimmed'}>
      {lost ? <IconPlugConnectedX size={16} aria-hidden /> : <IconPlugConnected size={16} aria-hidden />}
      <Text fz="xs" fw={lost ? 600 : 400}>
        {words(`connection.${lost ? 'offline' : state}`)}
      </Text>
      {state === 'offline' && (
        <Button size="compact-xs" variant="default" onClick={() => studio.retry()}>
          {words('connection.retry')}
        </Button>
      )}
    </Group>
  );
}
