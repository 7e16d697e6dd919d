import { describe, expect, it } from 'vitest';

import type { ChatSession } from '../../../../electron/shared/contract/methods/chat.ts';
import { identityFacts } from '../../../../renderer/features/chat/identity-facts.ts';
import { DEFAULT_SETTINGS } from '../../../../renderer/features/chat/turns.ts';
import english from '../../../../renderer/i18n/en/chat.json' with { type: 'json' };

/** The English words, so that a key that does not exist shows. */
const words = (key: string, values: Readonly<Record<string, unknown>> = {}): string => {
  const text = key
    .split('.')
    .reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], english);
  if (typeof text !== 'string') throw new Error(`no word ${key}`);
  return text.replace(/\{\{(\w+)\}\}/gu, (_, name: string) => String(values[name]));
};

const DIGEST = 'a1b2c3d4'.repeat(8);
const IDENTITY = {
  template: 'internlm2',
  modelFingerprint: DIGEST,
  merged: null,
  fineTuned: null,
  runId: null,
  step: null,
  thinking: null,
  systemPrompt: null,
  maxPositions: 2048,
  device: 'cpu',
  deviceName: 'CPU',
  precision: 'fp32',
} satisfies ChatSession['identity'];

const session = (
  change: Partial<ChatSession>,
  identity: Partial<typeof IDENTITY | ChatSession['identity']> = {},
): ChatSession => ({
  sessionId: 's',
  model: 'tiny',
  modelPath: '/m/tiny',
  openedAtMs: 0,
  recordedSystem: { source: 'none' },
  ...change,
  identity: { ...IDENTITY, ...identity },
});

const lines = (...[of, answerer, settings]: Partial<Parameters<typeof identityFacts>>): string[] =>
  identityFacts(
    of ?? session({}),
    answerer ?? { kind: 'model', id: 'm' },
    settings ?? DEFAULT_SETTINGS,
    words,
  ).map(({ name, value }) => `${name}: ${value}`);

describe('the fixed bar', () => {
  it('says what is not recorded, and invents nothing', () => {
    expect(lines()).toEqual([
      'Base model: tiny@a1b2c3d4',
      'Template: internlm2',
      'Thinking mode: not recorded',
      'System prompt: none',
      'Runs on: CPU · fp32',
    ]);
  });

  it('names the adapter with its step, and where it is off', () => {
    const run = session(
      {
        adapterPath: '/r/adapter',
        run: { id: 'r', name: 'law-7b' },
        recordedSystem: { source: 'recipe', text: 's' },
      },
      { step: 412, runId: 'r', thinking: 'keep' },
    );
    expect(lines(run, { kind: 'adapter', id: 'r' })).toEqual(
      expect.arrayContaining([
        'Adapter: law-7b@412',
        'Thinking mode: kept',
        'System prompt: from the recipe',
      ]),
    );
    expect(lines(run, { kind: 'base', id: 'r' })).toContain('Adapter: off (law-7b@412)');
    const without = session({ run: { id: 'r', name: 'law-7b' } });
    expect(lines(without, { kind: 'base', id: 'r' })).toContain('Adapter: none yet');
  });

  it('names what a merged model was made of', () => {
    const merged = session(
      { run: { id: 'r', name: 'law-7b' } },
      { merged: { baseName: 'InternLM2', baseFingerprint: 'ff'.repeat(32) }, runId: 'r', step: 412 },
    );
    expect(lines(merged)).toContain('Made of: InternLM2@ffffffff + law-7b@412');
    const unknown = session({}, { merged: { baseName: null, baseFingerprint: null } });
    expect(lines(unknown)).toContain('Made of: not recorded@not recorded + not recorded@not recorded');
  });

  it('says whose system prompt it is', () => {
    const of = (source: 'dataset' | 'varied'): string[] => lines(session({ recordedSystem: { source } }));
    expect(of('dataset')).toContain('System prompt: from the dataset');
    expect(of('varied')).toContain('System prompt: none (the rows carry several)');
    const chosen = (from: 'own' | 'none', text: string): string[] =>
      lines(session({ recordedSystem: { source: 'recipe', text: 's' } }), undefined, {
        ...DEFAULT_SETTINGS,
        system: { from, text },
      });
    expect(chosen('own', 'x')).toContain('System prompt: your own');
    expect(chosen('own', ' ')).toContain('System prompt: none');
    expect(chosen('none', 'x')).toContain('System prompt: none');
  });
});
