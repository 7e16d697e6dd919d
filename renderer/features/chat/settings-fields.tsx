import type { ReactElement } from 'react';

import { Button, Group, NumberInput, SegmentedControl, Text, Textarea } from '@mantine/core';

import type { ChatSession } from '../../../electron/shared/contract/methods/chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import classes from './chat.module.css';
import type { ChatSettings, SystemChoice } from './turns.ts';

export type SettingsFieldsProps = Readonly<{
  settings: ChatSettings;
  /** What the weights were trained with, once they are loaded. */
  recorded: ChatSession['recordedSystem'];
  onChange: (settings: ChatSettings) => void;
  /** Sets the other column to the same. */
  onShare: (() => void) | undefined;
}>;

const FIELDS = [
  { name: 'temperature', min: 0, max: 5, step: 0.1, decimalScale: 2 },
  { name: 'topP', min: 0.01, max: 1, step: 0.05, decimalScale: 2 },
  { name: 'repetitionPenalty', min: 0.5, max: 3, step: 0.05, decimalScale: 2 },
  { name: 'maxNewTokens', min: 1, max: 1_048_576, step: 64, decimalScale: 0 },
  { name: 'seed', min: 0, max: Number.MAX_SAFE_INTEGER, step: 1, decimalScale: 0 },
] as const;

const FROM: readonly SystemChoice['from'][] = ['recorded', 'own', 'none'];

/** The system prompt and the sampling of one column; they count from the next question on. */
export function SettingsFields(props: SettingsFieldsProps): ReactElement {
  const { settings, recorded, onChange, onShare } = props;
  const words = useWords('chat');
  const { system, sampling } = settings;
  const set = (change: Partial<SystemChoice>): void =>
    onChange({ system: { ...system, ...change }, sampling });
  return (
    <div className={classes['settings']}>
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Text fw={600} aria-hidden>
            {words('system')}
          </Text>
          <SegmentedControl
            size="xs"
            aria-label={words('systemSource')}
            data={FROM.map((from) => ({ value: from, label: words(`systemChoice.${from}`) }))}
            value={system.from}
            onChange={(from) => set({ from })}
          />
        </Group>
        {onShare !== undefined && (
          <Button size="compact-sm" variant="subtle" onClick={onShare}>
            {words('share')}
          </Button>
        )}
      </Group>
      {system.from === 'recorded' && (
        <Text c="dimmed" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {recorded?.text ?? words(`recorded.${recorded?.source ?? 'notLoaded'}`)}
        </Text>
      )}
      {system.from === 'own' && (
        <Textarea
          aria-label={words('system')}
          placeholder={words('systemNone')}
          autosize
          minRows={1}
          maxRows={6}
          value={system.text}
          onChange={(event) => set({ text: event.currentTarget.value })}
        />
      )}
      <div className={classes['sampling']}>
        {FIELDS.map(({ name, ...limits }) => (
          <NumberInput
            key={name}
            size="xs"
            {...limits}
            allowNegative={false}
            clampBehavior="strict"
            label={words(`sampling.${name}`)}
            placeholder={words(name === 'seed' ? 'sampling.random' : `samplingDefault.${name}`)}
            value={sampling[name] ?? ''}
            onChange={(value) => {
              // An emptied field goes back to what the engine does by itself.
              const next = typeof value === 'number' ? value : undefined;
              const others = Object.fromEntries(Object.entries(sampling).filter(([key]) => key !== name));
              onChange({ system, sampling: next === undefined ? others : { ...others, [name]: next } });
            }}
          />
        ))}
      </div>
    </div>
  );
}
