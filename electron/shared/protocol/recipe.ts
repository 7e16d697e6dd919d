import { z } from 'zod';

import { targetPatternFault } from './target-pattern.ts';

/**
 * Names of one field in other tools, so that a person finds the setting they know.
 * llamaFactory: LLaMA-Factory YAML key; hf: transformers TrainingArguments / peft LoraConfig; xtuner: XTuner config.
 */
export type FieldAliases = Readonly<{ llamaFactory?: string; hf?: string; xtuner?: string }>;

const field = <T extends z.ZodType>(schema: T, description: string, aliases: FieldAliases = {}): T =>
  schema.meta({ description, aliases });

export const thinkingModeSchema = z.enum(['none', 'keep', 'strip', 'empty']);

const batchSchema = z.strictObject({
  unit: field(
    z.enum(['samples', 'packs']).default('samples'),
    'What the global batch counts: samples (packing happens inside the batch) or packs of the cutoff length.',
  ),
  microBatch: field(
    z.int().min(1).max(4096).default(4),
    'Samples (or packs) per device and accumulation step.',
    { llamaFactory: 'per_device_train_batch_size', hf: 'per_device_train_batch_size', xtuner: 'batch_size' },
  ),
  gradientAccumulation: field(
    z.int().min(1).max(65536).default(4),
    'Micro-batches per optimizer step; global batch = micro-batch × accumulation × devices.',
    {
      llamaFactory: 'gradient_accumulation_steps',
      hf: 'gradient_accumulation_steps',
      xtuner: 'accumulative_counts',
    },
  ),
});

const optimizerSchema = z.strictObject({
  name: field(z.literal('adamw').default('adamw'), 'AdamW with decoupled weight decay.', { hf: 'optim' }),
  learningRate: field(z.number().gt(0).max(1).default(1e-4), 'Peak learning rate.', {
    llamaFactory: 'learning_rate',
    hf: 'learning_rate',
    xtuner: 'lr',
  }),
  beta1: field(z.number().min(0).lt(1).default(0.9), 'AdamW first-moment decay.', { hf: 'adam_beta1' }),
  beta2: field(z.number().min(0).lt(1).default(0.999), 'AdamW second-moment decay.', { hf: 'adam_beta2' }),
  epsilon: field(z.number().gt(0).max(1).default(1e-8), 'AdamW denominator constant.', {
    hf: 'adam_epsilon',
  }),
  weightDecay: field(z.number().min(0).max(1).default(0), 'Decoupled weight decay on what is trained.', {
    llamaFactory: 'weight_decay',
    hf: 'weight_decay',
    xtuner: 'weight_decay',
  }),
  maxGradNorm: field(
    z.number().min(0).max(1000).default(1),
    'Gradient norm above which gradients are scaled down; 0 turns clipping off.',
    { llamaFactory: 'max_grad_norm', hf: 'max_grad_norm', xtuner: 'max_norm' },
  ),
});

const scheduleSchema = z.strictObject({
  kind: field(z.enum(['linear', 'cosine', 'constant']).default('cosine'), 'Learning rate after warm-up.', {
    llamaFactory: 'lr_scheduler_type',
    hf: 'lr_scheduler_type',
  }),
  warmupRatio: field(
    z.number().min(0).max(1).default(0.03),
    'Share of optimizer steps in which the learning rate rises linearly from zero.',
    { llamaFactory: 'warmup_ratio', hf: 'warmup_ratio', xtuner: 'warmup_ratio' },
  ),
});

