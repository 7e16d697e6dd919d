import { Button, Collapse, Group, SegmentedControl, Stack, Switch, Text } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { DatasetInspection } from '../../../electron/shared/contract/methods/datasets.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ChatTurns } from './chat-turns.tsx';
import type { MappingDraft } from './import-draft.ts';
import { describeMapping, referenceColumn } from './mapping.ts';
import { MappingFields } from './mapping-fields.tsx';

export type MappingPreviewProps = Readonly<{
  report: DatasetInspection;
  mapping: MappingDraft;
  onChange: (mapping: MappingDraft) => void;
}>;

/** How columns become a conversation: what was detected, one switch for references, and rows as they will be. */
export function MappingPreview({ report, mapping, onChange }: MappingPreviewProps): ReactElement {
  const words = useWords('datasets');
  const [sampleIndex, setSampleIndex] = useState(0);
  const [byHand, setByHand] = useState(Object.keys(mapping).some((key) => !key.startsWith('reference')));
  const reference = referenceColumn(report);
  const isPlaced = (mapping.referencePlacement ?? 'ignore') !== 'ignore';
  const sample = report.samples[Math.min(sampleIndex, report.samples.length - 1)];
  return (
    <Stack gap="sm">
      {Object.entries(report.layouts).map(([layout, rows]) => (
        <Group key={layout} gap="xs">
          <Text fw={600}>{layout === '' ? words('layouts.none') : words(`layouts.${layout}`)}</Text>
          <Text c="dimmed">{words('rowCount', { rows: formatNumber(rows) })}</Text>
          {describeMapping(report.mappings[layout] ?? {}).map(({ role, columns }) => (
            <Text key={role} component="span">
              {words(`mapping.${role}`)} ← <code>{columns.join(' + ')}</code>
            </Text>
          ))}
        </Group>
      ))}
      {reference !== undefined && (
        <Group gap="md">
          <Switch
            checked={isPlaced}
            label={words('reference.switch', { column: reference })}
            description={words(isPlaced ? 'reference.on' : 'reference.off')}
            onChange={(event) => {
              const { referencePlacement: _before, ...others } = mapping;
              onChange(event.currentTarget.checked ? { ...others, referencePlacement: 'before' } : others);
            }}
          />
          {isPlaced && (
            <SegmentedControl
              size="xs"
              aria-label={words('reference.place')}
              value={mapping.referencePlacement ?? 'before'}
              data={[
                { value: 'before', label: words('reference.before') },
                { value: 'after', label: words('reference.after') },
              ]}
              onChange={(place) =>
                onChange({ ...mapping, referencePlacement: place === 'after' ? 'after' : 'before' })
              }
            />
          )}
        </Group>
      )}
      <div>
        <Button size="compact-sm" variant="subtle" aria-expanded={byHand} onClick={() => setByHand(!byHand)}>
          {words('mapping.byHand')}
        </Button>
        <Collapse expanded={byHand}>
          <MappingFields report={report} mapping={mapping} onChange={onChange} />
        </Collapse>
      </div>
      {sample !== undefined && (
        <section aria-label={words('sample.title')}>
          <Group justify="space-between" mb={4}>
            <Text fw={600}>{words('sample.title')}</Text>
            <Group gap={4}>
              <Text fz="xs" c="dimmed">
                {sample.file}
                {sample.line === null ? '' : ` : ${sample.line}`}
              </Text>
              {report.samples.length > 1 && (
                <SegmentedControl
                  size="xs"
                  aria-label={words('sample.which')}
                  value={String(Math.min(sampleIndex, report.samples.length - 1))}
                  data={report.samples.map((_, index) => ({
                    value: String(index),
                    label: String(index + 1),
                  }))}
                  onChange={(index) => setSampleIndex(Number(index))}
                />
              )}
            </Group>
          </Group>
          <div
            data-sample
            style={{ maxHeight: 320, overflow: 'auto' }}
            tabIndex={0}
            role="group"
            aria-label={words('sample.title')}
          >
            <ChatTurns turns={sample.messages} />
          </div>
        </section>
      )}
    </Stack>
  );
}
