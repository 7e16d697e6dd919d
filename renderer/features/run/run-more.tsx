import { useState, type ReactElement } from 'react';

import { ActionIcon, Menu, Text } from '@mantine/core';
import { IconCopy, IconDots, IconFileDescription, IconFileZip, IconFolderOpen } from '@tabler/icons-react';

import { useReveal } from '../../api/desktop-host.ts';
import { CHOOSES_FOLDER } from '../../api/rig-files.ts';
import { useWords } from '../../i18n/use-words.ts';
import { FolderBrowser } from '../../ui/folder-browser.tsx';
import { useTold } from '../../ui/use-told.ts';
import type { RunExports } from './use-run-exports.ts';

export type RunMoreProps = Readonly<{
  exports: RunExports;
  /** The run's folder. */
  dir: string;
  onClone: () => void;
}>;

/** Everything else that can be done with a run: its report, all of it as one file, a new one like it. */
export function RunMore({ exports, dir, onClone }: RunMoreProps): ReactElement {
  const words = useWords('run');
  const common = useWords('common');
  const [isChoosing, setChoosing] = useState(false);
  const reveal = useReveal();
  const told = useTold();
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={words('action.more')} loading={exports.isBusy}>
            <IconDots size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown maw={340}>
          <Menu.Item leftSection={<IconFileDescription size={16} aria-hidden />} onClick={exports.saveReport}>
            {words('action.report')}
            <Text fz="xs" c="dimmed">
              {words('report.what')}
            </Text>
          </Menu.Item>
          <Menu.Item
            leftSection={<IconFileZip size={16} aria-hidden />}
            onClick={() => {
              // The system's dialog takes a file's name and place at once.
              if (exports.zipByDialog === undefined) setChoosing(true);
              else exports.zipByDialog(words('report.where'));
            }}
          >
            {words('action.zip')}
            <Text fz="xs" c="dimmed">
              {words('report.zip')}
            </Text>
          </Menu.Item>
          <Menu.Item leftSection={<IconCopy size={16} aria-hidden />} onClick={onClone}>
            {words('action.clone')}
          </Menu.Item>
          {reveal !== undefined && (
            <Menu.Item
              leftSection={<IconFolderOpen size={16} aria-hidden />}
              onClick={() => told(reveal(dir))}
            >
              {common('reveal')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <FolderBrowser
        title={words('report.where')}
        opened={isChoosing}
        onClose={() => setChoosing(false)}
        {...CHOOSES_FOLDER}
        onChoose={([folder]) => {
          if (folder !== undefined) exports.zipInto(folder);
        }}
      />
    </>
  );
}
