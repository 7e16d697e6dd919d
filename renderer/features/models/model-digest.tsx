import { Button, Group, Text, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import type { ModelDetail, ModelsTopicData } from '../../../electron/shared/contract/methods/models.ts';
import { useAction } from '../../api/hooks.ts';
import { formatBytes } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import classes from './models.module.css';

export type ModelDigestProps = Readonly<{
  model: ModelDetail;
  progress: NonNullable<ModelsTopicData['digesting']> | undefined;
}>;

/** The files of a model and their SHA-256, which are computed when somebody has time for it. */
export function ModelDigest({ model, progress }: ModelDigestProps): ReactElement {
  const words = useWords('models');
  const [isOpen, setOpen] = useState(false);
  const digest = useAction('models.digest');
  const { digests } = model;
  const isRunning = progress !== undefined || digests.state === 'running';
  const doneBytes = progress?.doneBytes ?? digests.doneBytes;
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  return (
    <div>
      <Group gap="xs" justify="space-between">
        <UnstyledButton
          aria-expanded={isOpen}
          className={classes['fold'] ?? ''}
          onClick={() => setOpen(!isOpen)}
        >
          <Chevron size={14} aria-hidden />
          {words('digest.files', { count: digests.files.length })}
        </UnstyledButton>
        {model.origin !== 'run' && model.state === 'ready' && digests.state !== 'whole' && (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => digest.mutate({ model: model.id, stop: isRunning || digests.state === 'waiting' })}
          >
            {words(isRunning || digests.state === 'waiting' ? 'digest.stop' : 'digest.start')}
          </Button>
        )}
      </Group>
      <Text c="dimmed" mt={4} aria-live="polite">
        {words(`digest.state.${isRunning ? 'running' : digests.state}`, {
          done: formatBytes(doneBytes),
          total: formatBytes(digests.totalBytes),
        })}
      </Text>
      {isRunning && (
        <ProgressBar
          fraction={digests.totalBytes === 0 ? undefined : doneBytes / digests.totalBytes}
          label={words('digest.start')}
        />
      )}
      {digest.error !== null && <ErrorNote error={digest.error} />}
      {isOpen && (
        <ul className={classes['files']}>
          {digests.files.map((file) => (
            <li key={file.name}>
              <span title={file.name}>{file.name}</span>
              <span>{formatBytes(file.bytes)}</span>
              <code title={file.sha256}>
                {file.sha256 === undefined ? '—' : `${file.sha256.slice(0, 16)}…`}
              </code>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
