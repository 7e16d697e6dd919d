import { useState, type ReactElement } from 'react';

import { ActionIcon, Button, Group, Menu, Modal, Stack, Text } from '@mantine/core';
import { IconChevronDown, IconPlayerStop } from '@tabler/icons-react';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';

export type StopButtonProps = Readonly<{
  run: RunSummary;
  /** Newest checkpoint. */
  checkpointStep: number | undefined;
  isStopping: boolean;
  /** Without a deadline the run saves first. */
  onStop: (deadlineMs?: number) => void;
}>;

/** Stop and save; behind it, stopping without saving, which says what is lost. */
export function StopButton({ run, checkpointStep, isStopping, onStop }: StopButtonProps): ReactElement {
  const words = useWords('run');
  const [isAsking, setAsking] = useState(false);
  const lost = Math.max(0, run.step - (checkpointStep ?? 0));
  const lostSentence = words(checkpointStep === undefined ? 'stopNow.losesAll' : 'stopNow.loses', {
    count: lost,
    lost: formatNumber(lost),
    step: formatNumber(checkpointStep ?? 0),
  });
  return (
    <>
      <Button.Group>
        <Button
          leftSection={<IconPlayerStop size={16} aria-hidden />}
          disabled={run.state === 'stopping'}
          loading={isStopping && run.state !== 'stopping'}
          onClick={() => onStop()}
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
              style={{ borderLeft: '1px solid var(--le-panel)' }}
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
                onStop(0);
              }}
            >
              {words('action.stopNow')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
