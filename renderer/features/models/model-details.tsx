import { ActionIcon, Alert, Anchor, Group, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconX } from '@tabler/icons-react';
import { useEffect, useRef, type ReactElement, type ReactNode } from 'react';

import { describeError } from '../../../electron/shared/contract/errors/index.ts';
import type { ModelDetail, ModelsTopicData } from '../../../electron/shared/contract/methods/models.ts';
import { useCall } from '../../api/hooks.ts';
import { formatBytes, formatNumber, formatTime } from '../../i18n/format.ts';
import { useErrorLanguage, useLanguage, useWords, type Words } from '../../i18n/use-words.ts';
import { CopyPathButton } from '../../ui/copy-path-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { ModelActions } from './model-actions.tsx';
import { ModelTemplate } from './model-template.tsx';
import { ModelDigest } from './model-digest.tsx';
import { parameterText, sourceText } from './model-figures.ts';
import classes from './models.module.css';

export type ModelDetailsProps = Readonly<{
  modelId: string;
  digesting: NonNullable<ModelsTopicData['digesting']> | undefined;
  onClose: () => void;
  onShow: (modelId: string) => void;
}>;

/** One model: what it is, whether it can be worked with, and what can be done with it. */
export function ModelDetails({ modelId, digesting, onClose, onShow }: ModelDetailsProps): ReactElement {
  const words = useWords('models');
  const shown = useCall('models.show', { model: modelId }, { keepPrevious: true });
  const heading = useRef<HTMLHeadingElement>(null);
  const isThere = shown.data !== undefined;
  // Whoever opened it by the keyboard goes on reading here.
  useEffect(() => {
    if (isThere) heading.current?.focus();
  }, [isThere]);
  return (
    <Panel
      className={classes['details'] ?? ''}
      title={
        <Title order={2} fz="md" ref={heading} tabIndex={-1} className={classes['name'] ?? ''}>
          {shown.data?.name ?? words('title')}
        </Title>
      }
      actions={
        <ActionIcon variant="subtle" color="gray" aria-label={words('details.close')} onClick={onClose}>
          <IconX size={16} aria-hidden />
        </ActionIcon>
      }
    >
      {shown.error !== null && <ErrorNote error={shown.error} onRetry={() => void shown.refetch()} />}
      {shown.data === undefined && shown.error === null && <Skeletons rows={8} />}
      {shown.data !== undefined && (
        <Stack gap="md">
          <Standing model={shown.data} />
          <ModelActions model={shown.data} onGone={onClose} />
          <Facts model={shown.data} words={words} onShow={onShow} />
          {hasTemplate(shown.data) && <ModelTemplate model={shown.data} />}
          {shown.data.digests.files.length > 0 && <ModelDigest model={shown.data} progress={digesting} />}
        </Stack>
      )}
    </Panel>
  );
}

/** A whole model's folder; an adapter's template is that of its run. */
const hasTemplate = ({ kind, state }: ModelDetail): boolean =>
  state === 'ready' && (kind === 'base' || kind === 'merged');

function Standing({ model }: Readonly<{ model: ModelDetail }>): ReactElement | null {
  const words = useWords('models');
  const language = useErrorLanguage();
  const { error, facts, state } = model;
  if (state === 'building') return <Text c="dimmed">{words(`details.building.${model.origin}`)}</Text>;
  if (error !== undefined) return <ErrorNote error={error} />;
  const reason = facts?.reason;
  if (reason === undefined) return null;
  const text = describeError(reason, language);
  return (
    <Alert
      variant="outline"
      icon={<IconAlertTriangle aria-hidden />}
      title={text.message}
      styles={{
        root: { background: 'var(--le-amber-soft)', borderColor: 'var(--le-amber)' },
        title: { color: 'var(--le-amber)', fontSize: 13 },
        icon: { color: 'var(--le-amber)' },
        message: { color: 'var(--le-ink)' },
      }}
    >
      <Text>{text.cause}</Text>
      <Text fw={600} mt={4}>
        {text.action}
      </Text>
    </Alert>
  );
}

type FactsProps = Readonly<{ model: ModelDetail; words: Words; onShow: (modelId: string) => void }>;

function Facts({ model, words, onShow }: FactsProps): ReactElement {
  const language = useLanguage();
  const { adapter, licence, window } = model.facts ?? {};
  const facts = model.facts;
  const rows: readonly (readonly [string, ReactNode])[] = [
    ['kind', words(`kind.${model.kind}`)],
    ['base', model.base === undefined ? adapter?.baseName : <BaseLink base={model.base} onShow={onShow} />],
    ['architecture', facts?.architecture],
    ['parameters', facts === undefined ? undefined : parameterText(facts.parameters)],
    ['dtype', facts?.dtype],
    ['bytes', facts === undefined ? undefined : formatBytes(facts.bytes)],
    [
      'shape',
      facts?.layers === undefined || facts.hiddenSize === undefined
        ? undefined
        : words('fact.shapeValue', { layers: facts.layers, hidden: formatNumber(facts.hiddenSize) }),
    ],
    ['layout', facts?.layout === undefined ? undefined : words(`layout.${facts.layout}`)],
    [
      'context',
      facts?.maxPositions === undefined
        ? undefined
        : words('fact.tokens', { tokens: formatNumber(facts.maxPositions) }),
    ],
    [
      'window',
      window === undefined
        ? undefined
        : words('fact.windowValue', { tokens: formatNumber(window.tokens), layers: window.layers }),
    ],
    [
      'adapter',
      adapter === undefined
        ? undefined
        : words('fact.adapterValue', { rank: adapter.rank, alpha: adapter.alpha }),
    ],
    [
      'targets',
      adapter === undefined
        ? undefined
        : typeof adapter.targets === 'string'
          ? adapter.targets
          : adapter.targets.join(' '),
    ],
    ['step', model.step === undefined ? undefined : formatNumber(model.step)],
    [
      'licence',
      licence === undefined
        ? words('fact.licenceNone')
        : licence.name === undefined
          ? licence.file
          : words('fact.licenceValue', { name: licence.name, file: licence.file }),
    ],
    [
      'source',
      model.source === undefined
        ? undefined
        : `${words(`hub.${model.source.hub}`)} · ${sourceText(model) ?? ''}`,
    ],
    ['added', formatTime(model.createdAtMs, language)],
  ];
  return (
    <div>
      <Group gap={6} wrap="nowrap" mb={8}>
        <Text ff="monospace" fz="xs" className={classes['path'] ?? ''} title={model.path}>
          {model.path}
        </Text>
        <CopyPathButton
          path={model.path}
          label={words('details.copyPath')}
          copied={words('details.copied')}
        />
      </Group>
      <dl className={classes['facts']}>
        {rows
          .filter(([, value]) => value !== undefined && value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{words(`fact.${name}`)}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </div>
  );
}

function BaseLink({
  base,
  onShow,
}: Readonly<{ base: NonNullable<ModelDetail['base']>; onShow: (modelId: string) => void }>): ReactElement {
  return (
    <Anchor component="button" type="button" fz="inherit" ta="start" onClick={() => onShow(base.id)}>
      {base.name}
    </Anchor>
  );
}
