import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useRef, useState, type DragEvent, type ReactElement } from 'react';

import { choosePathsNatively, listRigFolder } from '../../api/rig-files.ts';
import { formatBytes } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { FolderBrowser } from '../../ui/folder-browser.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { droppedFiles } from './dropped-files.ts';
import { nameOf, type ImportSource } from './import-draft.ts';
import classes from './source-picker.module.css';
import type { Uploads } from './use-uploads.ts';

export type SourcePickerProps = Readonly<{
  uploads: Uploads;
  onAdd: (sources: readonly ImportSource[]) => void;
}>;

/** The three ways in: drop or choose files, look around on the rig, type a path of the rig. */
export function SourcePicker({ uploads, onAdd }: SourcePickerProps): ReactElement {
  const words = useWords('datasets');
  const input = useRef<HTMLInputElement>(null);
  const [browsing, setBrowsing] = useState<'any' | 'folder' | undefined>(undefined);
  const [typed, setTyped] = useState('');
  const addPaths = (paths: readonly string[]): void =>
    onAdd(paths.map((path) => ({ path, name: nameOf(path), uploaded: false })));
  const addTyped = (): void => {
    if (typed.trim() === '') return;
    addPaths([typed.trim()]);
    setTyped('');
  };
  return (
    <Stack gap="sm" className={classes['picker'] ?? ''}>
      <Group gap="sm" align="center">
        <IconUpload size={24} aria-hidden color="var(--le-dimmed)" />
        <Text flex={1} miw={200}>
          {words('pick.drop')}
        </Text>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          data-testid="file-input"
          onChange={(event) => {
            const files = [...(event.currentTarget.files ?? [])].map((file) => ({ file, name: file.name }));
            event.currentTarget.value = '';
            void uploads.send(files);
          }}
        />
        {choosePathsNatively === undefined ? (
          <>
            <Button data-pick="files" onClick={() => input.current?.click()}>
              {words('pick.files')}
            </Button>
            <Button variant="default" onClick={() => setBrowsing('any')}>
              {words('pick.browse')}
            </Button>
          </>
        ) : (
          // The desktop app opens what lies on this machine in place; its dialogs show files or folders, not both.
          <>
            <Button data-pick="files" onClick={() => setBrowsing('any')}>
              {words('pick.files')}
            </Button>
            <Button variant="default" onClick={() => setBrowsing('folder')}>
              {words('pick.folder')}
            </Button>
          </>
        )}
      </Group>
      <Group gap="xs" wrap="nowrap">
        <TextInput
          flex={1}
          aria-label={words('pick.path')}
          placeholder={words('pick.path')}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') addTyped();
          }}
        />
        <Button variant="default" disabled={typed.trim() === ''} onClick={addTyped}>
          {words('pick.usePath')}
        </Button>
      </Group>
      {uploads.uploads.map((upload) => (
        <div key={upload.id}>
          <Group gap="xs" wrap="nowrap">
            <Text flex={1} truncate>
              {words('pick.uploading', {
                name: upload.name,
                sent: formatBytes(upload.sentBytes),
                total: formatBytes(upload.totalBytes),
              })}
            </Text>
            <Button size="compact-sm" variant="subtle" onClick={() => uploads.cancel(upload.id)}>
              {words('pick.cancelUpload')}
            </Button>
          </Group>
          {upload.error === undefined ? (
            <ProgressBar
              fraction={upload.totalBytes === 0 ? undefined : upload.sentBytes / upload.totalBytes}
              label={upload.name}
            />
          ) : (
            <ErrorNote error={upload.error} onRetry={() => uploads.retry(upload.id)} />
          )}
        </div>
      ))}
      <FolderBrowser
        title={words(titleOf(browsing))}
        opened={browsing !== undefined}
        onClose={() => setBrowsing(undefined)}
        list={listRigFolder}
        native={choosePathsNatively}
        choose={browsing ?? 'any'}
        onChoose={addPaths}
      />
    </Stack>
  );
}

const titleOf = (browsing: 'any' | 'folder' | undefined): string => {
  if (browsing === 'folder') return 'pick.folder';
  return choosePathsNatively === undefined ? 'pick.browse' : 'pick.files';
};

export type DropHandlers = Readonly<{
  isOver: boolean;
  handlers: Readonly<{
    onDragEnter: (event: DragEvent) => void;
    onDragOver: (event: DragEvent) => void;
    onDragLeave: (event: DragEvent) => void;
    onDrop: (event: DragEvent) => void;
  }>;
}>;

/** Makes a whole screen take files. */
export function useFileDrop(uploads: Uploads): DropHandlers {
  const [depth, setDepth] = useState(0);
  const carriesFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');
  return {
    isOver: depth > 0,
    handlers: {
      // Every element under the pointer sends a pair of these; only the outermost pair means the screen.
      onDragEnter: (event) => {
        if (carriesFiles(event)) setDepth((before) => before + 1);
      },
      onDragOver: (event) => {
        if (carriesFiles(event)) event.preventDefault();
      },
      onDragLeave: (event) => {
        if (carriesFiles(event)) setDepth((before) => Math.max(0, before - 1));
      },
      onDrop: (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setDepth(0);
        void droppedFiles(event.dataTransfer).then((files) => uploads.send(files));
      },
    },
  };
}
