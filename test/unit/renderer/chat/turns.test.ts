import { describe, expect, it } from 'vitest';

import type { ChatTopicData } from '../../../../electron/shared/contract/events.ts';
import { StudioError } from '../../../../electron/shared/contract/studio-error.ts';
import {
  addressOf,
  answererOf,
  answerersIn,
  weightsKeyOf,
  type Answerer,
} from '../../../../renderer/features/chat/answerer.ts';
import { callsOf, commandOf } from '../../../../renderer/features/chat/copy-call.ts';
import { isSendKey } from '../../../../renderer/features/chat/send-key.ts';
import { thoughtOf } from '../../../../renderer/features/chat/thought.ts';
import {
  afterReply,
  DEFAULT_SETTINGS,
  failedTurn,
  messagesOf,
  newTurn,
  tokensPerSecond,
  type ChatSettings,
  type Turn,
} from '../../../../renderer/features/chat/turns.ts';

const DONE = {
  kind: 'done',
  id: 'r',
  finish: 'stop',
  text: 'abc',
  promptTokens: 3,
  answerTokens: 21,
  answerMs: 500,
} as const satisfies ChatTopicData;
const SESSION = { sessionId: 's', model: 'm', modelPath: '/m', openedAtMs: 0 };
const snapshot = (...answers: Extract<ChatTopicData, { kind: 'snapshot' }>['answers']): ChatTopicData => ({
  kind: 'snapshot',
  session: SESSION,
  answers,
});

describe('a turn of a conversation', () => {
  const asked: Turn = { ...newTurn('问', DEFAULT_SETTINGS), requestId: 'r' };
  const own: ChatSettings = { ...DEFAULT_SETTINGS, system: { from: 'own', text: '系统' } };

  it('sends the own system prompt and what was answered before, with the roles alternating', () => {
    const silent = failedTurn(newTurn('没有回答', DEFAULT_SETTINGS), new StudioError('chat.ended'));
    const turns = [afterReply(asked, DONE), silent, newTurn('再问', own)];
    expect(messagesOf(turns, 2).map(({ role, content }) => `${role} ${content}`)).toEqual([
      'system 系统',
      'user 问',
      'assistant abc',
      'user 再问',
    ]);
    // The prompt of a later turn is not part of an earlier one.
    expect(messagesOf(turns, 0).map(({ role }) => role)).toEqual(['user']);
  });

  it('sends no text of its own where the recorded prompt or none is chosen', () => {
    for (const from of ['recorded', 'none'] as const) {
      const turn = newTurn('问', { ...DEFAULT_SETTINGS, system: { from, text: '旧的' } });
      expect(messagesOf([turn], 0)).toEqual([{ role: 'user', content: '问' }]);
    }
  });

  it('grows by the deltas of its own request and takes the whole text at its end', () => {
    const some = afterReply(asked, { kind: 'delta', id: 'r', text: 'a' });
    expect(afterReply(some, { kind: 'delta', id: 'other', text: 'b' })).toBe(some);
    expect(afterReply(some, { ...DONE, id: 'other' })).toBe(some);
    expect(some.text).toBe('a');
    const done = afterReply(some, DONE);
    expect(done).toMatchObject({ state: 'done', text: 'abc', finish: 'stop', answerTokens: 21 });
    // An end that is told twice, by a replay, changes nothing.
    expect(afterReply(done, { kind: 'closed', code: 'chat.closed', params: {} })).toBe(done);
    expect(tokensPerSecond(done)).toBe(40);
    expect(tokensPerSecond({ ...done, answerTokens: 1 })).toBeUndefined();
  });

  it('takes up again after a gap: on the way, ended meanwhile, or lost', () => {
    const carried = afterReply(asked, snapshot({ requestId: 'r', text: 'ab' }));
    expect(carried).toMatchObject({ state: 'writing', text: 'ab' });
    expect(afterReply(carried, snapshot({ requestId: 'r', text: 'abc', end: DONE })).state).toBe('done');
    expect(afterReply(carried, snapshot())).toMatchObject({
      state: 'failed',
      text: 'ab',
      error: { code: 'chat.answer_lost' },
    });
  });

  it('becomes a command whose quotes hold', () => {
    const turn = newTurn("it's $HOME", {
      system: { from: 'none', text: '' },
      sampling: { temperature: 0, seed: null },
    });
    expect(commandOf({ kind: 'base', id: 'r1', step: 40 }, turn)).toBe(
      String.raw`legal-eagle chat --run r1 --step 40 --target base --no-system --temperature 0 --prompt 'it'\''s $HOME'`,
    );
  });

  it('becomes calls that ask the same again', () => {
    const turns = [afterReply(asked, DONE), newTurn('再问', own)];
    expect(JSON.parse(callsOf({ kind: 'adapter', id: 'r1', step: 40 }, turns, 1))).toMatchObject([
      { method: 'chat.open', params: { run: 'r1', step: 40 } },
      { method: 'chat.send', params: { messages: messagesOf(turns, 1), target: 'adapter' } },
    ]);
  });
});

describe('what answers, in the address', () => {
  it('comes back as it was put', () => {
    const pairs: readonly (readonly (Answerer | undefined)[])[] = [
      [undefined],
      [{ kind: 'model', id: 'm' }],
      [{ kind: 'base', id: 'r' }, undefined],
      [
        { kind: 'adapter', id: 'r', step: 40 },
        { kind: 'model', id: 'm' },
      ],
      [
        { kind: 'model', id: 'm' },
        { kind: 'adapter', id: 'r', step: 40 },
      ],
    ];
    for (const pair of pairs) expect(answerersIn(addressOf(pair))).toEqual(pair);
  });

  it('is nothing where the text is no answerer', () => {
    for (const text of ['tool:x', 'model:', 'adapter:r@', 'adapter:r@0'])
      expect(answererOf(text)).toBeUndefined();
  });

  it('shares weights between a base and its adapter of one step only', () => {
    const key = (kind: Answerer['kind'], step?: number): string =>
      weightsKeyOf({ kind, id: 'x', ...(step === undefined ? {} : { step }) });
    expect(key('base')).toBe(key('adapter'));
    expect(key('adapter', 40)).not.toBe(key('adapter'));
    expect(key('model')).not.toBe(key('base'));
  });
});

describe('the key that sends', () => {
  const key = (change: Partial<Parameters<typeof isSendKey>[0]>): boolean =>
    isSendKey({ key: 'Enter', keyCode: 13, shiftKey: false, isComposing: false, ...change });

  it('is Enter, and not the Enter that chooses a word of an input method', () => {
    expect(key({})).toBe(true);
    expect(key({ shiftKey: true })).toBe(false);
    expect(key({ isComposing: true })).toBe(false);
    expect(key({ keyCode: 229 })).toBe(false);
    expect(key({ key: 'a' })).toBe(false);
  });
});

describe('thoughts', () => {
  it('are taken apart where an answer begins with them, and while they are written', () => {
    expect(thoughtOf('\n<think>想\n</think>\n\n答')).toEqual({
      thought: '想',
      isThinking: false,
      answer: '答',
    });
    expect(thoughtOf('<think>想')).toEqual({ thought: '想', isThinking: true, answer: '' });
    expect(thoughtOf('说 <think> 不是')).toMatchObject({ thought: '', answer: '说 <think> 不是' });
  });
});
