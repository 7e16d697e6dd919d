import { Group, Table } from '@mantine/core';
import type { ReactElement } from 'react';

import type { DatasetSourceView } from '../../../electron/shared/contract/methods/datasets.ts';
import { useReveal } from '../../api/desktop-host.ts';
import { formatBytes, formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Panel } from '../../ui/panel.tsx';
import { RevealButton } from '../../ui/reveal-button.tsx';

/** Where the rows came from: file, container, encoding, layouts. */
export function SourcesTab({ sources }: Readonly<{ sources: readonly DatasetSourceView[] }>): ReactElement {
  const words = useWords('datasets');
  const reveal = useReveal();
  return (
    <Panel>
      <Table.ScrollContainer minWidth={640}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{words('problem.file')}</Table.Th>
              <Table.Th>{words('source.container')}</Table.Th>
              <Table.Th>{words('source.encoding')}</Table.Th>
              <Table.Th>{words('source.size')}</Table.Th>
              <Table.Th>{words('source.records')}</Table.Th>
              <Table.Th>{words('source.layouts')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sources.map((source) => (
              <Table.Tr key={source.id}>
                <Table.Td title={source.path}>
                  <Group gap="xs" wrap="nowrap">
                    {source.file}
                    <RevealButton path={source.path} reveal={reveal} look="icon" />
                  </Group>
                </Table.Td>
                <Table.Td>{source.container}</Table.Td>
                <Table.Td>{source.encoding}</Table.Td>
                <Table.Td>{formatBytes(source.bytes)}</Table.Td>
                <Table.Td>{formatNumber(source.records)}</Table.Td>
                <Table.Td>
                  {Object.entries(source.layouts)
                    .map(([layout, rows]) => {
                      const name = layout === '' ? words('layouts.none') : words(`layouts.${layout}`);
                      return `${name} ${formatNumber(rows)}`;
                    })
                    .join(' · ')}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}
