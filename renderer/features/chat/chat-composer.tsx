import { useEffect, useEffectEvent, type KeyboardEvent, type ReactElement } from 'react';

import { Button, Textarea } from '@mantine/core';
import { IconPlayerStop, IconSend } from '@tabler/icons-react';

import { useWords } from '../../i18n/use-words.ts';
import { useViewMemory } from '../../state/view-memory.ts';
import classes from './chat.module.css';
import { isSendKey } from './send-key.ts';

export type ChatComposerProps = Readonly<{
  canAsk: boolean;
  isWriting: boolean;
  onAsk: (question: string) => void;
  onStop: () => void;
}>;

/** One question for every column. */
export function ChatComposer({ canAsk, isWriting, onAsk, onStop }: ChatComposerProps): ReactElement {
  const words = useWords('chat');
  const [text, setText] = useViewMemory('chat.question', '');
  const send = (): void => {
    if (!canAsk || text.trim() === '') return;
    onAsk(text.trim());
    setText('');
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (isSendKey(event.nativeEvent)) {
      event.preventDefault();
      send();
    }
  };
  const onEscape = useEffectEvent((event: globalThis.KeyboardEvent) => {
    const hasLayer = document.querySelector('[role="dialog"], [role="menu"]') !== null;
    if (event.key === 'Escape' && isWriting && !event.isComposing && !hasLayer) onStop();
  });
  // Wherever the keyboard is: the button that sent is gone once it was pressed.
  useEffect(() => {
    const listener = (event: globalThis.KeyboardEvent): void => onEscape(event);
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, []);
  return (
    <div className={classes['composer']}>
      <Textarea
        style={{ flex: 1 }}
        aria-label={words('question')}
        placeholder={words('placeholder')}
        autosize
        minRows={2}
        maxRows={8}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {isWriting ? (
        <Button leftSection={<IconPlayerStop size={16} aria-hidden />} onClick={onStop}>
          {words('stop')}
        </Button>
      ) : (
        <Button
          leftSection={<IconSend size={16} aria-hidden />}
          disabled={!canAsk || text.trim() === ''}
          onClick={send}
        >
          {words('send')}
        </Button>
      )}
    </div>
  );
}
