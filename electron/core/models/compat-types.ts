/**
 * Model types that the compat engine trains through transformers' own classes and whose memory the preflight can
 * estimate: dense decoders whose config.json names their sizes as Llama's does. Mixtures of experts and other
 * mixers train by `python -m legal_eagle train` alone. `test_compat_types.py` holds the list against transformers.
 */
export const COMPAT_TYPES: ReadonlySet<string> = new Set([
  'arcee',
  'cohere',
  'cohere2',
  'ernie4_5',
  'exaone4',
  'gemma',
  'gemma2',
  'gemma3_text',
  'glm',
  'glm4',
  'granite',
  'helium',
  'hunyuan_v1_dense',
  'ministral',
  'nemotron',
  'olmo',
  'olmo2',
  'olmo3',
  'phi',
  'phi3',
  'seed_oss',
  'smollm3',
  'stablelm',
  'starcoder2',
]);
