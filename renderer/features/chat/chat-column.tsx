import { useEffect, useRef, type ReactElement } from 'react';

import { ActionIcon, Button, Loader, Select, Text } from '@mantine/core';
import { IconMessages, IconX } from '@tabler/icons-react';

import { formatNumber } from '../../i18n/format.ts';
import { useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import classes from './chat.module.css';
import { ChatTurn } from './chat-turn.tsx';
import type { ChatSettings, Turn } from './turns.ts';
import type { Answerers } from './use-answerers.ts';
import type { OpenConversation } from './use-conversation.ts';

export type ChatColumnProps = Readonly<{
  label: string;
  answererKey: string | undefined;
  answerers: Answerers;
  open: OpenConversation | undefined;
  settings: ChatSettings;
  onChoose: (key: string) => void;
  onRemove: (() => void) | undefined;
}>;

/** How close to its end a column has to stand to follow what is being written. */
const FOLLOW_PX = 60;

/** What answers, fixed at the top, and what was said to it. */
export function ChatColumn(props: ChatColumnProps): ReactElement {
  const { label, answererKey, answerers, open, settings, onChoose, onRemove } = props;
  const words = useWords('chat');
  const turns = open?.state.turns ?? [];
  const log = useFollowedEnd(turns);
  const isKnown = answererKey === undefined || answerers.nameOf(answererKey) !== undefined;
  const foreign = isKnown ? [] : [{ value: answererKey, label: open?.state.session?.model ?? answererKey }];
  return (
    <section className={classes['column']} aria-label={label}>
      <div className={classes['bar']}>
        <div className={classes['choice']}>
          <Select
            style={{ flex: 1 }}
            aria-label={words('answers')}
            placeholder={words('choose')}
            searchable
            allowDeselect={false}
            data={[...answerers.groups, ...foreign]}
            value={answererKey ?? null}
            onChange={(key) => {
              if (key !== null) onChoose(key);
            }}
          />
          {onRemove !== undefined && (
            <ActionIcon variant="subtle" size={36} aria-label={words('removeColumn')} onClick={onRemove}>
              <IconX size={16} aria-hidden />
            </ActionIcon>
          )}
        </div>
        <BarFacts open={open} />
      </div>
      <div
        ref={log}
        className={classes['log']}
        role="log"
        aria-label={words('log', { column: label })}
        aria-busy={turns.at(-1)?.state === 'writing'}
        tabIndex={0}
      >
        {open === undefined && (
          <EmptyState
            icon={<IconMessages size={40} stroke={1.5} />}
            sentence={words('empty.choose')}
            action={
              answerers.first === undefined ? undefined : (
                <Button variant="default" onClick={() => onChoose(answerers.first?.value ?? '')}>
                  {words('empty.chat', { name: answerers.first.label })}
                </Button>
              )
            }
          />
        )}
        {open?.state.phase === 'ready' && turns.length === 0 && (
          <Text c="dimmed" ta="center" mt="xl">
            {words('empty.ask')}
          </Text>
        )}
        {open !== undefined &&
          turns.map((turn, index) => (
            <ChatTurn
              key={index}
              turn={turn}
              answerer={open.conversation.answerer}
              onRegenerate={
                index === turns.length - 1 && open.state.phase === 'ready' && turn.state !== 'writing'
                  ? () => open.conversation.regenerate(settings)
                  : undefined
              }
            />
          ))}
        {open?.state.phase === 'failed' && (
          <ErrorNote error={open.state.error} onRetry={() => void open.conversation.open()} />
        )}
      </div>
    </section>
  );
}

function BarFacts({ open }: Readonly<{ open: OpenConversation | undefined }>): ReactElement {
  const words = useWords('chat');
  const last = open?.state.turns.at(-1);
  const { session, phase } = open?.state ?? {};
  return (
    <div className={classes['facts']} role="status">
      {phase === 'loading' && (
        <>
          <Loader size={14} aria-hidden />
          <span>{words('loadingModel')}</span>
        </>
      )}
      {session !== undefined && <span title={session.modelPath}>{session.model}</span>}
      {session?.adapterPath !== undefined && (
        <span className={classes['path']} title={session.adapterPath}>
          {words(open?.conversation.answerer.kind === 'base' ? 'adapterOff' : 'adapterOn')}
        </span>
      )}
      {session !== undefined && <span>{words('template', { template: session.template })}</span>}
      {last?.state === 'writing' && <span>{words('writing')}</span>}
      {last?.finish !== undefined && (
        <span>
          {words(`finish.${last.finish}`)} ·{' '}
          {words('tokens', {
            asked: formatNumber(last.promptTokens ?? 0),
            answered: formatNumber(last.answerTokens ?? 0),
          })}
        </span>
      )}
    </div>
  );
}

/** Keeps the newest text in sight unless the reader has scrolled up. */
function useFollowedEnd(turns: readonly Turn[]): React.RefObject<HTMLDivElement | null> {
  const log = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    const element = log.current;
    if (element === null) return undefined;
    const onScroll = (): void => {
      follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < FOLLOW_PX;
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => element.removeEventListener('scroll', onScroll);
  }, []);
  useEffect(() => {
    follows.current = true;
  }, [turns.length]);
  useEffect(() => {
    if (follows.current && log.current !== null) log.current.scrollTop = log.current.scrollHeight;
  }, [turns]);
  return log;
}
