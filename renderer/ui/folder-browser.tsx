import { Button, Checkbox, Group, Modal, Stack, Text, UnstyledButton } from '@mantine/core';
import { IconArrowUp, IconFile, IconFolder } from '@tabler/icons-react';
import { useEffect, useRef, useState, type ReactElement } from 'react';

import { formatBytes } from '../i18n/format.ts';
import { useWords } from '../i18n/use-words.ts';
import { ErrorNote } from './error-note.tsx';
import classes from './folder-browser.module.css';
import { Skeletons } from './skeletons.tsx';

export type BrowserEntry = Readonly<{ name: string; path: string; folder: boolean; bytes: number }>;

export type BrowserFolder = Readonly<{
  /** Undefined: the list of places one may look into. */
  path?: string;
  parent?: string;
  entries: readonly BrowserEntry[];
  /** Entries that are not listed. */
  left: number;
}>;

export type FolderBrowserProps = Readonly<{
  title: string;
  opened: boolean;
  onClose: () => void;
  list: (path?: string) => Promise<BrowserFolder>;
  /** The system's own dialog, in place of this layer where there is one. */
  native?:
    | ((choice: Readonly<{ title: string; choose: 'folder' | 'any' }>) => Promise<readonly string[]>)
    | undefined;
  /** `folder`: one folder is chosen. `any`: any number of files, or one folder. */
  choose: 'folder' | 'any';
  onChoose: (paths: readonly string[]) => void;
}>;

type Look = Readonly<{ folder?: BrowserFolder; error?: unknown }>;

/** Files and folders of the machine that trains, in a layer of its own. */
export function FolderBrowser(props: FolderBrowserProps): ReactElement {
  const { title, opened, onClose, native } = props;
  if (native !== undefined) return <>{opened && <NativeDialog {...props} native={native} />}</>;
  return (
    <Modal opened={opened} onClose={onClose} title={title} size="lg">
      {opened && <Browser {...props} />}
    </Modal>
  );
}

/** Draws nothing: the dialog is the system's. A failure is shown in a layer of its own. */
function NativeDialog(
  props: FolderBrowserProps & Readonly<{ native: NonNullable<FolderBrowserProps['native']> }>,
): ReactElement {
  const { title, choose, native, onChoose, onClose } = props;
  const [error, setError] = useState<unknown>();
  const asked = useRef(false);
  useEffect(() => {
    // Once an opening, however often effects run.
    if (asked.current) return;
    asked.current = true;
    native({ title, choose }).then((paths) => {
      if (paths.length > 0) onChoose(paths);
      onClose();
    }, setError);
  }, [choose, native, onChoose, onClose, title]);
  return (
    <Modal opened={error !== undefined} onClose={onClose} title={title}>
      <ErrorNote error={error} />
    </Modal>
  );
}

function Browser({ list, choose, onChoose, onClose }: FolderBrowserProps): ReactElement {
  const words = useWords('browser');
  const [at, setAt] = useState<string>();
  const [look, setLook] = useState<Look>({});
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    let isCurrent = true;
    list(at).then(
      (folder) => {
        if (isCurrent) setLook({ folder });
      },
      (error: unknown) => {
        if (isCurrent) setLook({ error });
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [at, list]);
  const open = (path: string | undefined): void => {
    setLook({});
    setChosen(new Set());
    setAt(path);
  };
  const { folder, error } = look;
  const finish = (paths: readonly string[]): void => {
    onChoose(paths);
    onClose();
  };
  return (
    <Stack gap="sm">
      <Group gap="xs" wrap="nowrap">
        <Button
          size="compact-sm"
          variant="default"
          disabled={at === undefined}
          leftSection={<IconArrowUp size={14} aria-hidden />}
          onClick={() => open(folder?.parent)}
        >
          {words('up')}
        </Button>
        <Text ff="monospace" truncate="start" title={at}>
          {at ?? words('roots')}
        </Text>
      </Group>
      {error !== undefined && <ErrorNote error={error} onRetry={() => open(undefined)} />}
      {folder === undefined && error === undefined && <Skeletons rows={6} />}
      {folder !== undefined && (
        <ul className={classes['entries']}>
          {folder.entries.map((entry) => (
            <li key={entry.path}>
              {entry.folder ? (
                <UnstyledButton className={classes['entry'] ?? ''} onClick={() => open(entry.path)}>
                  <IconFolder size={16} aria-hidden />
                  <span>{entry.name}</span>
                </UnstyledButton>
              ) : choose === 'any' ? (
                <Checkbox
                  className={classes['entry'] ?? ''}
                  label={`${entry.name} · ${formatBytes(entry.bytes)}`}
                  checked={chosen.has(entry.path)}
                  onChange={() => setChosen(toggled(chosen, entry.path))}
                />
              ) : (
                <span className={classes['entry']} data-quiet>
                  <IconFile size={16} aria-hidden />
                  <span>{entry.name}</span>
                </span>
              )}
            </li>
          ))}
          {folder.entries.length === 0 && <li className={classes['none']}>{words('empty')}</li>}
          {folder.left > 0 && <li className={classes['none']}>{words('left', { left: folder.left })}</li>}
        </ul>
      )}
      <Group justify="flex-end" gap="xs">
        {choose === 'any' && chosen.size > 0 ? (
          <Button onClick={() => finish([...chosen])}>{words('useFiles', { files: chosen.size })}</Button>
        ) : (
          <Button disabled={at === undefined} onClick={() => finish(at === undefined ? [] : [at])}>
            {words('useFolder')}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function toggled(chosen: ReadonlySet<string>, path: string): ReadonlySet<string> {
  const next = new Set(chosen);
  if (!next.delete(path)) next.add(path);
  return next;
}
