import { Stack } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { DownloadView } from '../../../electron/shared/contract/methods/models.ts';
import type { Hub } from '../../../electron/shared/domain/hub-endpoints.ts';
import { useViewMemory } from '../../state/view-memory.ts';
import { CataloguePanel } from './catalogue-panel.tsx';
import { DownloadForm } from './download-form.tsx';
import { DownloadList } from './download-list.tsx';
import classes from './models.module.css';

export type GetTabProps = Readonly<{
  downloads: readonly DownloadView[] | undefined;
  onShow: (modelId: string) => void;
}>;

/** Fetching models: what is under way, a repository by its name, and the bases that are known. */
export function GetTab({ downloads, onShow }: GetTabProps): ReactElement {
  const [hub, setHub] = useViewMemory<Hub>('models.hub', 'modelscope');
  const [endpoint, setEndpoint] = useViewMemory('models.endpoint', '');
  const [repository, setRepository] = useState('');
  return (
    <div className={classes['scroll']}>
      <Stack gap="md">
        {downloads !== undefined && downloads.length > 0 && <DownloadList downloads={downloads} />}
        <DownloadForm
          hub={hub}
          onHub={setHub}
          endpoint={endpoint}
          onEndpoint={setEndpoint}
          repository={repository}
          onRepository={setRepository}
        />
        <CataloguePanel hub={hub} endpoint={endpoint} downloads={downloads ?? []} onShow={onShow} />
      </Stack>
    </div>
  );
}
