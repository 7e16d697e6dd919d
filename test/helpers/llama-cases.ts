/** A model that `llama_reference.py` has exported, and what torch computes from its source. */
export type LlamaCase = Readonly<{
  name: string;
  /** Paths by width. */
  files: Readonly<Record<string, string>>;
  lora: string | null;
  texts: readonly Readonly<{ text: string; ids: readonly number[] }>[];
  prompts: readonly (readonly number[])[];
  /** The five likeliest tokens after each prompt, without and with the adapter. */
  answers: Readonly<Record<string, readonly (readonly (readonly [id: number, probability: number])[])[]>>;
  bos: number | null;
  eos: number;
  context: number;
}>;

/** What llama.cpp makes of one file of a case. */
export type LlamaAnswers = Readonly<{
  name: string;
  format: string;
  tokens: readonly (readonly number[])[];
  answers: LlamaCase['answers'];
  bos: number | null;
  eos: number | null;
  context: number;
}>;
