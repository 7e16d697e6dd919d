import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

import { StudioError } from '../../shared/contract/studio-error.ts';
import { bpeFromPieces } from './bpe-from-pieces.ts';
import { isFile } from './is-file.ts';
import { readSentencepieceModel } from './sentencepiece-model.ts';
import { tokenizerContent, UnsupportedTokenizer, type TokenizerContent } from './tokenizer-content.ts';

/** Text to token ids and back. Text is plain text: the name of a control token in it is ordinary text. */
export type TextTokenizer = Readonly<{
  encode: (text: string) => readonly number[];
  decode: (ids: readonly number[]) => string;
}>;

/** The part of the library that is used; its own types name files as bundlers do, which Node's rules do not find. */
type TokenizerLibrary = Readonly<{
  Tokenizer: new (
    content: TokenizerContent,
    config: Readonly<{ clean_up_tokenization_spaces: boolean }>,
  ) => Readonly<{
    encode: (text: string, options: Readonly<{ add_special_tokens: boolean }>) => Readonly<{ ids: number[] }>;
    decode: (ids: readonly number[]) => string;
  }>;
}>;

const JSON_FILE = 'tokenizer.json';
const SENTENCEPIECE_FILE = 'tokenizer.model';
/** The largest that are known (vocabularies of 260,000) take 35 MB. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** The file that says how a model folder's text is cut. Throws `model.no_tokenizer`. */
export function tokenizerFile(folder: string): string {
  const file = [JSON_FILE, SENTENCEPIECE_FILE].map((name) => path.join(folder, name)).find(isFile);
  if (file === undefined) throw new StudioError('model.no_tokenizer', { folder });
  return file;
}

/** Throws `model.tokenizer_broken` or `model.tokenizer_unsupported`. Takes some tenths of a second. */
export async function loadTextTokenizer(file: string): Promise<TextTokenizer> {
  const name = path.basename(file);
  const { Tokenizer } = (await import('@huggingface/tokenizers')) as unknown as TokenizerLibrary;
  try {
    if (statSync(file).size > MAX_FILE_BYTES) throw new UnsupportedTokenizer('larger than 64 MB');
    const data = readFileSync(file);
    const content = name === JSON_FILE ? tokenizerContent(data) : contentOfPieces(data);
    const tokenizer = new Tokenizer(content, { clean_up_tokenization_spaces: false });
    return {
      encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
      decode: (ids) => (ids.length === 0 ? '' : tokenizer.decode(ids)),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof UnsupportedTokenizer)
      throw new StudioError('model.tokenizer_unsupported', { file: name, reason });
    throw new StudioError('model.tokenizer_broken', { file: name }, { detail: reason });
  }
}

function contentOfPieces(data: Uint8Array): TokenizerContent {
  const model = readSentencepieceModel(data);
  if (model.obstacle !== undefined) throw new UnsupportedTokenizer(model.obstacle);
  return bpeFromPieces(model);
}
