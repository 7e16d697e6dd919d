import type { ReactElement } from 'react';

import { Group, NumberInput, Textarea } from '@mantine/core';

import { useWords } from '../../i18n/use-words.ts';
import classes from './chat.module.css';
import type { ChatSettings } from './turns.ts';

export type SettingsFieldsProps = Readonly<{
  settings: ChatSettings;
  onChange: (settings: ChatSettings) => void;
}>;

const FIELDS = [
  { name: 'temperature', min: 0, max: 5, step: 0.1, decimalScale: 2 },
  { name: 'topP', min: 0.01, max: 1, step: 0.05, decimalScale: 2 },
  { name: 'maxNewTokens', min: 1, max: 1_048_576, step: 64, decimalScale: 0 },
  { name: 'seed', min: 0, max: Number.MAX_SAFE_INTEGER, step: 1, decimalScale: 0 },
] as const;

/** The system prompt and the sampling of every column; they count from the next question on. */
export function SettingsFields({ settings, onChange }: SettingsFieldsProps): ReactElement {
  const words = useWords('chat');
  const { system, sampling } = settings;
  return (
    <div className={classes['settings']}>
      <Textarea
        label={words('system')}
        placeholder={words('systemNone')}
        autosize
        minRows={1}
        maxRows={6}
        value={system}
        onChange={(event) => onChange({ system: event.currentTarget.value, sampling })}
      />
      <Group gap="sm" align="flex-start">
        {FIELDS.map(({ name, ...limits }) => (
          <NumberInput
            key={name}
            w={170}
            {...limits}
            allowNegative={false}
            clampBehavior="strict"
            label={words(`sampling.${name}`)}
            placeholder={words(name === 'seed' ? 'sampling.random' : 'sampling.default')}
            value={sampling[name] ?? ''}
            onChange={(value) => {
              // An emptied field goes back to what the engine does by itself.
              const next = typeof value === 'number' ? value : undefined;
              const others = Object.fromEntries(Object.entries(sampling).filter(([key]) => key !== name));
              onChange({ system, sampling: next === undefined ? others : { ...others, [name]: next } });
            }}
          />
        ))}
      </Group>
    </div>
  );
}
