import { List, Text } from '@mantine/core';
import type { ReactElement } from 'react';

import { useWords } from '../../i18n/use-words.ts';
import { Panel } from '../../ui/panel.tsx';

const KEPT = ['data', 'runtime', 'page'] as const;

/** What lies where, and what leaves the machine. */
export function PrivacyPanel(): ReactElement {
  const words = useWords('settings');
  return (
    <Panel title={words('section.privacy')}>
      <Text>{words('privacy.none')}</Text>
      <List mt={8} spacing={4} fz="sm">
        {KEPT.map((one) => (
          <List.Item key={one}>{words(`privacy.kept.${one}`)}</List.Item>
        ))}
      </List>
    </Panel>
  );
}
