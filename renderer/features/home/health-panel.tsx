import type { ReactElement } from 'react';

import { useReveal } from '../../api/desktop-host.ts';
import { useCall, useConnection } from '../../api/hooks.ts';
import { formatTime } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { RevealButton } from '../../ui/reveal-button.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { GpuRows } from './gpu-rows.tsx';
import { HealthRow } from './health-row.tsx';
import { RuntimeRow } from './runtime-row.tsx';

/** Whether a run could start now, part by part. */
export function HealthPanel(): ReactElement {
  const words = useWords('home');
  const language = useLanguage();
  const { state } = useConnection();
  const info = useCall('app.info', {});
  const reveal = useReveal();
  const online = state === 'online';
  return (
    <Panel title={words('health.title')}>
      {info.error !== null && <ErrorNote error={info.error} onRetry={() => void info.refetch()} />}
      {info.isPending && <Skeletons rows={3} />}
      {info.data !== undefined && (
        <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
          <HealthRow
            health={online ? 'ok' : 'attention'}
            name={words('health.server')}
            verdict={words(online ? 'health.connected' : 'health.reconnecting')}
            detail={words('health.since', {
              version: info.data.version,
              time: formatTime(info.data.startedAtMs, language),
            })}
          />
          <HealthRow
            health={info.data.readOnly ? 'attention' : 'ok'}
            name={words('health.folder')}
            verdict={words(info.data.readOnly ? 'health.readOnly' : 'health.writable')}
            detail={
              <>
                {info.data.dataFolder}{' '}
                <RevealButton path={info.data.dataFolder} reveal={reveal} look="icon" />
              </>
            }
          />
          <RuntimeRow />
          <GpuRows />
        </ul>
      )}
    </Panel>
  );
}
