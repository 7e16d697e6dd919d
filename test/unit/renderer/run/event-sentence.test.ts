import { describe, expect, it } from 'vitest';

import type { Words } from '../../../../renderer/i18n/use-words.ts';
import { eventSentence } from '../../../../renderer/features/run/event-sentence.ts';
import lines from '../../../fixtures/protocol/event-lines.json' with { type: 'json' };
import en from '../../../../renderer/i18n/en/run.json' with { type: 'json' };
import zh from '../../../../renderer/i18n/zh-CN/run.json' with { type: 'json' };

type Line = Readonly<{ emit: Readonly<{ type: string; data: unknown }> }>;

const LINES: readonly Line[] = lines;
/** What a run's page shows as curves, and what only other jobs say. */
const ELSEWHERE = new Set(['step', 'progress']);

/** As i18next does it: a key without words stays the key. */
const wordsOf =
  (texts: unknown): Words =>
  (key, values = {}) => {
    const text = key
      .split('.')
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], texts);
    if (typeof text !== 'string') return key;
    return text.replaceAll(/\{\{(\w+)\}\}/gu, (whole, name: string) =>
      name in values ? String(values[name]) : whole,
    );
  };

const LANGUAGES = [
  ['en', wordsOf(en), 'en'],
  ['zh-CN', wordsOf(zh), 'zh'],
] as const;

describe.each(LANGUAGES)('what an event says, %s', (language, words, errorLanguage) => {
  const say = { words, language, errorLanguage };

  // Bug caught: a type of event that is a line of JSON on the page, or whose sentence has a hole.
  it('has a sentence for every kind that a training run writes', () => {
    const known = LINES.filter(
      ({ emit }) => !ELSEWHERE.has(emit.type) && `event.${emit.type}` !== words(`event.${emit.type}`),
    );
    expect(new Set(known.map(({ emit }) => emit.type)).size).toBeGreaterThan(12);
    for (const { emit } of known) {
      const sentence = eventSentence(emit.type, emit.data, say);
      expect(sentence, emit.type).toBeTypeOf('string');
      expect(sentence).not.toMatch(/\{|says\.|undefined|NaN/u);
    }
  });

  it('takes what it does not know as it is, and never throws', () => {
    expect(eventSentence('phase', { name: 'a-newer-phase' }, say)).toBe('a-newer-phase');
    expect(eventSentence('a-newer-type', {}, say)).toBeUndefined();
    expect(eventSentence('eval', { step: 'three' }, say)).toBeUndefined();
    expect(eventSentence('constructor', {}, say)).toBeUndefined();
  });
});
