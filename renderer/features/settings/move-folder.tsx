import { Button, Code, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { DataFolderView } from '../../../electron/shared/contract/methods/data-folder.ts';
import { useAction, useCall } from '../../api/hooks.ts';
import { choosePathsNatively } from '../../api/rig-files.ts';
import { formatBytes } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { RestartButton } from './restart-button.tsx';
import { SettingRow } from './setting-row.tsx';

type FolderProps = Readonly<{ folder: DataFolderView }>;

/** The button that begins a move, how far one is, and what to do when it has ended. */
export function MoveFolder({ folder }: FolderProps): ReactElement {
  const words = useWords('settings');
  const [isAsking, setIsAsking] = useState(false);
  const { move } = folder;
  if (move.state === 'copying' || move.state === 'checking') return <Moving folder={folder} />;
  if (move.state === 'moved') return <Moved folder={folder} />;
  return (
    <>
      <SettingRow name={words('data.move')} hint={words('data.moveHint')}>
        <Button variant="default" size="compact-sm" onClick={() => setIsAsking(true)}>
          {words('data.moveStart')}
        </Button>
      </SettingRow>
      {move.state === 'failed' && move.error !== undefined && <ErrorNote error={move.error} />}
      <MoveDialog folder={folder} opened={isAsking} onClose={() => setIsAsking(false)} />
    </>
  );
}

function Moving({ folder: { move } }: FolderProps): ReactElement {
  const words = useWords('settings');
  const cancel = useAction('dataFolder.cancelMove');
  const { doneBytes = 0, totalBytes } = move;
  const label = words(`data.${move.state}`, { folder: move.target ?? '' });
  return (
    <Stack gap={6} py={10}>
      <Group justify="space-between" wrap="nowrap">
        <Text>{label}</Text>
        <Button
          variant="default"
          size="compact-sm"
          loading={cancel.isPending}
          onClick={() => cancel.mutate({})}
        >
          {words('data.cancel')}
        </Button>
      </Group>
      <ProgressBar
        label={label}
        fraction={totalBytes === undefined ? undefined : doneBytes / Math.max(1, totalBytes)}
      />
      <Text c="dimmed">
        {totalBytes === undefined
          ? words('data.counting')
          : words('data.progress', { done: formatBytes(doneBytes), total: formatBytes(totalBytes) })}
      </Text>
      <Text c="dimmed">{words('data.held')}</Text>
      {cancel.error !== null && <ErrorNote error={cancel.error} />}
    </Stack>
  );
}

/** The copy is whole; this start of the studio still stands on the old folder. */
function Moved({ folder: { move, chosenBy } }: FolderProps): ReactElement {
  const words = useWords('settings');
  const target = move.target ?? '';
  const isByHand = chosenBy === 'environment' || chosenBy === 'argument';
  return (
    <Stack gap={6} py={10} role="status">
      <Text fw={600}>{words('data.moved', { folder: target })}</Text>
      <Text>{words(isByHand ? 'data.movedByHand' : 'data.movedRestart')}</Text>
      {isByHand && (
        <Code block>{chosenBy === 'environment' ? `LEGAL_EAGLE_HOME=${target}` : `--home ${target}`}</Code>
      )}
      {!isByHand && (
        <Group>
          <RestartButton />
        </Group>
      )}
    </Stack>
  );
}

type MoveDialogProps = FolderProps & Readonly<{ opened: boolean; onClose: () => void }>;

function MoveDialog({ folder, opened, onClose }: MoveDialogProps): ReactElement {
  const words = useWords('settings');
  const start = useAction('dataFolder.move');
  const capabilities = useCall('app.capabilities', {});
  const [target, setTarget] = useState('');
  const [failure, setFailure] = useState<unknown>();
  const isNative = capabilities.data?.nativeDialogs.available === true && choosePathsNatively !== undefined;
  const isFixed = folder.chosenBy === 'environment' || folder.chosenBy === 'argument';
  const browse = async (): Promise<void> => {
    try {
      const [path] =
        (await choosePathsNatively?.({ title: words('data.moveTitle'), choose: 'folder' })) ?? [];
      if (path !== undefined) setTarget(path);
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={words('data.moveTitle')}
      closeButtonProps={{ 'aria-label': words('common:close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate({ path: target.trim() }, { onSuccess: onClose });
        }}
      >
        <Stack gap="sm">
          <Text>{words('data.moveWhat')}</Text>
          {isFixed && <Text>{words(`data.fixed.${folder.chosenBy}`)}</Text>}
          <Group gap="xs" align="flex-end" wrap="nowrap">
            <TextInput
              flex={1}
              label={words('data.target')}
              data-autofocus
              readOnly={isNative}
              value={target}
              onChange={(event) => setTarget(event.currentTarget.value)}
            />
            {isNative && (
              <Button variant="default" onClick={() => void browse()}>
                {words('data.browse')}
              </Button>
            )}
          </Group>
          {start.error !== null && <ErrorNote error={start.error} />}
          {failure !== undefined && <ErrorNote error={failure} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {words('common:cancel')}
            </Button>
            <Button type="submit" disabled={target.trim() === ''} loading={start.isPending}>
              {words('data.moveNow')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
