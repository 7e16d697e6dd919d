import { Button, Group, Select, TextInput } from '@mantine/core';
import { useState, type ReactElement } from 'react';

import type { Mirror } from '../../../electron/shared/contract/methods/runtime.ts';
import { useAction, useCall } from '../../api/hooks.ts';
import { useSettings } from '../../api/use-settings.ts';
import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { SettingRow } from './setting-row.tsx';

const NONE = 'none';
const CUSTOM = 'custom';

/** Where packages are fetched from when an environment is installed. */
export function MirrorChoice(): ReactElement | null {
  const words = useWords('settings');
  const settings = useSettings();
  const mirrors = useCall('runtime.mirrors', {});
  const save = useAction('settings.set');
  const [isTyping, setIsTyping] = useState(false);
  if (mirrors.error !== null) return <ErrorNote error={mirrors.error} />;
  if (settings === undefined || mirrors.data === undefined) return null;
  const { mirror } = settings;
  const { items } = mirrors.data;
  const shown = isTyping ? CUSTOM : choiceOf(mirror, items);
  const choose = (value: string | null): void => {
    save.reset();
    setIsTyping(value === CUSTOM);
    if (value === null || value === CUSTOM) return;
    save.mutate({ mirror: value === NONE ? '' : value });
  };
  return (
    <SettingRow name={words('runtime.mirror')} hint={words('runtime.mirrorHint')}>
      <Select
        w={260}
        aria-label={words('runtime.mirror')}
        value={shown}
        onChange={choose}
        allowDeselect={false}
        data={[
          { value: NONE, label: words('runtime.mirrorNone') },
          ...items.map(({ id, name }) => ({ value: id, label: name })),
          { value: CUSTOM, label: words('runtime.mirrorCustom') },
        ]}
      />
      {shown === CUSTOM && (
        <CustomAddress
          key={mirror}
          initial={choiceOf(mirror, items) === CUSTOM ? mirror : ''}
          isSaving={save.isPending}
          onSave={(address) => save.mutate({ mirror: address }, { onSuccess: () => setIsTyping(false) })}
        />
      )}
      {save.error !== null && <ErrorNote error={save.error} />}
    </SettingRow>
  );
}

const choiceOf = (mirror: string, items: readonly Mirror[]): string => {
  if (mirror === '') return NONE;
  return items.some(({ id }) => id === mirror) ? mirror : CUSTOM;
};

type CustomAddressProps = Readonly<{ initial: string; isSaving: boolean; onSave: (address: string) => void }>;

function CustomAddress({ initial, isSaving, onSave }: CustomAddressProps): ReactElement {
  const words = useWords('settings');
  const [address, setAddress] = useState(initial);
  const trimmed = address.trim();
  return (
    <form
      style={{ flexBasis: '100%' }}
      onSubmit={(event) => {
        event.preventDefault();
        if (trimmed !== '') onSave(trimmed);
      }}
    >
      <Group gap="xs" wrap="nowrap" align="flex-end">
        <TextInput
          flex={1}
          label={words('runtime.mirrorAddress')}
          placeholder="https://"
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
        <Button type="submit" disabled={trimmed === '' || trimmed === initial} loading={isSaving}>
          {words('runtime.mirrorSave')}
        </Button>
      </Group>
    </form>
  );
}
