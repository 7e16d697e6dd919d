import type { ReactElement } from 'react';

import { useCall } from '../../api/hooks.ts';
import { useWords } from '../../i18n/use-words.ts';
import { CopyTextButton } from '../../ui/copy-text-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { SettingRow } from './setting-row.tsx';

/** Where everything that a person makes lies. */
export function DataPanel(): ReactElement {
  const words = useWords('settings');
  const info = useCall('app.info', {});
  return (
    <Panel title={words('section.data')}>
      {info.error !== null && <ErrorNote error={info.error} onRetry={() => void info.refetch()} />}
      {info.isPending && <Skeletons rows={2} />}
      {info.data !== undefined && (
        <SettingRow name={words('data.folder')} hint={info.data.dataFolder}>
          <CopyTextButton text={info.data.dataFolder} />
        </SettingRow>
      )}
    </Panel>
  );
}
