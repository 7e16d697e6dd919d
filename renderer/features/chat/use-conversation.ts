import { useEffect, useMemo, useSyncExternalStore } from 'react';

import { answererOf } from './answerer.ts';
import { Conversation, type ConversationState } from './conversation.ts';

export type OpenConversation = Readonly<{ conversation: Conversation; state: ConversationState }>;

const nothing = (): (() => void) => () => undefined;
const none = (): undefined => undefined;

/** Loads what answers while the screen stands, and lets it go afterwards: it holds memory of the rig. */
export function useConversation(key: string | undefined): OpenConversation | undefined {
  const conversation = useMemo(() => {
    const answerer = answererOf(key ?? null);
    return answerer === undefined ? undefined : new Conversation(answerer);
  }, [key]);
  useEffect(() => {
    if (conversation === undefined) return undefined;
    const close = (): void => conversation.close();
    void conversation.open();
    window.addEventListener('pagehide', close);
    return () => {
      window.removeEventListener('pagehide', close);
      close();
    };
  }, [conversation]);
  const state = useSyncExternalStore<ConversationState | undefined>(
    conversation?.subscribe ?? nothing,
    conversation?.read ?? none,
  );
  return conversation === undefined || state === undefined ? undefined : { conversation, state };
}
