import { List, Switch, Text } from '@mantine/core';
import type { ReactElement } from 'react';

import { useAction } from '../../api/hooks.ts';
import { useSettings } from '../../api/use-settings.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SettingRow } from './setting-row.tsx';

const KEPT = ['data', 'runtime', 'page'] as const;
const CUT_OFF = ['jobs', 'install', 'updates', 'not'] as const;

/** What lies where, what leaves the machine, and the switch that lets nothing leave it. */
export function PrivacyPanel(): ReactElement {
  const words = useWords('settings');
  const settings = useSettings();
  const save = useAction('settings.set');
  const isOn = save.isPending ? save.variables.airGap : settings?.airGap;
  return (
    <Panel title={words('section.privacy')}>
      <Text>{words('privacy.none')}</Text>
      <Text mt={8} fw={600}>
        {words('privacy.where')}
      </Text>
      <List mt={4} mb={12} spacing={4} fz="sm">
        {KEPT.map((one) => (
          <List.Item key={one}>{words(`privacy.kept.${one}`)}</List.Item>
        ))}
      </List>
      <SettingRow name={words('privacy.airGap')} hint={words('privacy.airGapHint')}>
        <Switch
          aria-label={words('privacy.airGap')}
          checked={isOn ?? false}
          disabled={settings === undefined}
          onChange={(event) => save.mutate({ airGap: event.currentTarget.checked })}
        />
      </SettingRow>
      {save.error !== null && <ErrorNote error={save.error} />}
      <List spacing={4} fz="sm">
        {CUT_OFF.map((one) => (
          <List.Item key={one}>{words(`privacy.cutOff.${one}`)}</List.Item>
        ))}
      </List>
    </Panel>
  );
}
