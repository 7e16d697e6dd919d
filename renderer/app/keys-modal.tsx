import { Kbd, Modal, Table } from '@mantine/core';
import type { ReactElement } from 'react';

import { useWords } from '../i18n/use-words.ts';
import { SCREENS } from './screens.ts';

export type KeysModalProps = Readonly<{ opened: boolean; onClose: () => void }>;

export function KeysModal({ opened, onClose }: KeysModalProps): ReactElement {
  const words = useWords('common');
  const rows: readonly (readonly [readonly string[], string])[] = [
    [['Ctrl', 'K'], words('keys.palette')],
    [['?'], words('keys.help')],
    [['Esc'], words('keys.close')],
    ...SCREENS.map(({ id, key }) => [['g', key], words('keys.go', { screen: words(`rail.${id}`) })] as const),
    [['↑', '↓', 'PgUp', 'PgDn'], words('keys.table')],
  ];
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={words('keys.title')}
      centered
      closeButtonProps={{ 'aria-label': words('close') }}
    >
      <Table withRowBorders={false} verticalSpacing={6}>
        <Table.Tbody>
          {rows.map(([keys, meaning]) => (
            <Table.Tr key={meaning}>
              <Table.Td w={150}>
                {keys.map((key) => (
                  <Kbd key={key} mr={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{meaning}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
