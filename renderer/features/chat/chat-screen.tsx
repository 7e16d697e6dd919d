import { useState, type ReactElement } from 'react';

import { Button, Group, Title } from '@mantine/core';
import { IconAdjustments, IconColumns2, IconEraser } from '@tabler/icons-react';
import { useSearchParams } from 'react-router';

import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { AddModel } from './add-model.tsx';
import { addressOf, answererOf, answerersIn, keyOf, type Answerer } from './answerer.ts';
import { ChatColumn } from './chat-column.tsx';
import { ChatComposer } from './chat-composer.tsx';
import classes from './chat.module.css';
import { isWriting } from './conversation.ts';
import { SettingsFields } from './settings-fields.tsx';
import type { ChatSettings } from './turns.ts';
import { useAnswerers } from './use-answerers.ts';
import { useConversation } from './use-conversation.ts';

const keyIn = (answerer: Answerer | undefined): string | undefined =>
  answerer === undefined ? undefined : keyOf(answerer);

/** Asks a model, a run's adapter or its base; two of them side by side get the same question. */
export function ChatScreen(): ReactElement {
  const words = useWords('chat');
  const [address, setAddress] = useSearchParams();
  const chosen = answerersIn(address);
  const answerers = useAnswerers();
  const [settings, setSettings] = useState<ChatSettings>({ system: '', sampling: {} });
  const [isSetting, setSetting] = useState(false);
  const first = useConversation(keyIn(chosen[0]));
  const second = useConversation(keyIn(chosen[1]));
  const open = [first, second].filter((one) => one !== undefined);
  const writing = open.filter(({ state }) => isWriting(state));
  const ready = open.filter(({ state }) => state.phase === 'ready');
  const isLoading = open.some(({ state }) => state.phase === 'loading');
  const show = (next: readonly (Answerer | undefined)[]): void =>
    setAddress(addressOf(next), { replace: true });
  const choose = (column: number, key: string): void =>
    show(chosen.map((one, index) => (index === column ? answererOf(key) : one)));
  const isEmpty = answerers.first === undefined && open.length === 0;
  if (isEmpty && answerers.isLoading) return <Skeletons rows={6} height={28} />;
  if (isEmpty && answerers.error === null)
    return <AddModel onAdded={(id) => show([{ kind: 'model', id }])} />;
  return (
    <div className={classes['screen']}>
      <Group justify="space-between">
        <Title order={1} fz="lg">
          {words('title')}
        </Title>
        <Group gap="xs">
          <Button
            variant="default"
            leftSection={<IconAdjustments size={16} aria-hidden />}
            aria-expanded={isSetting}
            onClick={() => setSetting(!isSetting)}
          >
            {words('settings')}
          </Button>
          {chosen.length === 1 && (
            <Button
              variant="default"
              leftSection={<IconColumns2 size={16} aria-hidden />}
              onClick={() => show([chosen[0], undefined])}
            >
              {words('addColumn')}
            </Button>
          )}
          <Button
            variant="default"
            leftSection={<IconEraser size={16} aria-hidden />}
            disabled={writing.length > 0 || open.every(({ state }) => state.turns.length === 0)}
            onClick={() => open.forEach(({ conversation }) => conversation.reset())}
          >
            {words('reset')}
          </Button>
        </Group>
      </Group>
      {answerers.error !== null && <ErrorNote error={answerers.error} onRetry={answerers.retry} />}
      {isSetting && <SettingsFields settings={settings} onChange={setSettings} />}
      <div className={classes['columns']}>
        {chosen.map((answerer, column) => (
          <ChatColumn
            key={column}
            label={words('column', { number: column + 1 })}
            answererKey={keyIn(answerer)}
            answerers={answerers}
            open={column === 0 ? first : second}
            settings={settings}
            onChoose={(key) => choose(column, key)}
            onRemove={column === 0 ? undefined : () => show([chosen[0]])}
          />
        ))}
      </div>
      <ChatComposer
        canAsk={ready.length > 0 && writing.length === 0 && !isLoading}
        isWriting={writing.length > 0}
        onAsk={(question) => ready.forEach(({ conversation }) => conversation.ask(question, settings))}
        onStop={() => writing.forEach(({ conversation }) => conversation.stop())}
      />
    </div>
  );
}
