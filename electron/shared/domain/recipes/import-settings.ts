import { checkRecipe } from './check-recipe.ts';
import { readForeignSettings, type ForeignSetting } from './foreign-settings.ts';
import { nest, type FlatRecipe } from './recipe-draft.ts';
import { RECIPE_FIELDS, type RecipeField } from './recipe-fields.ts';

/** Whose words they are: `trainer` has only names that both share. */
export type ForeignTool = 'llamaFactory' | 'medicalGpt' | 'trainer';

export type ImportedSettings = Readonly<{
  tool: ForeignTool | undefined;
  /** Settings of the recipe, by dotted name. */
  settings: FlatRecipe;
  /** What the other tool takes where nothing was written, and this recipe would take otherwise. */
  assumed: FlatRecipe;
  /** Settings that decide something here, but not in a way that a recipe can say; a person must look at them. */
  notCarried: readonly ForeignSetting[];
  /** Settings that only concern how the other tool works (where it writes, how it logs, how it is launched). */
  notNeeded: readonly ForeignSetting[];
  /** Names that nobody here knows. */
  unknown: readonly ForeignSetting[];
}>;

/** Defaults of transformers' TrainingArguments, on which both tools stand. */
const TRAINER_DEFAULTS: FlatRecipe = {
  'optimizer.learningRate': 5e-5,
  'optimizer.weightDecay': 0,
  'optimizer.maxGradNorm': 1,
  'schedule.kind': 'linear',
  'schedule.warmupRatio': 0,
  'batch.microBatch': 8,
  'batch.gradientAccumulation': 1,
  epochs: 3,
};

/** What MedicalGPT's supervised_finetuning.py adds to them. */
const MEDICAL_GPT_DEFAULTS: FlatRecipe = {
  ...TRAINER_DEFAULTS,
  cutoffLength: 512,
  'lora.rank': 8,
  'lora.alpha': 32,
  'lora.dropout': 0.05,
  'lora.targets': 'all',
};

/** Names that only one of the tools has. */
const TOOL_NAMES: readonly (readonly [name: string, tool: ForeignTool])[] = [
  ['finetuning_type', 'llamaFactory'],
  ['lora_target', 'llamaFactory'],
  ['cutoff_len', 'llamaFactory'],
  ['train_file_dir', 'medicalGpt'],
  ['model_max_length', 'medicalGpt'],
  ['use_peft', 'medicalGpt'],
  ['template_name', 'medicalGpt'],
];

/** Names beside the aliases of the schema. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  model_name_or_path: 'model',
  dataset: 'dataset',
  model_max_length: 'cutoffLength',
  max_seq_length: 'cutoffLength',
  template_name: 'template',
  target_modules: 'lora.targets',
  lora_r: 'lora.rank',
  run_name: 'name',
  // Of torchrun, of accelerate and of DeepSpeed; words of theirs such as `gpu` are no number and not carried.
  nproc_per_node: 'hardware.processes',
  num_processes: 'hardware.processes',
  num_gpus: 'hardware.processes',
};

const NOT_CARRIED = new Set([
  'quantization_bit',
  'stage',
  'warmup_steps',
  'max_samples',
  'max_train_samples',
  'max_eval_samples',
  'val_size',
  'train_file_dir',
  'validation_file_dir',
  'max_source_length',
  'max_target_length',
  'neftune_noise_alpha',
  'checkpoint_dir',
  'resume_from_checkpoint',
  'train_on_prompt',
  'mask_history',
  'neat_packing',
  'bias',
  'optim',
  'group_by_length',
  'lr_scheduler_kwargs',
  'label_smoothing_factor',
  'rope_scaling',
  // A run over several machines is started on each of them (`train --hosts`).
  'nnodes',
  'num_machines',
]);

const NOT_NEEDED = new Set([
  'do_train',
  'do_eval',
  'do_predict',
  'dataset_dir',
  'output_dir',
  'overwrite_output_dir',
  'overwrite_cache',
  'cache_dir',
  'cache_path',
  'logging_steps',
  'logging_strategy',
  'logging_first_step',
  'logging_dir',
  'evaluation_strategy',
  'eval_strategy',
  'save_strategy',
  'save_only_model',
  'plot_loss',
  'report_to',
  'preprocessing_num_workers',
  'dataloader_num_workers',
  'per_device_eval_batch_size',
  'ddp_timeout',
  'ddp_find_unused_parameters',
  'deepspeed',
  'fsdp',
  'device_map',
  'gradient_checkpointing',
  'flash_attn',
  'model_type',
  'trust_remote_code',
  'load_best_model_at_end',
  'node_rank',
  'master_addr',
  'master_port',
  'main_process_port',
  'config_file',
  'include',
  'remove_unused_columns',
  'push_to_hub',
  'disable_tqdm',
]);

/** LLaMA-Factory's number of bits; bitsandbytes' and MedicalGPT's switches. */
const QUANTIZATIONS: ReadonlyMap<string, 'int8' | 'nf4' | undefined> = new Map([
  ['quantization_bit', undefined],
  ['load_in_4bit', 'nf4'],
  ['load_in_8bit', 'int8'],
  ['qlora', 'nf4'],
]);

