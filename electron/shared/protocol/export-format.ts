/**
 * What a model or an adapter can be written as. `source` is what has to be named: a model of the library, or a
 * run, whose adapter it is.
 */
export const EXPORT_FORMATS = {
  'gguf-f32': { source: 'model' },
  'gguf-f16': { source: 'model' },
  'gguf-q8_0': { source: 'model' },
  'gguf-q4_0': { source: 'model' },
  /** Needs `llama-quantize` of a llama.cpp release on this machine. */
  'gguf-q4_k_m': { source: 'model' },
  'gguf-lora': { source: 'adapter' },
  /** What every reader of Llama checkpoints loads without code of the model's: InternLM and Llama only. */
  llama: { source: 'model' },
  /** The way back of `llama`: the fused layout that the folder's record names. */
  internlm2: { source: 'model' },
  'adapter-llama': { source: 'adapter' },
  /** Module names of InternLM2's own code (`attention.wqkv`). */
  'adapter-internlm2': { source: 'adapter' },
} as const satisfies Readonly<Record<string, Readonly<{ source: 'model' | 'adapter' }>>>;

export type ExportFormat = keyof typeof EXPORT_FORMATS;

export const EXPORT_FORMAT_NAMES = Object.keys(EXPORT_FORMATS) as readonly ExportFormat[];
