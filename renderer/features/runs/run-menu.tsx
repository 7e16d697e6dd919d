import type { ReactElement } from 'react';

import { Menu } from '@mantine/core';
import { IconCopy, IconExternalLink, IconTag, IconTrash } from '@tabler/icons-react';
import { useNavigate } from 'react-router';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { studio } from '../../api/studio-client.ts';
import { useWords } from '../../i18n/use-words.ts';
import { putCloneDraft } from '../../state/clone-run.ts';

export type MenuPlace = Readonly<{ x: number; y: number }>;

export type RunMenuProps = Readonly<{
  run: RunSummary;
  /** Where on the screen it stands open. */
  at: MenuPlace;
  onClose: () => void;
  onLabel: (run: RunSummary) => void;
  onRemove: (run: RunSummary) => void;
}>;

/** What can be done with a run of the history: behind its button, a right click, and the menu key. */
export function RunMenu({ run, at, onClose, onLabel, onRemove }: RunMenuProps): ReactElement {
  const words = useWords('runs');
  const navigate = useNavigate();
  const clone = async (): Promise<void> => {
    const detail = await studio.client.call('runs.show', { run: run.id });
    putCloneDraft(detail, words('copyName', { name: run.name }));
    await navigate('/new');
  };
  return (
    <Menu position="bottom-start" opened returnFocus onChange={(opened) => opened || onClose()}>
      <Menu.Target>
        <span style={{ position: 'fixed', left: at.x, top: at.y }} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconExternalLink size={14} aria-hidden />}
          onClick={() => void navigate(`/runs/${run.id}`)}
        >
          {words('action.open')}
        </Menu.Item>
        <Menu.Item leftSection={<IconCopy size={14} aria-hidden />} onClick={() => void clone()}>
          {words('action.clone')}
        </Menu.Item>
        <Menu.Item leftSection={<IconTag size={14} aria-hidden />} onClick={() => onLabel(run)}>
          {words('action.label')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconTrash size={14} aria-hidden />}
          disabled={isLive(run.state)}
          onClick={() => onRemove(run)}
        >
          {words('action.remove')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
