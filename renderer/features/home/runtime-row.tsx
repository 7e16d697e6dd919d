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
import classes from './health-row.module.css';

/** The Python environment that jobs run in; where it is missing or another would fit, the button that makes it. */
export function RuntimeRow(): ReactElement | null {
  const words = useWords('home');
  const language = useErrorLanguage();
  const status = useCall('runtime.status', {});
  const install = useAction('runtime.install');
  const cancel = useAction('runtime.cancel');
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
  // Cards were put in or a driver was updated since, or nothing can serve what is there now.
  const isOther = ready && !foreign && choice.variant !== current;
  const offered = ready && !isOther ? undefined : choice.variant;
  const startInstall = (): void => install.mutate({ variant: 'auto' });
  const verdict = installing ? 'installing' : !ready ? 'missing' : isOther ? 'other' : 'ready';
  return (
    <>
      <HealthRow
        health={ready && !isOther ? 'ok' : 'attention'}
        name={words('health.runtime')}
        verdict={words(`runtime.${verdict}`)}
        detail={
          <>
            {standing !== undefined && (
              <div>{words('runtime.facts', { variant: current, python: standing.pythonVersion ?? '' })}</div>
            )}
            {standing === undefined && foreign && words('runtime.foreign', { variant: current })}
            {!foreign && (!ready || isOther) && <div>{choice.reason[language]}</div>}
            {installing && <InstallProgress frame={frame} />}
          </>
        }
      />
      {installing && (
        <li className={classes['action']}>
          <Button
            size="compact-sm"
            variant="default"
            loading={cancel.isPending}
            onClick={() => cancel.mutate({})}
          >
            {words('runtime.cancel')}
          </Button>
        </li>
      )}
      {offered !== undefined && !installing && (
        <li className={classes['action']}>
          <Button size="compact-sm" loading={install.isPending} onClick={startInstall}>
            {words(ready ? 'runtime.switch' : 'runtime.install', { variant: offered })}
          </Button>
        </li>
      )}
      {install.error !== null && (
        <li>
          <ErrorNote error={install.error} onRetry={startInstall} />
        </li>
      )}
      {cancel.error !== null && (
        <li>
          <ErrorNote error={cancel.error} />
        </li>
      )}
      {frame?.state === 'failed' && frame.error !== undefined && (
        <li>
          <ErrorNote error={frame.error} onRetry={startInstall} />
        </li>
      )}
    </>
  );
}

function InstallProgress({ frame }: Readonly<{ frame: RuntimeTopicData }>): ReactElement {
  const words = useWords('home');
  const { progress } = frame;
  const isFetching = progress !== undefined && progress.packagesTotal > 0;
  return (
    <>
      <ProgressBar
        label={words('runtime.installing')}
        fraction={isFetching ? progress.packagesDone / progress.packagesTotal : undefined}
      />
      <div>{words(`runtime.phase.${progress?.phase ?? 'python'}`)}</div>
      {isFetching && (
        <div>
          {words('runtime.progress', {
            done: progress.packagesDone,
            total: progress.packagesTotal,
            size: formatBytes(progress.downloadedBytes),
          })}
        </div>
      )}
      {progress?.package !== undefined && progress.fileTotalBytes > 0 && (
        <div>
          {words('runtime.file', {
            package: progress.package,
            done: formatBytes(progress.fileBytes),
            total: formatBytes(progress.fileTotalBytes),
          })}
        </div>
      )}
    </>
  );
}
