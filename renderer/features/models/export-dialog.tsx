import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { ModelDetail } from '../../../electron/shared/contract/methods/models.ts';
import { isLive } from '../../../electron/shared/domain/run-state.ts';
import {
  EXPORT_FORMATS,
  EXPORT_FORMAT_NAMES,
  type ExportFormat,
} from '../../../electron/shared/protocol/export-format.ts';
import { useAction } from '../../api/hooks.ts';
import { CHOOSES_FOLDER } from '../../api/rig-files.ts';
import { useJob } from '../../api/use-job.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { FolderBrowser } from '../../ui/folder-browser.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';

export type ExportDialogProps = Readonly<{ model: ModelDetail; onClose: () => void }>;

/** Writes a model, or a run's adapter, for another program into a folder of the person's choice. */
export function ExportDialog({ model, onClose }: ExportDialogProps): ReactElement {
  const words = useWords('models');
  const wanted = model.kind === 'adapter' ? 'adapter' : 'model';
  const formats = EXPORT_FORMAT_NAMES.filter((name) => EXPORT_FORMATS[name].source === wanted);
  const [format, setFormat] = useState<ExportFormat | undefined>(
    // What most programs run; the first of the others where a model is no such source.
    formats.find((name) => name === 'gguf-f16') ?? formats[0],
  );
  const [folder, setFolder] = useState<string>();
  const [isBrowsing, setBrowsing] = useState(false);
  const start = useAction('models.export');
  const { job, progress, hasEnded } = useJob(start.data?.jobId);
  const isUnderWay = start.isPending || (start.data !== undefined && !hasEnded);
  const begin = (): void => {
    if (format === undefined || folder === undefined) return;
    const target = { format, path: folder, folderName: folderNameOf(model.name, format) };
    start.mutate(model.origin === 'run' ? { run: model.id, ...target } : { model: model.id, ...target });
  };
  return (
    <>
      <Modal
        opened
        onClose={onClose}
        title={words('export.title', { name: model.name })}
        closeButtonProps={{ 'aria-label': words('common:close') }}
      >
        <Stack gap="sm">
          <Select
            label={words('export.format')}
            data={formats.map((name) => ({ value: name, label: words(`export.formats.${name}.name`) }))}
            description={format === undefined ? undefined : words(`export.formats.${format}.use`)}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
            value={format ?? null}
            allowDeselect={false}
            disabled={isUnderWay}
            onChange={(next) => setFormat(formats.find((name) => name === next))}
          />
          <Group gap="xs" wrap="nowrap">
            <Text flex={1} ff="monospace" fz="xs" truncate="start" title={folder}>
              {folder ?? words('export.noFolder')}
            </Text>
            <Button variant="default" disabled={isUnderWay} onClick={() => setBrowsing(true)}>
              {words('export.choose')}
            </Button>
          </Group>
          {isUnderWay && (
            <ProgressBar
              fraction={
                progress?.total === undefined || progress.total === null || progress.total === 0
                  ? undefined
                  : progress.done / progress.total
              }
              label={words('export.underWay')}
            />
          )}
          {start.error !== null && <ErrorNote error={start.error} />}
          {job?.error !== undefined && <ErrorNote error={job.error} />}
          {job?.state === 'done' && start.data !== undefined && (
            <Text role="status">{words('export.done', { path: start.data.path })}</Text>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {words('common:close')}
            </Button>
            <Button
              disabled={folder === undefined || format === undefined}
              loading={isUnderWay && (job === undefined || isLive(job.state))}
              onClick={begin}
            >
              {words('export.do')}
            </Button>
          </Group>
        </Stack>
      </Modal>
      <FolderBrowser
        title={words('export.choose')}
        opened={isBrowsing}
        onClose={() => setBrowsing(false)}
        {...CHOOSES_FOLDER}
        onChoose={([path]) => setFolder(path)}
      />
    </>
  );
}

const MOST_NAME = 100;

/** A folder's name on every system. */
const folderNameOf = (name: string, format: ExportFormat): string =>
  `${name
    .replaceAll(/[<>:"/\\|?*\p{Cc}]/gu, '-')
    .replace(/^[. ]+/u, '')
    .slice(0, MOST_NAME)}-${format}`;
