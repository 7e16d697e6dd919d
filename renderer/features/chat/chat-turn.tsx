import { useState, type ReactElement } from 'react';

import { Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconPencil, IconRefresh } from '@tabler/icons-react';

import { answerSigns } from '../../../electron/shared/domain/answer-signs.ts';
import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { CopyTextButton } from '../../ui/copy-text-button.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import { AnswerText } from './answer-text.tsx';
import type { Answerer } from './answerer.ts';
import classes from './chat.module.css';
import { callsOf, commandOf } from './copy-call.ts';
import { TurnEditor } from './turn-editor.tsx';
import { tokensPerSecond, type Turn } from './turns.ts';

export type ChatTurnProps = Readonly<{
  turns: readonly Turn[];
  index: number;
  answerer: Answerer;
  /** The other column is being answered by the same weights first. */
  isQueued: boolean;
  onRegenerate: (() => void) | undefined;
  onResend: ((question: string) => void) | undefined;
}>;

/** A question, its answer, and what can be done with them. */
export function ChatTurn(props: ChatTurnProps): ReactElement | null {
  const { turns, index, answerer, isQueued, onRegenerate, onResend } = props;
  const words = useWords('chat');
  const [isEditing, setEditing] = useState(false);
  const turn = turns[index];
  if (turn === undefined) return null;
  const isWriting = turn.state === 'writing';
  return (
    <article className={classes['turn']}>
      {isEditing && onResend !== undefined ? (
        <TurnEditor
          question={turn.question}
          following={turns.length - index - 1}
          onCancel={() => setEditing(false)}
          onSend={(question) => {
            setEditing(false);
            onResend(question);
          }}
        />
      ) : (
        <div className={classes['asked']}>
          <div className={classes['question']}>{turn.question}</div>
          {onResend !== undefined && (
            <Button
              className={classes['edit']}
              size="compact-xs"
              variant="subtle"
              leftSection={<IconPencil size={14} aria-hidden />}
              onClick={() => setEditing(true)}
            >
              {words('edit')}
            </Button>
          )}
        </div>
      )}
      {isWriting && turn.text === '' ? (
        <Text c="dimmed">{words(isQueued ? 'queued' : 'reading')}</Text>
      ) : (
        <AnswerText text={turn.text} isWriting={isWriting} />
      )}
      {turn.state === 'failed' && turn.error !== undefined && (
        <ErrorNote
          error={turn.error}
          action={
            onRegenerate !== undefined && (
              <Button size="compact-sm" onClick={onRegenerate}>
                {words('regenerate')}
              </Button>
            )
          }
        />
      )}
      {turn.state === 'done' && (
        <>
          <AnswerEnd turn={turn} />
          <Group gap={4}>
            <CopyTextButton label={words('copy.answer')} text={turn.text} />
            <CopyTextButton label={words('copy.command')} text={commandOf(answerer, turn)} />
            <CopyTextButton label={words('copy.calls')} text={callsOf(answerer, turns, index)} />
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
        </>
      )}
    </article>
  );
}

/** How an answer ended and what it cost; what looks wrong with it is marked. */
function AnswerEnd({ turn }: Readonly<{ turn: Turn }>): ReactElement {
  const words = useWords('chat');
  const { answerTokens = 0, finish = 'stop', promptTokens = 0, text } = turn;
  const perSecond = tokensPerSecond(turn);
  const signs = answerSigns(text, finish);
  return (
    <>
      <div className={classes['end']}>
        {words(`finish.${finish}`)} ·{' '}
        {words('tokens', { asked: formatNumber(promptTokens), answered: formatNumber(answerTokens) })}
        {perSecond !== undefined && ` · ${words('speed', { speed: formatNumber(perSecond, 1) })}`}
      </div>
      {signs.map((sign) => (
        <div key={sign} className={classes['sign']}>
          <IconAlertTriangle size={14} aria-hidden />
          {words(`sign.${sign}`)}
        </div>
      ))}
    </>
  );
}
