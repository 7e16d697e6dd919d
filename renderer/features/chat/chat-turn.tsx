import type { ReactElement } from 'react';

import { Button, CopyButton, Group } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';

import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import type { Answerer } from './answerer.ts';
import classes from './chat.module.css';
import { callsOf, commandOf } from './copy-call.ts';
import type { Turn } from './turns.ts';

export type ChatTurnProps = Readonly<{
  turn: Turn;
  answerer: Answerer;
  onRegenerate: (() => void) | undefined;
}>;

/** A question, its answer as plain text, and what can be done with it. */
export function ChatTurn({ turn, answerer, onRegenerate }: ChatTurnProps): ReactElement {
  const words = useWords('chat');
  return (
    <article className={classes['turn']}>
      <div className={classes['question']}>{turn.question}</div>
      <div className={classes['answer']} data-state={turn.state}>
        {turn.text}
        {turn.state === 'done' && turn.text === '' && <em>{words('emptyAnswer')}</em>}
      </div>
      {turn.state === 'failed' && <ErrorNote error={turn.error} onRetry={onRegenerate} />}
      {turn.state === 'done' && (
        <Group gap={4}>
          <Copy label={words('copy.answer')} value={turn.text} />
          <Copy label={words('copy.command')} value={commandOf(answerer, turn)} />
          <Copy label={words('copy.calls')} value={callsOf(answerer, turn)} />
          {onRegenerate !== undefined && (
            <Button
              size="compact-xs"
              variant="subtle"
              leftSection={<IconRefresh size={14} aria-hidden />}
              onClick={onRegenerate}
            >
              {words('regenerate')}
            </Button>
          )}
        </Group>
      )}
    </article>
  );
}

function Copy({ label, value }: Readonly<{ label: string; value: string }>): ReactElement {
  const words = useWords('chat');
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button size="compact-xs" variant="subtle" onClick={copy}>
          {copied ? words('copy.done') : label}
        </Button>
      )}
    </CopyButton>
  );
}