const FIELD_BY_NAME: ReadonlyMap<string, RecipeField> = new Map([
  ...RECIPE_FIELDS.flatMap((field) =>
    [field.aliases.hf, field.aliases.llamaFactory, field.aliases.xtuner]
      .filter((name) => name !== undefined && name !== 'bf16' && !QUANTIZATIONS.has(name) && name.length > 2)
      .map((name) => [name ?? '', field] as const),
  ),
  ...Object.entries(OTHER_NAMES).flatMap(([name, path]) =>
    RECIPE_FIELDS.filter((field) => field.path === path).map((field) => [name, field] as const),
  ),
]);

/** What a LLaMA-Factory or MedicalGPT command, or LLaMA-Factory's YAML, says in the words of a recipe. */
export function importSettings(text: string): ImportedSettings {
  const written = readForeignSettings(text);
  const settings: Record<string, unknown> = {};
  const notCarried: ForeignSetting[] = [];
  const notNeeded: ForeignSetting[] = [];
  const unknown: ForeignSetting[] = [];
  for (const one of written) {
    const choice = choiceOf(one);
    const field = FIELD_BY_NAME.get(one.name);
    if (choice !== undefined) Object.assign(settings, choice);
    else if (isHarmless(one)) notNeeded.push(one);
    else if (field !== undefined) {
      const value = valueFor(field, one.value);
      if (value === undefined) notCarried.push(one);
      else settings[field.path] = value;
    } else if (NOT_CARRIED.has(one.name)) notCarried.push(one);
    else if (NOT_NEEDED.has(one.name)) notNeeded.push(one);
    else unknown.push(one);
  }
  const tool = toolOf(written, settings);
  const hasAdapter = settings['method'] !== 'full';
  const assumed = Object.entries(defaultsOf(tool, settings)).filter(
    ([path]) => !(path in settings) && (hasAdapter || !path.startsWith('lora.')),
  );
  return { tool, settings, assumed: Object.fromEntries(assumed), notCarried, notNeeded, unknown };
}

function toolOf(written: readonly ForeignSetting[], settings: FlatRecipe): ForeignTool | undefined {
  const named = TOOL_NAMES.find(([name]) => written.some((one) => one.name === name));
  return named?.[1] ?? (Object.keys(settings).length > 0 ? 'trainer' : undefined);
}

function defaultsOf(tool: ForeignTool | undefined, settings: FlatRecipe): FlatRecipe {
  if (tool === undefined) return {};
  if (tool === 'medicalGpt') return MEDICAL_GPT_DEFAULTS;
  const rank = settings['lora.rank'];
  // LLaMA-Factory doubles the rank.
  return tool === 'llamaFactory' && typeof rank === 'number'
    ? { ...TRAINER_DEFAULTS, 'lora.alpha': 2 * rank }
    : TRAINER_DEFAULTS;
}

