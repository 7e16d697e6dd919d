import { useEffect, useMemo, useSyncExternalStore } from 'react';

import { answererOf } from './answerer.ts';
import type { Conversation, ConversationState } from './conversation.ts';
import { conversationOf } from './open-conversations.ts';

export type OpenConversation = Readonly<{ conversation: Conversation; state: ConversationState }>;

const nothing = (): (() => void) => () => undefined;
const none = (): undefined => undefined;

/** The conversation of a column, followed while the screen stands. What was never loaded is loaded. */
export function useConversation(column: number, key: string | undefined): OpenConversation | undefined {
  const conversation = useMemo(() => {
    const answerer = answererOf(key ?? null);
    return answerer === undefined ? undefined : conversationOf(column, answerer);
  }, [column, key]);
  useEffect(() => {
    if (conversation === undefined) return undefined;
    const { model } = conversation;
    if (model.state.phase === 'off' && !model.state.cancelled) conversation.open();
    const watching = model.watch();
    return () => watching.dispose();
  }, [conversation]);
  const state = useSyncExternalStore<ConversationState | undefined>(
    conversation?.subscribe ?? nothing,
    conversation?.read ?? none,
  );
  return conversation === undefined || state === undefined ? undefined : { conversation, state };
}
