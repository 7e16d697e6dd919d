import { IconAlertTriangle, IconCircleCheck, IconDownload, IconLoader, type Icon } from '@tabler/icons-react';
import type { ReactElement } from 'react';

import type { ModelView } from '../../../electron/shared/contract/methods/models.ts';
import type { Language } from '../../i18n/i18n.ts';
import { formatBytes, formatTime } from '../../i18n/format.ts';
import type { Words } from '../../i18n/use-words.ts';
import type { DataColumn } from '../../ui/data-table.tsx';
import { parameterText } from './model-figures.ts';
import classes from './models.module.css';

/** How a model stands, as one word: whether it can be worked with, and what it waits for. */
type Standing = 'ready' | 'unsupported' | 'merging' | 'downloading' | 'unfinished' | 'failed';

function standingOf({ state, origin, facts }: ModelView): Standing {
  if (state === 'ready') return facts?.supported === false ? 'unsupported' : 'ready';
  if (state === 'building') return origin === 'downloaded' ? 'downloading' : 'merging';
  return origin === 'downloaded' ? 'unfinished' : 'failed';
}

const LOOKS: Readonly<Record<Standing, readonly [Icon, string]>> = {
  ready: [IconCircleCheck, 'neutral'],
  unsupported: [IconAlertTriangle, 'amber'],
  merging: [IconLoader, 'accent'],
  downloading: [IconDownload, 'accent'],
  unfinished: [IconDownload, 'amber'],
  failed: [IconAlertTriangle, 'red'],
};

function StandingSign({ model, words }: Readonly<{ model: ModelView; words: Words }>): ReactElement {
  const standing = standingOf(model);
  const [Sign, tone] = LOOKS[standing];
  const lacksBase = model.facts?.reason?.code === 'model.adapter_base_missing';
  const key =
    standing !== 'unsupported' ? standing : model.kind === 'gguf' ? 'gguf' : lacksBase ? 'noBase' : standing;
  return (
    <span className={classes['standing']} data-tone={key === 'gguf' ? 'neutral' : tone}>
      {key === 'gguf' ? null : <Sign size={14} aria-hidden />}
      {words(`standing.${key}`)}
    </span>
  );
}

/** The columns of the library; ids of sortable ones are the sort keys of `models.list`. */
export function modelColumns(words: Words, language: Language): readonly DataColumn<ModelView>[] {
  return [
    {
      id: 'name',
      header: words('column.name'),
      width: 260,
      sortBy: (model) => model.name,
      cell: (model) => <span title={model.path}>{model.name}</span>,
    },
    {
      id: 'kind',
      header: words('column.kind'),
      width: 96,
      sortBy: (model) => model.kind,
      cell: (model) => words(`kind.${model.kind}`),
    },
    {
      id: 'standing',
      header: words('column.standing'),
      width: 150,
      cell: (model) => <StandingSign model={model} words={words} />,
    },
    {
      id: 'architecture',
      header: words('column.architecture'),
      width: 176,
      cell: (model) => <span title={model.facts?.architecture}>{model.facts?.architecture ?? '—'}</span>,
    },
    {
      id: 'parameters',
      header: words('column.parameters'),
      width: 96,
      align: 'end',
      sortBy: (model) => model.facts?.parameters,
      cell: (model) => parameterText(model.facts?.parameters),
    },
    {
      id: 'dtype',
      header: words('column.dtype'),
      width: 84,
      cell: (model) => model.facts?.dtype ?? '—',
    },
    {
      id: 'bytes',
      header: words('column.bytes'),
      width: 96,
      align: 'end',
      sortBy: (model) => model.facts?.bytes,
      cell: (model) => (model.facts === undefined ? '—' : formatBytes(model.facts.bytes)),
    },
    {
      id: 'licence',
      header: words('column.licence'),
      width: 120,
      cell: (model) => model.facts?.licence?.name ?? model.facts?.licence?.file ?? '—',
    },
    {
      id: 'createdAtMs',
      header: words('column.createdAtMs'),
      width: 150,
      sortBy: (model) => model.createdAtMs,
      cell: (model) => formatTime(model.createdAtMs, language),
    },
  ];
}
