import type { ChatTopicData } from '../../../electron/shared/contract/events.ts';
import { StudioError } from '../../../electron/shared/contract/studio-error.ts';
import type { ChatMessage, SamplingInput } from '../../../electron/shared/protocol/chat.ts';

/** How every question is asked: the system prompt and the sampling. */
export type ChatSettings = Readonly<{ system: string; sampling: SamplingInput }>;

/** A question with what became of it. */
export type Turn = Readonly<{
  question: string;
  text: string;
  state: 'writing' | 'done' | 'failed';
  finish?: 'stop' | 'length' | 'cancelled';
  promptTokens?: number;
  answerTokens?: number;
  error?: unknown;
  /** What was sent for it. */
  messages: readonly ChatMessage[];
  sampling: SamplingInput;
}>;

/** What is sent for a further question. A turn without an answer is left out: roles have to alternate. */
export function newTurn(before: readonly Turn[], question: string, settings: ChatSettings): Turn {
  const { system, sampling } = settings;
  const messages: ChatMessage[] = system.trim() === '' ? [] : [{ role: 'system', content: system }];
  for (const turn of before) {
    if (turn.text === '') continue;
    messages.push({ role: 'user', content: turn.question }, { role: 'assistant', content: turn.text });
  }
  messages.push({ role: 'user', content: question });
  return { question, text: '', state: 'writing', messages, sampling };
}

export const failedTurn = (turn: Turn, error: unknown): Turn => ({ ...turn, state: 'failed', error });

/** The turn that is being written after what the chat process said of request `requestId`. */
export function afterReply(turn: Turn, requestId: string, reply: ChatTopicData): Turn {
  switch (reply.kind) {
    case 'ready':
      return turn;
    case 'snapshot':
      // Its end was said while nobody listened.
      if (reply.requestId !== requestId) return failedTurn(turn, new StudioError('core.disconnected'));
      return { ...turn, text: reply.text ?? '' };
    case 'closed':
      return failedTurn(turn, closedError(reply));
    case 'delta':
      return reply.id === requestId ? { ...turn, text: turn.text + reply.text } : turn;
    case 'error':
      return reply.id === null || reply.id === requestId ? failedTurn(turn, reply.error) : turn;
    case 'done': {
      if (reply.id !== requestId) return turn;
      const { text, finish, promptTokens, answerTokens } = reply;
      return { ...turn, state: 'done', text, finish, promptTokens, answerTokens };
    }
  }
}

export function closedError(reply: Extract<ChatTopicData, { kind: 'closed' }>): StudioError {
  const { code, detail } = reply;
  return new StudioError(code ?? 'chat.ended', {}, detail === undefined ? {} : { detail });
}
