/**
 * Gate for the words of the renderer: both languages have the same keys with the same placeholders, a key that
 * stands in the code exists, and the Chinese uses the terms of the glossary. Prints each offence.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { repositoryRoot } from './dev-environment.ts';

const WORDS_DIR = 'renderer/i18n';
const CHINESE = 'zh-CN';
const ENGLISH = 'en';
/** Forms of counting that one language has and the other has not. */
const PLURAL = /_(zero|one|two|few|many|other)$/u;

const glossarySchema = z.strictObject({
  terms: z.array(
    z.strictObject({ zh: z.string(), en: z.array(z.string()).min(1), never: z.array(z.string()) }),
  ),
});

type Texts = ReadonlyMap<string, string>;

const read = (file: string): string => readFileSync(path.join(repositoryRoot, file), 'utf8');

const flatten = (value: unknown, prefix: string, into: Map<string, string>): Map<string, string> => {
  if (typeof value === 'string') into.set(prefix, value);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      flatten(inner, prefix === '' ? key : `${prefix}.${key}`, into);
  }
  return into;
};

const textsOf = (language: string): ReadonlyMap<string, Texts> =>
  new Map(
    globSync(`${WORDS_DIR}/${language}/*.json`, { cwd: repositoryRoot })
      .sort()
      .map((file) => [path.basename(file, '.json'), flatten(JSON.parse(read(file)), '', new Map())] as const),
  );

const placeholders = (text: string): string =>
  [...new Set([...text.matchAll(/\{\{\s*(\w+)/gu)].map((match) => match[1] ?? ''))].sort().join(', ');

const offences: string[] = [];
const chinese = textsOf(CHINESE);
const english = textsOf(ENGLISH);

const keysOf = (texts: Texts | undefined): Set<string> =>
  new Set([...(texts?.keys() ?? [])].map((key) => key.replace(PLURAL, '')));

const checkParity = (feature: string): void => {
  const here = chinese.get(feature);
  const there = english.get(feature);
  for (const [from, to, language] of [
    [here, there, ENGLISH],
    [there, here, CHINESE],
  ] as const) {
    const known = keysOf(to);
    for (const key of keysOf(from))
      if (!known.has(key)) offences.push(`${WORDS_DIR}/${language}/${feature}.json: ${key} is missing`);
  }
  for (const [key, text] of here ?? []) {
    const other = there?.get(key);
    if (text.trim() === '' || other?.trim() === '') offences.push(`${feature}: ${key} is empty`);
    if (other !== undefined && placeholders(text) !== placeholders(other))
      offences.push(`${feature}: ${key} has other placeholders in the two languages`);
  }
};

const checkGlossary = (): void => {
  const { terms } = glossarySchema.parse(JSON.parse(read(`${WORDS_DIR}/glossary.json`)));
  for (const [feature, texts] of chinese) {
    for (const [key, text] of texts) {
      for (const term of terms)
        for (const wrong of term.never)
          if (text.includes(wrong)) offences.push(`${feature}: ${key} says ${wrong}; the term is ${term.zh}`);
      if (/[\u4e00-\u9fff][,;!?]/u.test(text)) offences.push(`${feature}: ${key} has half-width punctuation`);
    }
  }
  for (const [feature, texts] of english)
    for (const [key, text] of texts)
      // A button that changes the language is written in the language that it leads to.
      if (/[\u4e00-\u9fff]/u.test(text) && !/language/iu.test(key))
        offences.push(`${feature}: ${key} has Chinese in its English text`);
};

/** Keys that stand whole in the code; composed ones (`state.${x}`) are seen on the screen only. */
const checkUse = (): void => {
  const every = new Set([...chinese.values()].flatMap((texts) => [...keysOf(texts)]));
  const qualified = new Set(
    [...chinese].flatMap(([feature, texts]) => [...keysOf(texts)].map((key) => `${feature}:${key}`)),
  );
  for (const file of globSync('renderer/{app,features,ui}/**/*.{ts,tsx}', { cwd: repositoryRoot })) {
    for (const [, key = ''] of read(file).matchAll(/\b(?:words|t)\(\s*'([^'$]+)'/gu))
      if (!(key.includes(':') ? qualified.has(key) : every.has(key)))
        offences.push(`${file}: there are no words for ${key}`);
  }
};

for (const feature of new Set([...chinese.keys(), ...english.keys()])) checkParity(feature);
checkGlossary();
checkUse();
for (const offence of offences) process.stdout.write(`${offence}\n`);
process.exitCode = offences.length === 0 ? 0 : 1;
