import { useEffect, useRef, useState, type ReactElement } from 'react';

import { ActionIcon, Button, Group, Select, Text } from '@mantine/core';
import { IconAdjustments, IconMessages, IconX } from '@tabler/icons-react';

import { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import { useWords } from '../../i18n/use-words.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-note.tsx';
import classes from './chat.module.css';
import { ChatTurn } from './chat-turn.tsx';
import { IdentityBar } from './identity-bar.tsx';
import { canAsk, lacksAdapter, sessionOf } from './column-state.ts';
import { ModelState } from './model-state.tsx';
import { SettingsFields } from './settings-fields.tsx';
import type { ChatSettings, Turn } from './turns.ts';
import type { Answerers } from './use-answerers.ts';
import type { OpenConversation } from './use-conversation.ts';

export type ChatColumnProps = Readonly<{
  label: string;
  answererKey: string | undefined;
  answerers: Answerers;
  open: OpenConversation | undefined;
  isQueued: boolean;
  onChoose: (key: string) => void;
  onRemove: (() => void) | undefined;
  onResend: (index: number, question: string) => void;
  onShare: ((settings: ChatSettings) => void) | undefined;
}>;

/** How close to its end a column has to stand to follow what is being written. */
const FOLLOW_PX = 60;

/** What answers, fixed at the top, and what was said to it. */
export function ChatColumn(props: ChatColumnProps): ReactElement {
  const { label, answererKey, answerers, open, onChoose, onRemove, onShare } = props;
  const words = useWords('chat');
  const [isSetting, setSetting] = useState(false);
  const turns = open?.state.turns ?? [];
  const log = useFollowedEnd(turns);
  const session = open === undefined ? undefined : sessionOf(open.state.model);
  const isKnown = answererKey === undefined || answerers.nameOf(answererKey) !== undefined;
  const foreign = isKnown
    ? []
    : [{ value: answererKey, label: session?.run?.name ?? session?.model ?? answererKey }];
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
          {open !== undefined && (
            <Button
              variant="default"
              leftSection={<IconAdjustments size={16} aria-hidden />}
              aria-expanded={isSetting}
              onClick={() => setSetting(!isSetting)}
            >
              {words('settings')}
            </Button>
          )}
          {onRemove !== undefined && (
            <ActionIcon variant="subtle" size={36} aria-label={words('removeColumn')} onClick={onRemove}>
              <IconX size={16} aria-hidden />
            </ActionIcon>
          )}
        </div>
        {open !== undefined && <IdentityBar open={open} />}
        {open !== undefined && isSetting && (
          <SettingsFields
            settings={open.state.settings}
            recorded={session?.recordedSystem}
            onChange={(settings) => open.conversation.set(settings)}
            onShare={onShare === undefined ? undefined : () => onShare(open.state.settings)}
          />
        )}
      </div>
      <div
        ref={log}
        className={classes['log']}
        role="log"
        aria-label={words('log', { column: label })}
        aria-busy={turns.at(-1)?.state === 'writing'}
        tabIndex={0}
      >
        {open === undefined ? (
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
        ) : (
          <Conversed {...props} open={open} />
        )}
      </div>
    </section>
  );
}

function Conversed(props: ChatColumnProps & Readonly<{ open: OpenConversation }>): ReactElement {
  const { open, isQueued, onResend } = props;
  const { conversation, state } = open;
  const { cleared, turns } = state;
  const words = useWords('chat');
  const isReady = canAsk(open);
  const isIdle = turns.at(-1)?.state !== 'writing';
  return (
    <>
      {turns.length === 0 && cleared.length > 0 && (
        <Group justify="center" gap="xs" mt="xl">
          <Text c="dimmed">{words('cleared')}</Text>
          <Button size="compact-sm" variant="default" onClick={() => conversation.unclear()}>
            {words('unclear')}
          </Button>
        </Group>
      )}
      {isReady && turns.length === 0 && cleared.length === 0 && (
        <Text c="dimmed" ta="center" mt="xl">
          {words('empty.ask')}
        </Text>
      )}
      {turns.map((_, index) => (
        <ChatTurn
          key={index}
          turns={turns}
          index={index}
          answerer={conversation.answerer}
          isQueued={isQueued}
          onRegenerate={
            index === turns.length - 1 && isReady && isIdle ? () => conversation.regenerate() : undefined
          }
          onResend={isReady && isIdle ? (question) => onResend(index, question) : undefined}
        />
      ))}
      {lacksAdapter(open) && (
        <ErrorNote
          error={new StudioError('chat.no_adapter', { run: sessionOf(state.model)?.run?.name ?? '' })}
        />
      )}
      <ModelState open={open} />
    </>
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
    const element = log.current;
    if (element === null) return undefined;
    const toEnd = (): void => {
      if (follows.current) element.scrollTop = element.scrollHeight;
    };
    toEnd();
    // The text of an answer is drawn later than it is known, and grows then.
    const watching = new MutationObserver(toEnd);
    watching.observe(element, { subtree: true, childList: true, characterData: true });
    return () => watching.disconnect();
  }, [turns]);
  return log;
}
