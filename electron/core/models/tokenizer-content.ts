import { isObject } from './strict-json.ts';

type Step = Readonly<Record<string, unknown>>;

/** What a `tokenizer.json` holds, as far as plain text is cut by it. */
export type TokenizerContent = Readonly<{
  normalizer: Step | null;
  pre_tokenizer: Step | null;
  post_processor: null;
  decoder: Step | null;
  model: Step;
  added_tokens: readonly Readonly<{ id: number; content: string; special: boolean; normalized?: boolean }>[];
}>;

/** The tokenizer is whole, and cuts text in a way that is not computed here. */
export class UnsupportedTokenizer extends Error {}

/** Qwen's and Llama 3's; any other expression of a file could take for ever on a short text. */
const KNOWN_EXPRESSIONS: ReadonlySet<string> = new Set(
  ['\\p{N}', '\\p{N}{1,3}'].map(
    (digits) =>
      `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
  ),
);

/** Of each part, the steps that are known to give the same ids as the library that models are trained with. */
const STEPS = {
  normalizer: new Set(['Sequence', 'Replace', 'NFC']),
  pre_tokenizer: new Set(['Sequence', 'Split', 'ByteLevel']),
  decoder: new Set(['Sequence', 'Replace', 'ByteFallback', 'Fuse', 'ByteLevel']),
} as const;
const INNER = ['normalizers', 'pretokenizers', 'decoders'] as const;

/** Settings of a BPE that change ids and that no chat model uses. */
const UNUSED_SETTINGS = ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix'] as const;

/**
 * The content of a `tokenizer.json` for plain text: the names of control tokens in a text are ordinary text, so those
 * tokens are left out. Throws UnsupportedTokenizer, or another error for what is no such file.
 */
export function tokenizerContent(data: Uint8Array): TokenizerContent {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  if (!isObject(value) || !isObject(value['model'])) throw new Error('it holds no model');
  const added = value['added_tokens'] ?? [];
  if (!Array.isArray(added)) throw new Error('added_tokens is no list');
  return {
    normalizer: stepOf('normalizer', value['normalizer']),
    pre_tokenizer: stepOf('pre_tokenizer', value['pre_tokenizer']),
    post_processor: null,
    decoder: stepOf('decoder', value['decoder']),
    model: bpeOf(value['model']),
    added_tokens: added.map(addedToken).filter(({ special }) => !special),
  };
}

function bpeOf(model: Step): Step {
  const { type = 'BPE', vocab, merges } = model;
  if (type !== 'BPE') throw new UnsupportedTokenizer(`not BPE but ${String(type)}`);
  if (!isObject(vocab) || !Object.values(vocab).every(Number.isSafeInteger))
    throw new Error('the vocabulary is no table of ids');
  if (!Array.isArray(merges) || !merges.every(isMerge)) throw new Error('the merges are no pairs');
  for (const name of UNUSED_SETTINGS) {
    if (Boolean(model[name])) throw new UnsupportedTokenizer(name);
  }
  return { ...model, type };
}

const isMerge = (merge: unknown): boolean =>
  typeof merge === 'string'
    ? merge.includes(' ')
    : Array.isArray(merge) && merge.length === 2 && merge.every((part) => typeof part === 'string');

function addedToken(value: unknown): TokenizerContent['added_tokens'][number] {
  if (!isObject(value)) throw new Error('an added token is no object');
  const { id, content, special = false, single_word: isSingleWord = false } = value;
  if (!Number.isSafeInteger(id) || typeof content !== 'string' || content === '')
    throw new Error('an added token has no id or no text');
  if (special !== true && isSingleWord === true)
    throw new UnsupportedTokenizer(`${content} counts only between spaces`);
  return { ...value, id: Number(id), content, special: special === true };
}

function stepOf(part: keyof typeof STEPS, value: unknown): Step | null {
  if (value === null || value === undefined) return null;
  checkStep(part, value);
  return value as Step;
}

function checkStep(part: keyof typeof STEPS, step: unknown): void {
  if (!isObject(step)) throw new Error(`${part} is no object`);
  const type = String(step['type']);
  if (!STEPS[part].has(type)) throw new UnsupportedTokenizer(`${part} ${type}`);
  if (step['add_prefix_space'] === true && part === 'pre_tokenizer')
    throw new UnsupportedTokenizer('a space is put before the text');
  if (type === 'Replace' || type === 'Split') {
    const pattern = isObject(step['pattern']) ? step['pattern'] : {};
    const expression = pattern['Regex'];
    if (typeof expression !== 'string' && typeof pattern['String'] !== 'string')
      throw new Error(`${part} has no pattern`);
    if (typeof expression === 'string' && !(type === 'Split' && KNOWN_EXPRESSIONS.has(expression)))
      throw new UnsupportedTokenizer(`${part} ${expression.slice(0, 80)}`);
  }
  if (type === 'Split' && (step['behavior'] !== 'Isolated' || step['invert'] === true))
    throw new UnsupportedTokenizer(`${part} ${String(step['behavior'])}`);
  if (type !== 'Sequence') return;
  const inner = INNER.map((name) => step[name]).find(Array.isArray);
  if (inner === undefined) throw new Error(`${part} is a sequence of nothing`);
  for (const one of inner as readonly unknown[]) {
    // The library's own files never nest sequences.
    if (isObject(one) && one['type'] === 'Sequence') throw new UnsupportedTokenizer(`${part} Sequence`);
    checkStep(part, one);
  }
}
