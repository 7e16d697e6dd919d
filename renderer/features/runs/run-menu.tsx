import type { ReactElement } from 'react';

import { Menu } from '@mantine/core';
import { IconCopy, IconDownload, IconExternalLink, IconTag, IconTrash } from '@tabler/icons-react';
import { useNavigate } from 'react-router';

import type { RunSummary } from '../../../electron/shared/contract/methods/runs.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import { rawCurves } from '../../api/raw-curves.ts';
import { studio } from '../../api/studio-client.ts';
import { useWords } from '../../i18n/use-words.ts';
import { putCloneDraft } from '../../state/clone-run.ts';
import { chartCsv } from '../../ui/line-chart/chart-csv.ts';
import { saveFile } from '../../ui/save-file.ts';

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
  const exportCurves = async (): Promise<void> => {
    const { metricKeys, step } = await studio.client.call('runs.show', { run: run.id });
    const curves = await rawCurves(run.id, metricKeys, step);
    const csv = chartCsv(metricKeys.map((key, at) => ({ label: key, points: curves[at] ?? [] })));
    // What a file system refuses in names, on any system.
    saveFile(`${run.name.replaceAll(/[\\/:*?"<>|]/gu, '-')}.csv`, new Blob([csv], { type: 'text/csv' }));
  };
  return (
    <Menu position="bottom-start" opened returnFocus onChange={(opened) => opened || onClose()}>
      <Menu.Target>
        <span aria-hidden style={{ position: 'fixed', left: at.x, top: at.y }} />
      </Menu.Target>
      <Menu.Dropdown aria-label={words('menu', { name: run.name })}>
        <Menu.Item
          leftSection={<IconExternalLink size={14} aria-hidden />}
          onClick={() => void navigate(`/runs/${run.id}`)}
        >
          {words('action.open')}
        </Menu.Item>
        <Menu.Item leftSection={<IconCopy size={14} aria-hidden />} onClick={() => void clone()}>
          {words('action.clone')}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconDownload size={14} aria-hidden />}
          disabled={run.step === 0}
          onClick={() => void exportCurves()}
        >
          {words('action.exportCsv')}
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
