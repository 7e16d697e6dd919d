import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describeVerdict } from '../../../electron/shared/domain/verdict-words.ts';
import type { VerdictRule } from '../../../electron/shared/domain/verdict.ts';
import { repositoryRoot } from '../../helpers/studio-cli.ts';

export type ScreenWords = Readonly<{
  /** The words behind a key like `run:action.stop`, with their `{{holes}}` filled. Throws for a key that is none. */
  say(key: string, values?: Readonly<Record<string, string | number>>): string;
  /** The same as a pattern: every hole that is not filled matches anything. */
  like(key: string, values?: Readonly<Record<string, string | number>>): RegExp;
  /** The sentence of a run's verdict with any figures. */
  verdict(rule: VerdictRule): RegExp;
}>;

const HOLE = /\{\{(\w+)\}\}/gu;
const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');

/** What the screens say in a language, so that one test can be the same person in both. */
export function screenWords(language: 'zh-CN' | 'en'): ScreenWords {
  const text = (key: string): string => {
    const [feature = '', place = ''] = key.split(':');
    const file = path.join(repositoryRoot, 'renderer/i18n', language, `${feature}.json`);
    let found: unknown = JSON.parse(readFileSync(file, 'utf8'));
    for (const part of place.split('.')) found = (found as Record<string, unknown> | undefined)?.[part];
    if (typeof found !== 'string') throw new Error(`no words ${key} in ${language}`);
    return found;
  };
  return {
    say: (key, values = {}) =>
      text(key).replaceAll(HOLE, (_hole, name: string) => String(values[name] ?? `{{${name}}}`)),
    like: (key, values = {}) => {
      const pieces = text(key).split(HOLE);
      const pattern = pieces.map((piece, at) => {
        if (at % 2 === 0) return escape(piece);
        const value = values[piece];
        return value === undefined ? '.+' : escape(String(value));
      });
      return new RegExp(`^${pattern.join('')}$`, 'u');
    },
    verdict: (rule) => {
      const empty = { level: 'neutral', rule, params: {} } as const;
      const { sentence } = describeVerdict(empty, language === 'en' ? 'en' : 'zh');
      // A dash stands where a figure is missing.
      return new RegExp(`^${sentence.split('—').map(escape).join('.+')}$`, 'u');
    },
  };
}
