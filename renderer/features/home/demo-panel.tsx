import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import { useConnection } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { useDemo } from './use-demo.ts';

/** The whole way in two minutes on the processor, with what every installation carries. */
export function DemoPanel(): ReactElement {
  const words = useWords('home');
  const { state } = useConnection();
  const demo = useDemo();
  return (
    <Panel title={words('demo.title')}>
      <Stack gap="sm" align="flex-start">
        <Text c="dimmed">{words('demo.what')}</Text>
        <Button
          variant="default"
          leftSection={<IconPlayerPlay size={16} aria-hidden />}
          loading={demo.phase !== 'idle'}
          disabled={state !== 'online'}
          onClick={demo.start}
        >
          {words('demo.start')}
        </Button>
        <Text fz="xs" c="dimmed" role="status">
          {demo.phase === 'idle' ? words('demo.consequence') : words(`demo.${demo.phase}`)}
        </Text>
        {demo.error !== undefined && <ErrorNote error={demo.error} onRetry={demo.start} />}
      </Stack>
      <Modal
        opened={demo.isAsking}
        onClose={demo.dismiss}
        title={words('demo.draft.title')}
        closeButtonProps={{ 'aria-label': words('common:close') }}
        centered
      >
        <Text>{words('demo.draft.what')}</Text>
        <Group justify="flex-end" mt="md" gap="sm">
          <Button variant="default" onClick={demo.replace}>
            {words('demo.draft.replace')}
          </Button>
          <Button data-autofocus onClick={demo.keep}>
            {words('demo.draft.keep')}
          </Button>
        </Group>
      </Modal>
    </Panel>
  );
}