const loraSchema = z.strictObject({
  rank: field(z.int().min(1).max(1024).default(8), 'LoRA rank r.', {
    llamaFactory: 'lora_rank',
    hf: 'r',
    xtuner: 'r',
  }),
  alpha: field(z.number().gt(0).max(8192).default(16), 'LoRA alpha; the update is scaled by alpha / r.', {
    llamaFactory: 'lora_alpha',
    hf: 'lora_alpha',
    xtuner: 'lora_alpha',
  }),
  dropout: field(z.number().min(0).lt(1).default(0), 'Dropout on the input of LoRA matrix A.', {
    llamaFactory: 'lora_dropout',
    hf: 'lora_dropout',
    xtuner: 'lora_dropout',
  }),
  targets: field(
    z.union([z.enum(['all', 'attention', 'mlp']), z.array(z.string().min(1)).min(1)]).default('all'),
    'Linear layers that get an adapter: all, attention, mlp, or module names of the base layout.',
    { llamaFactory: 'lora_target', hf: 'target_modules', xtuner: 'target_modules' },
  ),
  targetPattern: field(
    z
      .string()
      .min(1)
      .max(300)
      .refine((pattern) => targetPatternFault(pattern) === undefined)
      .nullable()
      .default(null),
    'Of the targets, only layers whose whole name this regular expression matches; null keeps them all.',
    { hf: 'target_modules', xtuner: 'target_modules' },
  ),
  rsLora: field(z.boolean().default(false), 'Scale by alpha / √r (rank-stabilised LoRA).', {
    llamaFactory: 'use_rslora',
    hf: 'use_rslora',
  }),
  dora: field(
    z.boolean().default(false),
    'Also learn the length of each row of the adapted weights (DoRA, weight-decomposed LoRA).',
    { llamaFactory: 'use_dora', hf: 'use_dora' },
  ),
  whole: field(
    z.enum(['none', 'embeddings', 'head', 'both']).default('none'),
    'Modules trained as wholes beside the adapter: token embeddings, output head, or both.',
    { llamaFactory: 'additional_target', hf: 'modules_to_save', xtuner: 'modules_to_save' },
  ),
  continueFrom: field(
    z.string().min(1).max(4096).nullable().default(null),
    'Adapter that training starts from: a run of the studio or an adapter folder; null starts a fresh one.',
    { llamaFactory: 'adapter_name_or_path', hf: 'peft_path' },
  ),
  bias: field(z.literal('none').default('none'), 'Biases stay as they are in the base.', {
    hf: 'bias',
    xtuner: 'bias',
  }),
});

const evaluationSchema = z.strictObject({
  everySteps: field(
    z.int().min(0).default(50),
    'Optimizer steps between evaluations; 0 evaluates at the end only.',
    {
      llamaFactory: 'eval_steps',
      hf: 'eval_steps',
    },
  ),
  maxRows: field(z.int().min(1).max(1_000_000).default(512), 'Evaluation rows used at most.'),
  samplePrompts: field(
    z.array(z.string().min(1).max(20_000)).max(64).default([]),
    'Fixed questions answered at intervals during the run.',
    { xtuner: 'evaluation_inputs' },
  ),
  sampleEverySteps: field(
    z.int().min(0).default(0),
    'Optimizer steps between sample answers; 0 answers at the end only.',
    {
      xtuner: 'evaluation_freq',
    },
  ),
  sampleMaxTokens: field(z.int().min(1).max(8192).default(256), 'New tokens of a sample answer at most.'),
});

const checkpointsSchema = z.strictObject({
  everySteps: field(
    z.int().min(0).default(100),
    'Optimizer steps between checkpoints; 0 saves at the end only.',
    {
      llamaFactory: 'save_steps',
      hf: 'save_steps',
    },
  ),
  keepLast: field(z.int().min(1).max(10_000).default(3), 'Newest checkpoints that are kept.', {
    llamaFactory: 'save_total_limit',
    hf: 'save_total_limit',
  }),
  keepBest: field(z.boolean().default(true), 'Also keep the checkpoint with the lowest eval loss.'),
});

