import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import type { CardPart } from '../../shared/domain/card/card-record.ts';

export type SourceFile = Readonly<{ path: string; bytes: number; mtimeMs: number }>;

/** Of an adapter: weights and settings, and what speaks to it. Never optimizer, generators, logs or records of ours. */
const ADAPTER_FILES: ReadonlySet<string> = new Set([
  'adapter_model.safetensors',
  'adapter_config.json',
  'tokenizer.json',
  'tokenizer.model',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
]);
const MODEL_FILES: ReadonlySet<string> = new Set([
  ...[...ADAPTER_FILES].filter((name) => !name.startsWith('adapter_')),
  'config.json',
  'generation_config.json',
  'model.safetensors.index.json',
]);
const WEIGHTS = /^[\w.-]+\.safetensors$/u;
const GGUF = /^[^/\\]+\.gguf$/iu;
/** Code of a layout that other programs read through it; never run here. */
const CODE = /^[a-z][\w]*\.py$/u;
const LICENCE = /^(licen[cs]e|notice|copying)([.-][\w.-]*)?$/iu;

const TAKES: Readonly<Record<CardPart, (name: string) => boolean>> = {
  adapter: (name) => ADAPTER_FILES.has(name) || LICENCE.test(name),
  merged: (name) =>
    MODEL_FILES.has(name) ||
    (WEIGHTS.test(name) && !name.startsWith('adapter_')) ||
    CODE.test(name) ||
    LICENCE.test(name),
  gguf: (name) => GGUF.test(name) || LICENCE.test(name),
};

/** The files of a folder that belong into a part, by name and nothing else. Links are followed to files only. */
export function releasedFiles(part: CardPart, folder: string): readonly SourceFile[] {
  return readdirSync(folder)
    .filter((name) => TAKES[part](name))
    .sort()
    .flatMap((name) => {
      const stat = statSync(path.join(folder, name), { throwIfNoEntry: false });
      return stat?.isFile() === true ? [{ path: name, bytes: stat.size, mtimeMs: stat.mtimeMs }] : [];
    });
}

/** Files that hold weights, of which a part has at least one. */
export const isWeights = (name: string): boolean => name.endsWith('.safetensors') || GGUF.test(name);

const MOST_NAME = 80;
/** Repositories of these names are listed nowhere by ModelScope. */
const UNLISTED: ReadonlySet<string> = new Set(['test', 'model']);
const SUFFIX: Readonly<Record<CardPart, string>> = { adapter: '-lora', merged: '', gguf: '-GGUF' };

/** A repository's name that both hubs take: letters, digits, `-` `_` `.`; no two signs in a row. */
export function repositoryNameOf(part: CardPart, name: string, id: string): string {
  const plain = name
    .normalize('NFKC')
    .replace(/[^A-Za-z0-9]+/gu, (signs) => (/^[-_.]$/u.test(signs) ? signs : '-'))
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/gu, '')
    .slice(0, MOST_NAME)
    .replace(/[^A-Za-z0-9]+$/u, '');
  const usable =
    plain === '' || UNLISTED.has(plain.toLowerCase()) ? `model-${id.slice(-6).toLowerCase()}` : plain;
  return `${usable}${SUFFIX[part]}`;
}
