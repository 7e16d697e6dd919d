import type { ReactElement } from 'react';

import { useCall } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { SettingRow } from './setting-row.tsx';

export function AboutPanel(): ReactElement {
  const words = useWords('settings');
  const info = useCall('app.info', {});
  const capabilities = useCall('app.capabilities', {});
  const isDesktop = capabilities.data?.nativeDialogs.available === true;
  const shell = useCall('host.shell', {}, { enabled: isDesktop });
  return (
    <Panel title={words('section.about')}>
      {info.error !== null && <ErrorNote error={info.error} onRetry={() => void info.refetch()} />}
      {info.isPending && <Skeletons rows={2} />}
      {info.data !== undefined && (
        <>
          <SettingRow name={info.data.name} hint={words('about.version', { version: info.data.version })} />
          <SettingRow
            name={words('about.inside')}
            hint={[
              words('about.protocol', { version: info.data.protocolVersion }),
              words('about.database', { version: info.data.databaseVersion }),
              `Node ${info.data.nodeVersion}`,
              info.data.platform,
              ...(shell.data === undefined
                ? []
                : [`Electron ${shell.data.versions.electron}`, `Chromium ${shell.data.versions.chrome}`]),
            ].join(' · ')}
          />
          <SettingRow
            name={words('about.licence')}
            hint={words(isDesktop ? 'about.licenceDesktop' : 'about.licenceSource')}
          />
        </>
      )}
    </Panel>
  );
}
