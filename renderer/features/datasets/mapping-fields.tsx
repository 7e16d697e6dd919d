import { MultiSelect, Select, SimpleGrid, Text } from '@mantine/core';
import type { ReactElement } from 'react';

import type { DatasetInspection } from '../../../electron/shared/contract/methods/datasets.ts';
import { layoutSchema, type Mapping } from '../../../electron/shared/protocol/mapping.ts';
import { useWords } from '../../i18n/use-words.ts';
import type { MappingDraft } from './import-draft.ts';

export type MappingFieldsProps = Readonly<{
  report: DatasetInspection;
  mapping: MappingDraft;
  onChange: (mapping: MappingDraft) => void;
}>;

const SINGLE = ['answer', 'system', 'history', 'reference'] as const;

/** Names columns by hand; what stays empty is detected row by row. */
export function MappingFields({ report, mapping, onChange }: MappingFieldsProps): ReactElement {
  const words = useWords('datasets');
  const columns = Object.keys(report.columns);
  const change = (key: keyof Mapping, value: unknown): void => {
    const { [key]: _before, ...others } = mapping;
    const isEmpty = value === null || (Array.isArray(value) && value.length === 0);
    onChange(isEmpty ? others : { ...others, [key]: value });
  };
  const detected = words('mapping.detected');
  return (
    <>
      <Text fz="xs" c="dimmed">
        {words('mapping.help')}
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} mt="xs">
        <Select
          clearable
          searchable
          label={words('mapping.layout')}
          placeholder={detected}
          data={layoutSchema.options.map((layout) => ({ value: layout, label: words(`layouts.${layout}`) }))}
          value={mapping.layout ?? null}
          onChange={(value) => change('layout', value)}
        />
        <MultiSelect
          clearable
          searchable
          label={words('mapping.prompt')}
          placeholder={mapping.prompt === undefined ? detected : ''}
          data={columns}
          value={mapping.prompt ?? []}
          onChange={(value) => change('prompt', value)}
        />
        {SINGLE.map((key) => (
          <Select
            key={key}
            clearable
            searchable
            label={words(`mapping.${key}`)}
            placeholder={detected}
            data={columns}
            value={mapping[key] ?? null}
            onChange={(value) => change(key, value)}
          />
        ))}
      </SimpleGrid>
    </>
  );
}
