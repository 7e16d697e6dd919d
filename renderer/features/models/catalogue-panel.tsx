import { Button, Text, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconSearch } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import type {
  CatalogueEntry,
  CatalogueFit,
  DownloadView,
} from '../../../electron/shared/contract/methods/models.ts';
import type { Hub } from '../../../electron/shared/domain/hub-endpoints.ts';
import { useAction, useCall } from '../../api/hooks.ts';
import { formatBytes, formatNumber } from '../../i18n/format.ts';
import { useLanguage, useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { parameterText } from './model-figures.ts';
import classes from './models.module.css';

export type CataloguePanelProps = Readonly<{
  hub: Hub;
  endpoint: string;
  downloads: readonly DownloadView[];
  onShow: (modelId: string) => void;
}>;

/** Bases that are known by name, and whether training them fits this machine. */
export function CataloguePanel({ hub, endpoint, downloads, onShow }: CataloguePanelProps): ReactElement {
  const words = useWords('models');
  const [search, setSearch] = useState('');
  const catalogue = useCall('models.catalogue', {});
  const start = useAction('models.download');
  const sought = search.trim().toLowerCase();
  const items = (catalogue.data?.items ?? []).filter(({ name, family, hubs }) =>
    [name, family, hubs[hub]].some((text) => text.toLowerCase().includes(sought)),
  );
  return (
    <Panel
      flush
      title={words('catalogue.title')}
      actions={
        <TextInput
          w={220}
          size="xs"
          leftSection={<IconSearch size={14} aria-hidden />}
          aria-label={words('catalogue.search')}
          placeholder={words('catalogue.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      }
    >
      <div className={classes['catalogue']}>
        {catalogue.error !== null && (
          <ErrorNote error={catalogue.error} onRetry={() => void catalogue.refetch()} />
        )}
        {catalogue.isPending && <Skeletons rows={8} />}
        {start.error !== null && <ErrorNote error={start.error} />}
        {catalogue.data !== undefined && (
          <table>
            <thead>
              <tr>
                <th>{words('column.name')}</th>
                <th data-end>{words('column.parameters')}</th>
                <th data-end>{words('catalogue.size')}</th>
                <th data-end>{words('fact.context')}</th>
                <th>{words('column.licence')}</th>
                <th>{words('catalogue.fit')}</th>
                <th>
                  <span className={classes['spoken']}>{words('catalogue.action')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((entry) => (
                <Row
                  key={entry.id}
                  entry={entry}
                  hub={hub}
                  isUnderWay={downloads.some((one) => one.hub === hub && one.repository === entry.hubs[hub])}
                  isStarting={start.isPending && start.variables.repository === entry.hubs[hub]}
                  onShow={onShow}
                  onGet={() =>
                    start.mutate({
                      hub,
                      repository: entry.hubs[hub],
                      ...(endpoint.trim() === '' ? {} : { endpoint: endpoint.trim() }),
                    })
                  }
                />
              ))}
            </tbody>
          </table>
        )}
        {catalogue.data !== undefined && items.length === 0 && (
          <Text c="dimmed" p="md">
            {words('noMatch')}
          </Text>
        )}
      </div>
    </Panel>
  );
}

type RowProps = Readonly<{
  entry: CatalogueEntry;
  hub: Hub;
  isUnderWay: boolean;
  isStarting: boolean;
  onGet: () => void;
  onShow: (modelId: string) => void;
}>;

function Row({ entry, hub, isUnderWay, isStarting, onGet, onShow }: RowProps): ReactElement {
  const words = useWords('models');
  const language = useLanguage();
  const { contextTokens, fit, gatedOn, hubs, licenceNote, modelId, name, parameters, weightBytes } = entry;
  const note = licenceNote?.[language === 'zh-CN' ? 'zh' : 'en'];
  return (
    <tr>
      <th scope="row">
        <span className={classes['entry']}>{name}</span>
        <span className={classes['hint']}>{hubs[hub]}</span>
      </th>
      <td data-end>{parameterText(parameters)}</td>
      <td data-end>{formatBytes(weightBytes)}</td>
      <td data-end>{formatNumber(contextTokens)}</td>
      <td title={note}>
        {words(`licence.${entry.licence}`)}
        {gatedOn.includes(hub) && <span className={classes['hint']}>{words('catalogue.gated')}</span>}
      </td>
      <td>
        <Fit fit={fit} />
      </td>
      <td data-end>
        {modelId !== undefined ? (
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
            disabled={isUnderWay}
            loading={isStarting}
            aria-label={words('catalogue.getOf', { name })}
            onClick={onGet}
          >
            {words(isUnderWay ? 'catalogue.underWay' : 'get.do')}
          </Button>
        )}
      </td>
    </tr>
  );
}

function Fit({ fit }: Readonly<{ fit: CatalogueFit }>): ReactElement {
  const words = useWords('models');
  const { capacityBytes, device, peakBytes, verdict } = fit;
  const figures = {
    device,
    peak: peakBytes === undefined ? '—' : formatBytes(peakBytes),
    capacity: capacityBytes === undefined ? '—' : formatBytes(capacityBytes),
  };
  const fits = verdict !== 'none' && verdict !== 'unknown';
  return (
    <span
      className={classes['standing']}
      data-tone={fits ? 'neutral' : 'amber'}
      title={words('fit.title', figures)}
    >
      {fits ? <IconCircleCheck size={14} aria-hidden /> : <IconAlertTriangle size={14} aria-hidden />}
      <span>
        {words(`fit.${verdict}`)}
        {peakBytes !== undefined && <span className={classes['hint']}>{words('fit.figures', figures)}</span>}
      </span>
    </span>
  );
}
