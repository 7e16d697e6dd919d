import { Text } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { DataFolderView } from '../../../electron/shared/contract/methods/data-folder.ts';
import { useReveal } from '../../api/desktop-host.ts';
import { useAction, useTopic } from '../../api/hooks.ts';
import { formatBytes } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { CopyTextButton } from '../../ui/copy-text-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { RevealButton } from '../../ui/reveal-button.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { MoveFolder } from './move-folder.tsx';
import { SettingRow } from './setting-row.tsx';

/** Where everything that a person makes lies, and the way to another disk. */
export function DataPanel(): ReactElement {
  const words = useWords('settings');
  const reveal = useReveal();
  const [folder, setFolder] = useState<DataFolderView>();
  useTopic('dataFolder', (data) => {
    // A core of another version has no such topic and answers with an error in place of a frame.
    if ('move' in data) setFolder(data);
  });
  return (
    <Panel title={words('section.data')}>
      {folder === undefined && <Skeletons rows={2} />}
      {folder !== undefined && (
        <>
          <SettingRow
            name={words('data.folder')}
            hint={
              <>
                <div>{folder.path}</div>
                <div>{words(`data.chosenBy.${folder.chosenBy}`)}</div>
              </>
            }
          >
            <CopyTextButton text={folder.path} label={words('copyPath')} />
            <RevealButton path={folder.path} reveal={reveal} />
          </SettingRow>
          <MoveFolder folder={folder} />
          <Previous folder={folder} />
        </>
      )}
    </Panel>
  );
}

/** What a move has left behind; it stays until the person says that it may go. */
function Previous({ folder }: Readonly<{ folder: DataFolderView }>): ReactElement | null {
  const words = useWords('settings');
  const remove = useAction('dataFolder.removePrevious');
  const { previous } = folder;
  if (previous === undefined) return null;
  const size = formatBytes(previous.bytes);
  return (
    <>
      <SettingRow
        name={words('data.previous')}
        hint={
          <>
            <div>{previous.path}</div>
            <Text c="dimmed">{words('data.previousHint', { size })}</Text>
          </>
        }
      >
        <ConfirmButton
          question={words('data.removeQuestion', { folder: previous.path })}
          consequence={words('data.removeConsequence', { size, folder: folder.path })}
          confirm={words('data.remove')}
          loading={remove.isPending}
          onConfirm={() => remove.mutate({})}
          button={{ size: 'compact-sm' }}
        >
          {words('data.remove')}
        </ConfirmButton>
      </SettingRow>
      {remove.error !== null && <ErrorNote error={remove.error} />}
    </>
  );
}
