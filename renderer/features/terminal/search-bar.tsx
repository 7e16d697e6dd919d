import { ActionIcon, Group, Text, TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconX } from '@tabler/icons-react';
import { useState, type ReactElement } from 'react';

import { useWords } from '../../i18n/use-words.ts';

export type SearchBarProps = Readonly<{
  /** False where the text stands nowhere. */
  onFind: (text: string, direction: 'next' | 'previous') => boolean;
  onClose: () => void;
}>;

/** Enter finds upwards, where the latest output is; Shift+Enter downwards. */
export function SearchBar({ onFind, onClose }: SearchBarProps): ReactElement {
  const words = useWords('terminal');
  const common = useWords('common');
  const [text, setText] = useState('');
  const [missing, setMissing] = useState(false);
  const find = (direction: 'next' | 'previous'): void => {
    if (text !== '') setMissing(!onFind(text, direction));
  };
  return (
    <Group gap={4} role="search" justify="flex-end">
      <Text fz="xs" role="status" c="dimmed">
        {missing ? words('search.none') : ''}
      </Text>
      <TextInput
        size="xs"
        autoFocus
        aria-label={words('search.label')}
        placeholder={words('search.label')}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setMissing(false);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') find(event.shiftKey ? 'next' : 'previous');
          if (event.key === 'Escape') onClose();
        }}
      />
      <ActionIcon aria-label={words('search.previous')} onClick={() => find('previous')}>
        <IconArrowUp size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon aria-label={words('search.next')} onClick={() => find('next')}>
        <IconArrowDown size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon aria-label={common('close')} onClick={onClose}>
        <IconX size={16} aria-hidden />
      </ActionIcon>
    </Group>
  );
}
