import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { useAction } from '../../api/hooks.ts';
import { useJob } from '../../api/use-job.ts';
import { formatBytes, formatDuration } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';

/** Weights of a whole model; an adapter's are not converted. */
const canConvert = ({ code, params: { file } }: StudioError): boolean =>
  code === 'model.pickle_only' && typeof file === 'string' && file.startsWith('pytorch_model');

export type AddRefusalProps = Readonly<{
  error: StudioError;
  /** What was to be added. */
  path: string;
  onAdded: (modelId: string) => void;
}>;

/** Why a folder was not added; for pickled weights, the conversion that reads them without running anything. */
export function AddRefusal({ error, path, onAdded }: AddRefusalProps): ReactElement {
  return canConvert(error) ? <ConvertOffer path={path} onAdded={onAdded} /> : <ErrorNote error={error} />;
}

function ConvertOffer({ path, onAdded }: Omit<AddRefusalProps, 'error'>): ReactElement {
  const words = useWords('models');
  const start = useAction('models.convert');
  const stop = useAction('jobs.stop');
  const add = useAction('models.add');
  const jobId = start.data?.jobId;
  const { job, progress, hasEnded } = useJob(jobId, ({ state }) => {
    // The record that the conversion has left, or what keeps the folder out.
    if (state === 'done') add.mutate({ path }, { onSuccess: ({ id }) => onAdded(id) });
  });
  const isUnderWay = start.isPending || (jobId !== undefined && !hasEnded);
  const failure = start.error ?? stop.error ?? add.error ?? job?.error;
  return (
    <Stack gap="sm">
      <Alert
        role="alert"
        variant="outline"
        icon={<IconShieldCheck aria-hidden />}
        title={words('convert.title')}
        styles={{
          root: { background: 'var(--le-amber-soft)', borderColor: 'var(--le-amber)' },
          title: { color: 'var(--le-amber)', fontSize: 13 },
          icon: { color: 'var(--le-amber)' },
          message: { color: 'var(--le-ink)' },
        }}
      >
        <Stack gap={6}>
          <Text>{words('convert.why')}</Text>
          <Text>{words('convert.how')}</Text>
          {isUnderWay ? (
            <UnderWay
              progress={progress}
              isStopping={stop.isPending || job?.state === 'stopping'}
              onStop={jobId === undefined ? undefined : () => stop.mutate({ jobId })}
            />
          ) : (
            <Group gap="xs" mt={4}>
              <Button
                size="compact-sm"
                loading={job?.state === 'done' && add.error === null}
                onClick={() => start.mutate({ path, add: true })}
              >
                {words('convert.do')}
              </Button>
              {job?.state === 'stopped' && <Text c="dimmed">{words('convert.stopped')}</Text>}
            </Group>
          )}
        </Stack>
      </Alert>
      {failure !== undefined && !isUnderWay && <ErrorNote error={failure} />}
    </Stack>
  );
}

type UnderWayProps = Readonly<{
  progress: ReturnType<typeof useJob>['progress'];
  isStopping: boolean;
  onStop: (() => void) | undefined;
}>;

function UnderWay({ progress, isStopping, onStop }: UnderWayProps): ReactElement {
  const words = useWords('models');
  const language = useLanguage();
  const total = progress?.total ?? undefined;
  return (
    <>
      <Group justify="space-between" wrap="nowrap">
        <Text aria-live="off">
          {progress === undefined || total === undefined
            ? words('convert.checking')
            : words('convert.bytes', { done: formatBytes(progress.done), total: formatBytes(total) })}
          {typeof progress?.etaMs === 'number' &&
            ` · ${words('download.left', { time: formatDuration(progress.etaMs, language) })}`}
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          disabled={onStop === undefined || isStopping}
          onClick={() => onStop?.()}
        >
          {words('convert.stop')}
        </Button>
      </Group>
      <ProgressBar
        fraction={
          progress === undefined || total === undefined || total === 0 ? undefined : progress.done / total
        }
        label={words('convert.do')}
      />
      <Text c="dimmed">{words('convert.goesOn')}</Text>
    </>
  );
}
