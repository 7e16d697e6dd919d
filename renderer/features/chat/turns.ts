import type { ChatTopicData } from '../../../electron/shared/contract/events.ts';
import { StudioError, type ErrorBody } from '../../../electron/shared/contract/studio-error.ts';
import type { ChatMessage, SamplingInput } from '../../../electron/shared/protocol/chat.ts';

/** `recorded`: what the weights were trained with; `own`: the text; `none`: no system prompt at all. */
export type SystemChoice = Readonly<{ from: 'recorded' | 'own' | 'none'; text: string }>;

/** How every question of a column is asked: the system prompt and the sampling. */
export type ChatSettings = Readonly<{ system: SystemChoice; sampling: SamplingInput }>;

export const DEFAULT_SETTINGS: ChatSettings = { system: { from: 'recorded', text: '' }, sampling: {} };

/** A question with what became of it. */
export type Turn = Readonly<{
  question: string;
  text: string;
  state: 'writing' | 'done' | 'failed';
  /** Once the core has taken the question. */
  requestId?: string;
  finish?: 'stop' | 'length' | 'cancelled';
  promptTokens?: number;
  answerTokens?: number;
  answerMs?: number;
  error?: ErrorBody;
  /** How it was asked. */
  settings: ChatSettings;
}>;

export const newTurn = (question: string, settings: ChatSettings): Turn => ({
  question,
  text: '',
  state: 'writing',
  settings,
});

/** Whether the prompt that the weights were trained with may stand in. An empty own prompt is no prompt. */
export const usesRecordedSystem = ({ system }: ChatSettings): boolean => system.from === 'recorded';

/** What is sent for turn `index`. A turn without an answer is left out: roles have to alternate. */
export function messagesOf(turns: readonly Turn[], index: number): ChatMessage[] {
  const turn = turns[index];
  if (turn === undefined) return [];
  const { from, text } = turn.settings.system;
  const messages: ChatMessage[] =
    from === 'own' && text.trim() !== '' ? [{ role: 'system', content: text }] : [];
  for (const before of turns.slice(0, index)) {
    if (before.text === '') continue;
    messages.push({ role: 'user', content: before.question }, { role: 'assistant', content: before.text });
  }
  messages.push({ role: 'user', content: turn.question });
  return messages;
}

export const failedTurn = (turn: Turn, { code, params, detail }: ErrorBody): Turn => ({
  ...turn,
  state: 'failed',
  error: { code, params, ...(detail === undefined ? {} : { detail }) },
});

/** The turn that is being written after what its session said. Replies to other requests change nothing. */
export function afterReply(turn: Turn, reply: ChatTopicData): Turn {
  const { requestId } = turn;
  if (requestId === undefined || turn.state !== 'writing') return turn;
  switch (reply.kind) {
    case 'loading':
    case 'ready':
      return turn;
    case 'snapshot': {
      const answer = reply.answers.find((one) => one.requestId === requestId);
      if (answer === undefined) return failedTurn(turn, new StudioError('chat.answer_lost'));
      const written = { ...turn, text: answer.text };
      return answer.end === undefined ? written : afterReply(written, answer.end);
    }
    case 'closed':
      return failedTurn(turn, reply);
    case 'delta':
      return reply.id === requestId ? { ...turn, text: turn.text + reply.text } : turn;
    case 'error':
      return reply.id === null || reply.id === requestId ? failedTurn(turn, reply.error) : turn;
    case 'done': {
      if (reply.id !== requestId) return turn;
      const { text, finish, promptTokens, answerTokens, answerMs } = reply;
      return { ...turn, state: 'done', text, finish, promptTokens, answerTokens, answerMs };
    }
  }
}

/** Tokens a second of the answer itself; undefined where it has fewer than two. */
export function tokensPerSecond({ answerTokens = 0, answerMs = 0 }: Turn): number | undefined {
  return answerTokens > 1 && answerMs > 0 ? ((answerTokens - 1) * 1000) / answerMs : undefined;
}
