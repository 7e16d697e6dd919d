import { Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import type { FoundModel, ModelCache } from '../../../electron/shared/contract/methods/models.ts';
import { useAction, useCall } from '../../api/hooks.ts';
import { CHOOSES_FOLDER } from '../../api/rig-files.ts';
import { formatBytes } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { FolderBrowser } from '../../ui/folder-browser.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { AddRefusal } from './add-refusal.tsx';
import { sourceText } from './model-figures.ts';
import classes from './models.module.css';

/** What other programs have fetched on this rig; added where it lies. */
export function CachesTab({ onShow }: Readonly<{ onShow: (modelId: string) => void }>): ReactElement {
  const words = useWords('models');
  const caches = useCall('models.caches', {});
  return (
    <div className={classes['scroll']}>
      <Stack gap="md">
        <Text c="dimmed">{words('caches.hint')}</Text>
        {caches.error !== null && <ErrorNote error={caches.error} onRetry={() => void caches.refetch()} />}
        {caches.isPending && <Skeletons rows={6} />}
        {caches.data?.items.map((cache) => (
          <Cache key={cache.kind} cache={cache} onShow={onShow} />
        ))}
      </Stack>
    </div>
  );
}

type CacheProps = Readonly<{ cache: ModelCache; onShow: (modelId: string) => void }>;

function Cache({ cache, onShow }: CacheProps): ReactElement {
  const words = useWords('models');
  const [place, setPlace] = useState(cache.path);
  const [isBrowsing, setBrowsing] = useState(false);
  const scan = useCall('models.scan', { kind: cache.kind, path: place });
  const hub = words(`hub.${cache.kind}`);
  return (
    <Panel
      title={hub}
      actions={
        <>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={words('caches.elsewhereOf', { hub })}
            onClick={() => setBrowsing(true)}
          >
            {words('caches.elsewhere')}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            loading={scan.isFetching}
            aria-label={words('caches.againOf', { hub })}
            onClick={() => void scan.refetch()}
          >
            {words('caches.again')}
          </Button>
        </>
      }
    >
      <Text ff="monospace" fz="xs" c="dimmed" mb={8} className={classes['path'] ?? ''}>
        {place}
        {cache.variable !== undefined && place === cache.path && ` · ${cache.variable}`}
      </Text>
      {scan.error !== null && <ErrorNote error={scan.error} onRetry={() => void scan.refetch()} />}
      {scan.isPending && <Skeletons rows={3} />}
      {scan.data?.items.length === 0 && (
        <Text c="dimmed">{words(scan.data.exists ? 'caches.none' : 'caches.absent')}</Text>
      )}
      {scan.data !== undefined && scan.data.items.length > 0 && (
        <ul className={classes['found']}>
          {scan.data.items.map((item) => (
            <Found key={item.path} item={item} onShow={onShow} />
          ))}
        </ul>
      )}
      {scan.data !== undefined && scan.data.left > 0 && (
        <Text c="dimmed">{words('caches.left', { count: scan.data.left })}</Text>
      )}
      <FolderBrowser
        title={words('caches.elsewhereOf', { hub })}
        opened={isBrowsing}
        onClose={() => setBrowsing(false)}
        {...CHOOSES_FOLDER}
        onChoose={([path]) => {
          if (path !== undefined) setPlace(path);
        }}
      />
    </Panel>
  );
}

function Found({
  item,
  onShow,
}: Readonly<{ item: FoundModel; onShow: (modelId: string) => void }>): ReactElement {
  const words = useWords('models');
  const add = useAction('models.add');
  const { bytes, kind, missing, modelId, name, path, source } = item;
  const facts = [words(`kind.${kind}`), formatBytes(bytes), sourceText(item) ?? ''];
  return (
    <li>
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <span className={classes['foundName']}>
          <span title={path}>{name}</span>
          <span className={classes['hint']}>{facts.join(' · ')}</span>
        </span>
        {missing.length > 0 ? (
          <span className={classes['standing']} data-tone="amber" title={missing.slice(0, 20).join('\n')}>
            <IconAlertTriangle size={14} aria-hidden />
            {words('caches.incomplete', { count: missing.length })}
          </span>
        ) : modelId !== undefined ? (
          <Button
            size="compact-sm"
            variant="subtle"
            aria-label={words('catalogue.showOf', { name })}
            onClick={() => onShow(modelId)}
          >
            {words('catalogue.show')}
          </Button>
        ) : (
          <Button
            size="compact-sm"
            variant="default"
            loading={add.isPending}
            aria-label={words('caches.addOf', { name })}
            onClick={() => add.mutate({ path, name, source })}
          >
            {words('caches.add')}
          </Button>
        )}
      </Group>
      {add.error !== null && <AddRefusal error={add.error} path={path} onAdded={onShow} />}
    </li>
  );
}
