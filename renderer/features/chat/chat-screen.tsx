import type { ReactElement } from 'react';

import { Button, Group, Title } from '@mantine/core';
import { IconColumns2, IconEraser } from '@tabler/icons-react';
import { useSearchParams } from 'react-router';

import { useWords } from '../../i18n/use-words.ts';
import { ErrorNote } from '../../ui/error-note.tsx';
import { Skeletons } from '../../ui/skeletons.tsx';
import { AddModel } from './add-model.tsx';
import { addressOf, answererOf, answerersIn, keyOf, weightsKeyOf, type Answerer } from './answerer.ts';
import { ChatColumn } from './chat-column.tsx';
import { ChatComposer } from './chat-composer.tsx';
import classes from './chat.module.css';
import { canAsk } from './column-state.ts';
import { isWriting } from './conversation.ts';
import { letGo } from './open-conversations.ts';
import { useAnswerers } from './use-answerers.ts';
import { useConversation, type OpenConversation } from './use-conversation.ts';

const keyIn = (answerer: Answerer | undefined): string | undefined =>
  answerer === undefined ? undefined : keyOf(answerer);

const isGiven = <T,>(value: T | undefined): value is T => value !== undefined;

/** Asks a model, a run's adapter or its base; two of them side by side get the same question. */
export function ChatScreen(): ReactElement {
  const words = useWords('chat');
  const [address, setAddress] = useSearchParams();
  const chosen = answerersIn(address);
  const answerers = useAnswerers();
  const first = useConversation(0, keyIn(chosen[0]));
  const second = useConversation(1, keyIn(chosen[1]));
  const columns = [first, second];
  const open = columns.filter(isGiven);
  const writing = open.filter(({ state }) => isWriting(state));
  const ready = open.filter(canAsk);
  const isLoading = open.some(({ state }) => state.model.phase === 'loading');
  const show = (next: readonly (Answerer | undefined)[]): void => {
    const staying = next.filter(isGiven);
    const gone = chosen
      .filter(isGiven)
      .filter((one) => !staying.some((other) => keyOf(other) === keyOf(one)));
    for (const answerer of gone) letGo(answerer, staying);
    setAddress(addressOf(next), { replace: true });
  };
  const choose = (column: number, key: string): void =>
    show(chosen.map((one, index) => (index === column ? answererOf(key) : one)));
  /** A question that both columns were asked is asked anew in both. */
  const resend = (index: number, former: string | undefined, question: string): void => {
    for (const { conversation, state } of ready) {
      if (state.turns[index]?.question === former) conversation.resend(index, question);
    }
  };
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
            onClick={() => open.forEach(({ conversation }) => conversation.clear())}
          >
            {words('reset')}
          </Button>
        </Group>
      </Group>
      {answerers.error !== null && <ErrorNote error={answerers.error} onRetry={answerers.retry} />}
      <div className={classes['columns']}>
        {chosen.map((answerer, column) => {
          const own = columns[column];
          const other = chosen.length === 2 ? columns[1 - column] : undefined;
          return (
            <ChatColumn
              key={column}
              label={words('column', { number: column + 1 })}
              answererKey={keyIn(answerer)}
              answerers={answerers}
              open={own}
              isQueued={isBehind(own, other)}
              onChoose={(key) => choose(column, key)}
              onRemove={column === 0 ? undefined : () => show([chosen[0]])}
              onResend={(index, question) => resend(index, own?.state.turns[index]?.question, question)}
              onShare={other === undefined ? undefined : (settings) => other.conversation.set(settings)}
            />
          );
        })}
      </div>
      <ChatComposer
        canAsk={ready.length > 0 && writing.length === 0 && !isLoading}
        isWriting={writing.length > 0}
        onAsk={(question) => ready.forEach(({ conversation }) => conversation.ask(question))}
        onStop={() => writing.forEach(({ conversation }) => conversation.stop())}
      />
    </div>
  );
}

/** Whether the same weights answer the other column first. */
function isBehind(own: OpenConversation | undefined, other: OpenConversation | undefined): boolean {
  if (own === undefined || other === undefined) return false;
  const sharesWeights = weightsKeyOf(own.conversation.answerer) === weightsKeyOf(other.conversation.answerer);
  return sharesWeights && isWriting(other.state) && other.state.turns.at(-1)?.text !== '';
}
