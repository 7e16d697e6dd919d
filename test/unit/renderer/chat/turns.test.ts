import { describe, expect, it } from 'vitest';

import {
  addressOf,
  answerersIn,
  answererOf,
  type Answerer,
} from '../../../../renderer/features/chat/answerer.ts';
import { commandOf } from '../../../../renderer/features/chat/copy-call.ts';
import { afterReply, failedTurn, newTurn, type Turn } from '../../../../renderer/features/chat/turns.ts';

const SETTINGS = { system: '', sampling: {} };

describe('a turn of a conversation', () => {
  const asked = newTurn([], '问', SETTINGS);
  const done = (turn: Turn, text: string): Turn =>
    afterReply(turn, 'r', {
      kind: 'done',
      id: 'r',
      finish: 'stop',
      text,
      promptTokens: 3,
      answerTokens: 2,
    });

  it('sends the system prompt and what was answered before', () => {
    const silent = failedTurn(newTurn([], '没有回答', SETTINGS), new Error('lost'));
    const turn = newTurn([done(asked, '答'), silent], '再问', { system: '系统', sampling: {} });
    expect(turn.messages.map(({ role, content }) => `${role} ${content}`)).toEqual([
      'system 系统',
      'user 问',
      'assistant 答',
      'user 再问',
    ]);
  });

  it('grows by the deltas of its own request and takes the whole text at its end', () => {
    const some = afterReply(asked, 'r', { kind: 'delta', id: 'r', text: 'a' });
    expect(afterReply(some, 'r', { kind: 'delta', id: 'other', text: 'b' })).toBe(some);
    expect(some.text).toBe('a');
    expect(done(some, 'abc')).toMatchObject({ state: 'done', text: 'abc', finish: 'stop', answerTokens: 2 });
  });

  it('takes up again after a gap, and fails where its end was missed', () => {
    const carried = afterReply(asked, 'r', { kind: 'snapshot', requestId: 'r', text: 'abc' });
    expect(carried).toMatchObject({ state: 'writing', text: 'abc' });
    expect(afterReply(carried, 'r', { kind: 'snapshot' })).toMatchObject({ state: 'failed', text: 'abc' });
    expect(afterReply(carried, 'r', { kind: 'closed' }).state).toBe('failed');
  });

  it('becomes a command whose quotes hold', () => {
    const turn = newTurn([], "it's $HOME", { system: '', sampling: { temperature: 0, seed: null } });
    expect(commandOf({ kind: 'base', id: 'r1' }, turn)).toBe(
      String.raw`legal-eagle chat --run r1 --target base --temperature 0 --prompt 'it'\''s $HOME'`,
    );
  });
});

describe('what answers, in the address', () => {
  it('comes back as it was put', () => {
    const pairs: readonly (readonly (Answerer | undefined)[])[] = [
      [undefined],
      [{ kind: 'model', id: 'm' }],
      [{ kind: 'base', id: 'r' }, undefined],
      [
        { kind: 'adapter', id: 'r' },
        { kind: 'model', id: 'm' },
      ],
    ];
    for (const pair of pairs) expect(answerersIn(addressOf(pair))).toEqual(pair);
  });

  it('is nothing where the text is no answerer', () => {
    expect(answererOf('tool:x')).toBeUndefined();
    expect(answererOf('model:')).toBeUndefined();
  });
});
