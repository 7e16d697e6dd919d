/** The template of the model's own folder where that is a family's, else by the tokenizer's control tokens. */
export const AUTOMATIC_TEMPLATE = 'auto';
/** The model folder's own template, whether a family's or not. */
export const REPOSITORY_TEMPLATE = 'repository';

/**
 * The families whose templates the studio renders as data, as `legal_eagle.models.template_families` holds them
 * (`test/fixtures/templates/families.json` is read by the tests of both), with the models that a person knows
 * them by.
 */
export const TEMPLATE_FAMILIES: Readonly<Record<string, string>> = {
  internlm2: 'InternLM2 · 2.5 · 3',
  'llama-chatml': 'ChatML · Yi',
  qwen2: 'Qwen2',
  'qwen2.5': 'Qwen2.5',
  qwen3: 'Qwen3',
  'yi-1.5': 'Yi 1.5',
  internlm: 'InternLM (<eoh>)',
  'internlm-2024': 'InternLM (2024-01)',
  llama3: 'Llama 3',
  'llama3.1': 'Llama 3.1 · 3.2 · 3.3',
  mistral: 'Mistral v0.1 · v0.2',
  'mistral-v3': 'Mistral v0.3',
  gemma: 'Gemma 1 · 2 · 3',
  phi3: 'Phi-3 · 3.5',
  phi4: 'Phi-4',
  'phi4-mini': 'Phi-4-mini',
};

/** What other tools call the same formats. */
export const TEMPLATE_ALIASES: Readonly<Record<string, string>> = {
  chatml: 'llama-chatml',
  yi: 'llama-chatml',
  'internlm2.5': 'internlm2',
  internlm3: 'internlm2',
  intern: 'internlm',
  intern2: 'internlm2',
  internlm_chat: 'internlm',
  internlm2_chat: 'internlm2',
  qwen: 'qwen2.5',
  qwen3_nothink: 'llama-chatml',
  llama3_chat: 'llama3',
  'llama3.2': 'llama3.1',
  'llama3.3': 'llama3.1',
  gemma2: 'gemma',
  gemma3: 'gemma',
  phi: 'phi3',
};

/** Whether a recipe may name this template. */
export function isKnownTemplate(name: string): boolean {
  return (
    name === AUTOMATIC_TEMPLATE ||
    name === REPOSITORY_TEMPLATE ||
    Object.hasOwn(TEMPLATE_FAMILIES, name) ||
    Object.hasOwn(TEMPLATE_ALIASES, name)
  );
}
