import { useState, type KeyboardEvent, type ReactElement } from 'react';

import { Button, Group, Text, Textarea } from '@mantine/core';

import { useWords } from '../../i18n/use-words.ts';
import { isSendKey } from './send-key.ts';

export type TurnEditorProps = Readonly<{
  question: string;
  /** Turns below, which go. */
  following: number;
  onSend: (question: string) => void;
  onCancel: () => void;
}>;

/** Rewrites a question in its place. */
export function TurnEditor({ question, following, onSend, onCancel }: TurnEditorProps): ReactElement {
  const words = useWords('chat');
  const [text, setText] = useState(question);
  const send = (): void => {
    if (text.trim() !== '') onSend(text.trim());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (isSendKey(event.nativeEvent)) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && !event.nativeEvent.isComposing) {
      // The top layer only.
      event.stopPropagation();
      onCancel();
    }
  };
  return (
    <div>
      <Textarea
        aria-label={words('editQuestion')}
        autosize
        minRows={2}
        maxRows={12}
        autoFocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <Group justify="flex-end" gap="xs" my={6}>
        {following > 0 && (
          <Text fz="xs" c="dimmed">
            {words('editDrops', { count: following })}
          </Text>
        )}
        <Button size="compact-sm" variant="default" onClick={onCancel}>
          {words('common:cancel')}
        </Button>
        <Button size="compact-sm" disabled={text.trim() === ''} onClick={send}>
          {words('resend')}
        </Button>
      </Group>
    </div>
  );
}
