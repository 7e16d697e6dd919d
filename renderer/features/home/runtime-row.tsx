import { Button } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { RuntimeTopicData } from '../../../electron/shared/contract/methods/runtime.ts';
import { useAction, useCall, useTopic } from '../../api/hooks.ts';
import { queryClient } from '../../api/query-client.ts';
import { formatBytes } from '../../i18n/format.ts';
import { useErrorLanguage, useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import { HealthRow } from './health-row.tsx';

/** The Python environment that jobs run in; where it is missing, the button that makes it. */
export function RuntimeRow(): ReactElement | null {
  const words = useWords('home');
  const language = useErrorLanguage();
  const status = useCall('runtime.status', {});
  const install = useAction('runtime.install');
  const [frame, setFrame] = useState<RuntimeTopicData>();
  useTopic('runtime', (data) => {
    setFrame(data);
    if (data.state === 'done') void queryClient.invalidateQueries({ queryKey: ['runtime'] });
  });
  if (status.error !== null)
    return (
      <li>
        <ErrorNote error={status.error} onRetry={() => void status.refetch()} />
      </li>
    );
  if (status.data === undefined) return null;
  const { current, choice, environments } = status.data;
  const standing = environments.find((one) => one.variant === current && one.installed);
  // In a checkout jobs may run on its test environment, which is none of the training variants.
  const foreign = !environments.some((one) => one.variant === current);
  const installing = frame?.state === 'installing';
  const ready = standing !== undefined || foreign;
  const progress = frame?.progress;
  return (
    <>
      <HealthRow
        health={ready ? 'ok' : 'attention'}
        name={words('health.runtime')}
        verdict={
          installing ? words('runtime.installing') : words(ready ? 'runtime.ready' : 'runtime.missing')
        }
        detail={
          <>
            {standing !== undefined &&
              words('runtime.facts', { variant: current, python: standing.pythonVersion ?? '' })}
            {standing === undefined &&
              (foreign ? words('runtime.foreign', { variant: current }) : choice.reason[language])}
            {installing && (
              <>
                <ProgressBar
                  label={words('runtime.installing')}
                  fraction={
                    progress === undefined || progress.packagesTotal === 0
                      ? undefined
                      : progress.packagesDone / progress.packagesTotal
                  }
                />
                {progress !== undefined &&
                  words('runtime.progress', {
                    done: progress.packagesDone,
                    total: progress.packagesTotal,
                    size: formatBytes(progress.downloadedBytes),
                  })}
              </>
            )}
          </>
        }
      />
      {!ready && !installing && (
        <li style={{ paddingLeft: 28 }}>
          <Button size="compact-sm" loading={install.isPending} onClick={() => install.mutate({})}>
            {words('runtime.install')}
          </Button>
        </li>
      )}
      {install.error !== null && (
        <li>
          <ErrorNote error={install.error} />
        </li>
      )}
      {frame?.state === 'failed' && frame.error !== undefined && (
        <li>
          <ErrorNote error={frame.error} onRetry={() => install.mutate({})} />
        </li>
      )}
    </>
  );
}