const hardwareSchema = z.strictObject({
  device: field(z.enum(['auto', 'cpu', 'cuda']).default('auto'), 'Where the run computes.'),
  gpu: field(
    z.string().min(1).max(2000).default('auto'),
    'Card of the run: auto takes the one with most free memory, else the UUID that nvidia-smi -L prints; several, separated by commas, train together.',
  ),
  processes: field(
    z.int().min(1).max(64).default(1),
    'Processes on this machine, one a card; each adds its own micro-batch × accumulation to the global batch.',
  ),
  precision: field(
    z.enum(['auto', 'fp32', 'bf16', 'fp16']).default('auto'),
    'Arithmetic of the base; auto takes bf16 where the GPU has it, else fp16 with a scaled loss, fp32 on a CPU.',
    { llamaFactory: 'bf16', hf: 'bf16' },
  ),
  quantization: field(
    z.enum(['none', 'int8', 'fp8', 'nf4']).default('none'),
    "Bits in which the base's linear layers are held: as loaded, 8 (INT8 or FP8), or 4 (NF4, as in QLoRA).",
    { llamaFactory: 'quantization_bit', hf: 'load_in_4bit' },
  ),
  engine: field(
    z.enum(['auto', 'fast', 'compat']).default('auto'),
    "Which engine computes the base: auto takes the fast one for its families and transformers' own classes for others.",
  ),
  attention: field(
    z.enum(['auto', 'varlen', 'padded', 'per-document']).default('auto'),
    'How attention is computed: auto takes varlen on a Linux GPU, else padded, per-document on a CPU. Never changes the gradient.',
  ),
  compile: field(
    z.enum(['auto', 'on', 'off']).default('auto'),
    'Whether what lies between the matrix products is compiled: auto does on a GPU. Never changes the gradient.',
  ),
  recompute: field(
    z.enum(['auto', 'none', 'full', 'layers']).default('auto'),
    'Layers whose activations are computed again in the backward pass instead of kept; auto keeps as many as fit. Never changes the gradient.',
  ),
  recomputeLayers: field(
    z.int().min(0).max(1000).default(0),
    'With recompute = layers: how many layers, from the first, are computed again.',
  ),
  maxTokensPerMicroBatch: field(
    z.int().min(0).max(4_194_304).default(0),
    'Tokens computed at once at most; 0 chooses by memory. Never changes the gradient.',
  ),
  cpuThreads: field(
    z.int().min(0).max(1024).default(0),
    'CPU threads of the run; 0 takes all physical cores.',
  ),
  profileSteps: field(
    z.int().min(0).max(20).default(0),
    'Steps, after the first two, that are recorded as a Chrome trace in the run folder; 0 records none.',
  ),
});

/** A training recipe: everything that decides the gradient, and how often a run reports and saves. */
export const recipeSchema = z
  .strictObject({
    version: field(z.literal(1).default(1), 'Version of this recipe format.'),
    name: field(z.string().min(1).max(120).default('run'), 'Name of the run.'),
    stage: field(z.literal('sft').default('sft'), 'Training stage: supervised fine-tuning.', {
      llamaFactory: 'stage',
    }),
    method: field(
      z.enum(['lora', 'full']).default('lora'),
      'What is trained: a LoRA adapter beside the frozen base, or every parameter of the base (full fine-tuning).',
      { llamaFactory: 'finetuning_type' },
    ),
    model: field(z.string().min(1).max(4096), 'Base model: an id of the library or a folder.', {
      llamaFactory: 'model_name_or_path',
      hf: 'model_name_or_path',
      xtuner: 'pretrained_model_name_or_path',
    }),
    dataset: field(z.string().min(1).max(4096), 'Dataset: an id of the library or a dataset file.', {
      llamaFactory: 'dataset',
    }),
    template: field(
      z.string().min(1).max(120).default('auto'),
      "Chat template; auto takes the model folder's own.",
      {
        llamaFactory: 'template',
        xtuner: 'prompt_template',
      },
    ),
    systemPrompt: field(
      z.string().max(20_000).nullable().default(null),
      'System prompt of rows that have none; null renders none.',
      { llamaFactory: 'default_system', xtuner: 'SYSTEM' },
    ),
    thinking: field(thinkingModeSchema.default('none'), 'How <think> blocks are rendered and supervised.'),
    cutoffLength: field(z.int().min(16).max(1_048_576).default(2048), 'Tokens of one sample at most.', {
      llamaFactory: 'cutoff_len',
      hf: 'max_length',
      xtuner: 'max_length',
    }),
    epochs: field(z.number().gt(0).max(1000).default(2), 'Passes over the training rows.', {
      llamaFactory: 'num_train_epochs',
      hf: 'num_train_epochs',
      xtuner: 'max_epochs',
    }),
    maxSteps: field(
      z.int().min(0).max(100_000_000).default(0),
      'Optimizer steps at most; 0 means as many as the epochs need.',
      { llamaFactory: 'max_steps', hf: 'max_steps' },
    ),
    seed: field(z.int().min(0).max(4_294_967_295).default(42), 'Seed of every stochastic choice.', {
      llamaFactory: 'seed',
      hf: 'seed',
    }),
    batch: batchSchema.prefault({}),
    optimizer: optimizerSchema.prefault({}),
    schedule: scheduleSchema.prefault({}),
    lora: loraSchema.prefault({}),
    evaluation: evaluationSchema.prefault({}),
    checkpoints: checkpointsSchema.prefault({}),
    hardware: hardwareSchema.prefault({}),
  })
  .meta({ title: 'Recipe' });

/** A recipe with every default filled in. */
export type Recipe = z.output<typeof recipeSchema>;
