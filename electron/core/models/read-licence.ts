import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';

import type { ModelFacts } from '../../shared/contract/methods/models.ts';

/** A card's front matter and a licence's title stand at the beginning. */
const HEAD_BYTES = 64 * 1024;
const README = /^readme(\.md)?$/iu;
const LICENCE_FILE = /^(licen[cs]e|copying)([.-][\w.-]*)?$/iu;
const MOST_NAME = 120;

/** What the text of a licence calls itself, by the titles of common ones. */
const TITLES: readonly (readonly [RegExp, string])[] = [
  [/apache license\s+version 2\.0/iu, 'apache-2.0'],
  [/\bMIT License\b/u, 'mit'],
  [/GNU AFFERO GENERAL PUBLIC LICENSE/iu, 'agpl-3.0'],
  [/GNU GENERAL PUBLIC LICENSE\s+Version 3/iu, 'gpl-3.0'],
  [/LLAMA 3\.3 COMMUNITY LICENSE/iu, 'llama3.3'],
  [/LLAMA 3\.2 COMMUNITY LICENSE/iu, 'llama3.2'],
  [/LLAMA 3\.1 COMMUNITY LICENSE/iu, 'llama3.1'],
  [/META LLAMA 3 COMMUNITY LICENSE/iu, 'llama3'],
  [/LLAMA 2 COMMUNITY LICENSE/iu, 'llama2'],
  [/Tongyi Qianwen LICENSE/iu, 'tongyi-qianwen'],
  [/Qwen RESEARCH LICENSE/iu, 'qwen-research'],
  [/Gemma Terms of Use/iu, 'gemma'],
];

/**
 * The licence that a snapshot itself names: the front matter of its card, else the title of its licence file.
 * Undefined where it holds neither.
 */
export function readLicence(folder: string): ModelFacts['licence'] {
  const names = readdirSync(folder).sort();
  const licence = names.find((name) => LICENCE_FILE.test(name));
  const card = names.find((name) => README.test(name));
  const stated = card === undefined ? undefined : frontMatterLicence(head(path.join(folder, card)));
  if (card !== undefined && stated !== undefined) return { name: stated, file: card };
  if (licence === undefined) return undefined;
  const text = head(path.join(folder, licence));
  const name = TITLES.find(([title]) => title.test(text))?.[1];
  return name === undefined ? { file: licence } : { name, file: licence };
}

/** `license:` of a card's YAML head; `license_name:` where it says `other`. */
function frontMatterLicence(text: string): string | undefined {
  const matter = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/u.exec(text)?.[1];
  if (matter === undefined) return undefined;
  const value = (key: string): string | undefined => {
    const found = new RegExp(`^${key}:[ \\t]*(.*)$`, 'mu').exec(matter);
    if (found === null) return undefined;
    // A list of licences has its items on lines of their own.
    const rest = matter.slice(found.index + found[0].length);
    const inline = found[1] ?? '';
    const first = inline.trim() === '' ? (/^\r?\n[ \t]*-[ \t]*(.+)/u.exec(rest)?.[1] ?? '') : inline;
    const plain = first
      .replace(/[ \t]+#.*$/u, '')
      .trim()
      .replace(/^["'[]+|["'\]]+$/gu, '');
    return plain === '' ? undefined : plain.slice(0, MOST_NAME);
  };
  const licence = value('license');
  return licence === 'other' ? (value('license_name') ?? licence) : licence;
}

function head(file: string): string {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(HEAD_BYTES);
      return bytes.subarray(0, readSync(descriptor, bytes, 0, HEAD_BYTES, 0)).toString('utf8');
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}
