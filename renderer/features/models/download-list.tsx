import { Button, Group, Text, UnstyledButton } from '@mantine/core';
import {
  IconChevronDown,
  IconChevronRight,
  IconCircleCheck,
  IconPlayerPause,
  IconPlayerPlay,
} from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import type { DownloadView } from '../../../electron/shared/contract/methods/models.ts';
import { useAction } from '../../api/hooks.ts';
import { formatBytes, formatDuration, formatNumber } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { Countdown } from '../../ui/countdown.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import classes from './models.module.css';

const SECOND_MS = 1000;

/** Downloads that are not whole, each with its files. */
export function DownloadList({ downloads }: Readonly<{ downloads: readonly DownloadView[] }>): ReactElement {
  const words = useWords('models');
  return (
    <Panel title={words('download.title')}>
      <ul className={classes['downloads']}>
        {downloads.map((download) => (
          <Download key={download.modelId} download={download} />
        ))}
      </ul>
    </Panel>
  );
}

function Download({ download }: Readonly<{ download: DownloadView }>): ReactElement {
  const words = useWords('models');
  const [isOpen, setOpen] = useState(false);
  const pause = useAction('models.pauseDownload');
  const resume = useAction('models.resumeDownload');
  const cancel = useAction('models.cancelDownload');
  const { error, files, hub, modelId, name, repository, state, waiting } = download;
  const stands = state === 'paused' || state === 'failed';
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  const failure = pause.error ?? resume.error ?? cancel.error ?? error;
  return (
    <li>
      <Group justify="space-between" gap="sm" wrap="nowrap">
        <UnstyledButton
          className={classes['fold'] ?? ''}
          aria-expanded={isOpen}
          disabled={files.length === 0}
          onClick={() => setOpen(!isOpen)}
        >
          <Chevron size={14} aria-hidden />
          <Text span fw={600} truncate title={repository}>
            {name}
          </Text>
          <Text span c="dimmed" truncate>{`${words(`hub.${hub}`)} · ${repository}`}</Text>
        </UnstyledButton>
        <Group gap="xs" wrap="nowrap">
          {stands ? (
            <Button
              size="compact-sm"
              loading={resume.isPending}
              leftSection={<IconPlayerPlay size={14} aria-hidden />}
              onClick={() => resume.mutate({ model: modelId })}
              aria-label={words('download.resumeOf', { name })}
            >
              {words('download.resume')}
            </Button>
          ) : (
            <Button
              size="compact-sm"
              variant="default"
              disabled={state === 'stopping'}
              loading={pause.isPending}
              leftSection={<IconPlayerPause size={14} aria-hidden />}
              onClick={() => pause.mutate({ model: modelId })}
              aria-label={words('download.pauseOf', { name })}
            >
              {words('download.pause')}
            </Button>
          )}
          <ConfirmButton
            question={words('download.cancelQuestion', { name })}
            consequence={words('download.cancelConsequence', { size: formatBytes(download.doneBytes) })}
            confirm={words('download.cancelDo')}
            label={words('download.cancelOf', { name })}
            loading={cancel.isPending}
            button={{ size: 'compact-sm' }}
            onConfirm={() => cancel.mutate({ model: modelId })}
          >
            {words('download.cancel')}
          </ConfirmButton>
        </Group>
      </Group>
      <Figures download={download} />
      {waiting !== undefined && (
        <Text c="var(--le-amber)">
          <span role="status">{words(`download.waiting.${waiting.reason}`)}</span>{' '}
          <Countdown untilMs={waiting.untilMs} />
        </Text>
      )}
      {failure !== undefined && <ErrorNote error={failure} />}
      {isOpen && <Files files={files} />}
    </li>
  );
}

function Figures({ download }: Readonly<{ download: DownloadView }>): ReactElement {
  const words = useWords('models');
  const language = useLanguage();
  const { bytesPerSecond, doneBytes, files, name, state, totalBytes } = download;
  const left = totalBytes === undefined ? undefined : totalBytes - doneBytes;
  const parts = [
    words(`download.state.${state}`),
    ...(totalBytes === undefined
      ? []
      : [words('download.bytes', { done: formatBytes(doneBytes), total: formatBytes(totalBytes) })]),
    ...(files.length === 0
      ? []
      : [
          words('download.files', {
            done: formatNumber(files.filter((file) => file.verified).length),
            count: files.length,
          }),
        ]),
    ...(bytesPerSecond === undefined || bytesPerSecond <= 0
      ? []
      : [
          `${formatBytes(bytesPerSecond)}/s`,
          ...(left === undefined
            ? []
            : [
                words('download.left', {
                  time: formatDuration((left / bytesPerSecond) * SECOND_MS, language),
                }),
              ]),
        ]),
  ];
  const isStill = state === 'paused' || state === 'failed';
  return (
    <>
      <Text c="dimmed" mt={4} mb={4}>
        {parts.join(' · ')}
      </Text>
      {!(isStill && totalBytes === undefined) && (
        <ProgressBar
          fraction={totalBytes === undefined || totalBytes === 0 ? undefined : doneBytes / totalBytes}
          label={words('download.progressOf', { name })}
          tone={isStill ? 'amber' : 'accent'}
        />
      )}
    </>
  );
}

function Files({ files }: Pick<DownloadView, 'files'>): ReactElement {
  const words = useWords('models');
  return (
    <ul className={classes['files']}>
      {files.map((file) => (
        <li key={file.path}>
          <span title={file.path}>{file.path}</span>
          <span>
            {file.verified || file.doneBytes === 0
              ? formatBytes(file.bytes)
              : `${formatBytes(file.doneBytes)} / ${formatBytes(file.bytes)}`}
          </span>
          <span className={classes['verified']} data-verified={file.verified || undefined}>
            {file.verified ? (
              <>
                <IconCircleCheck size={14} aria-hidden /> {words('download.verified')}
              </>
            ) : file.doneBytes > 0 ? (
              `${formatNumber((file.doneBytes / Math.max(1, file.bytes)) * 100)} %`
            ) : (
              words('download.queued')
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