/** Values that mean what this engine does anyway. */
function isHarmless({ name, value }: ForeignSetting): boolean {
  const wanted: Readonly<Record<string, readonly string[]>> = {
    stage: ['sft'],
    optim: ['adamw_torch', 'adamw_torch_fused', 'adamw_hf'],
    train_on_prompt: ['false'],
    mask_history: ['false'],
    warmup_steps: ['0'],
    bias: ['none'],
    nnodes: ['1'],
    num_machines: ['1'],
  };
  return wanted[name]?.includes(value.toLowerCase()) === true;
}

/** `--fp16`, `bf16: true`, `--torch_dtype float16` are one choice here; packs are filled before they are counted. */
function choiceOf({ name, value }: ForeignSetting): FlatRecipe | undefined {
  const isOn = value.toLowerCase() === 'true';
  if (name === 'packing') return isOn ? { 'batch.unit': 'packs' } : {};
  if (name === 'fp16' || name === 'bf16') return isOn ? { 'hardware.precision': name } : {};
  if (name === 'use_peft') return { method: isOn ? 'lora' : 'full' };
  if (name === 'additional_target' || name === 'modules_to_save') return wholeModules(value);
  if (QUANTIZATIONS.has(name)) return quantizationOf(name, value);
  if (name !== 'torch_dtype') return undefined;
  const known: Readonly<Record<string, string>> = { float16: 'fp16', bfloat16: 'bf16', float32: 'fp32' };
  const precision = known[value];
  return precision === undefined ? {} : { 'hardware.precision': precision };
}

/** Undefined for a number of bits that this engine has no format for. */
function quantizationOf(name: string, value: string): FlatRecipe | undefined {
  const byBits: Readonly<Record<string, string>> = { '4': 'nf4', '8': 'int8' };
  const kind = QUANTIZATIONS.get(name) ?? byBits[value];
  if (kind === undefined) return undefined;
  const isOff = QUANTIZATIONS.get(name) !== undefined && value.toLowerCase() !== 'true';
  return isOff ? {} : { 'hardware.quantization': kind };
}

const WHOLE_NAMES: Readonly<Record<string, 'embeddings' | 'head'>> = {
  embed_tokens: 'embeddings',
  tok_embeddings: 'embeddings',
  lm_head: 'head',
  output: 'head',
};

/** Undefined where another module is meant: that one a recipe cannot train as a whole. */
function wholeModules(text: string): FlatRecipe | undefined {
  const names = text.split(/[,\s[\]"']+/u).filter((name) => name !== '');
  const parts = new Set(names.map((name) => WHOLE_NAMES[name]));
  const [only] = parts;
  if (only === undefined || parts.has(undefined)) return undefined;
  return { 'lora.whole': parts.size === 2 ? 'both' : only };
}

/** The text as a value that the field takes; undefined where it takes none like it. */
function valueFor(field: RecipeField, text: string): unknown {
  const candidates = candidatesFor(field, text);
  return candidates.find((value) => accepts(field.path, value));
}

function candidatesFor(field: RecipeField, text: string): readonly unknown[] {
  switch (field.kind) {
    case 'integer':
    case 'number': {
      const number = text.trim() === '' ? Number.NaN : Number(text);
      // −1 is those tools' word for no limit.
      return field.path === 'maxSteps' && number < 0 ? [0] : [number];
    }
    case 'boolean':
      return [text.toLowerCase() === 'true'];
    case 'choiceOrTexts':
      return [text, text.split(/[,\s]+/u).filter((name) => name !== '')];
    case 'texts':
      return [[text]];
    case 'choice':
    case 'text':
      return [text];
  }
}

const accepts = (path: string, value: unknown): boolean => {
  const checked = checkRecipe(nest({ model: 'm', dataset: 'd', [path]: value }));
  return 'recipe' in checked;
};
