import { describe, expect, it } from 'vitest';

import { importSettings } from '../../../electron/shared/domain/recipes/import-settings.ts';
import { readForeignSettings } from '../../../electron/shared/domain/recipes/foreign-settings.ts';

/** The published settings of the first model, as its tool was started. */
const MEDICAL_GPT = String.raw`CUDA_VISIBLE_DEVICES=0,1,2,3 torchrun --nproc_per_node 4 supervised_finetuning.py \
    --model_type auto \
    --model_name_or_path internlm/internlm-chat-7b \
    --train_file_dir ./data/finetune \
    --per_device_train_batch_size 1 \
    --do_train \
    --use_peft True \
    --model_max_length 2048 \
    --num_train_epochs 2 \
    --learning_rate 2e-5 \
    --warmup_ratio 0.05 \
    --weight_decay 0.05 \
    --logging_steps 10 \
    --gradient_accumulation_steps 32 \
    --preprocessing_num_workers 4 \
    --output_dir outputs-sft-v1 \
    --target_modules all \
    --lora_rank 8 --lora_alpha 16 --lora_dropout 0.05 \
    --torch_dtype float16 --fp16 \
    --device_map auto \
    --gradient_checkpointing True > train.log 2>&1`;

const LLAMA_FACTORY = String.raw`deepspeed --num_gpus 7 src/train_bash.py --stage sft --do_train \
  --model_name_or_path "/models/internlm2 chat 7b" --dataset 'disc_law' --template intern2 \
  --finetuning_type lora --lora_target all --per_device_train_batch_size=4 \
  --gradient_accumulation_steps 8 --lr_scheduler_type cosine --logging_steps 10 \
  --save_steps 400 --learning_rate 5e-5 --num_train_epochs 2.0 --plot_loss --fp16 \
  --quantization_bit 4 --my_own_flag 3`;

const YAML = `### model
model_name_or_path: internlm/internlm2-chat-7b
trust_remote_code: true   # not here
### method
stage: sft
finetuning_type: lora
lora_rank: 16
lora_target: "wqkv,wo"
cutoff_len: 1024
packing: true
lr_scheduler_type: polynomial
max_steps: -1
bf16: true
warmup_steps: 20
`;

const names = (settings: readonly Readonly<{ name: string }>[]): readonly string[] =>
  settings.map(({ name }) => name);

describe('a pasted train command', () => {
  it('of MedicalGPT gives the published recipe', () => {
    const { tool, settings, notCarried, notNeeded, unknown } = importSettings(MEDICAL_GPT);
    expect(names(notNeeded)).toContain('gradient_checkpointing');
    expect(tool).toBe('medicalGpt');
    expect(settings).toEqual({
      model: 'internlm/internlm-chat-7b',
      'batch.microBatch': 1,
      'batch.gradientAccumulation': 32,
      cutoffLength: 2048,
      epochs: 2,
      'optimizer.learningRate': 2e-5,
      'optimizer.weightDecay': 0.05,
      'schedule.warmupRatio': 0.05,
      'lora.targets': 'all',
      'lora.rank': 8,
      'lora.alpha': 16,
      'lora.dropout': 0.05,
      method: 'lora',
      'hardware.precision': 'fp16',
      // Left out, the global batch would be a quarter of what was trained with.
      'hardware.processes': 4,
    });
    expect(names(notCarried)).toEqual(['train_file_dir']);
    expect(unknown).toEqual([]);
  });

  it('of LLaMA-Factory keeps quoted texts whole and drops no flag silently', () => {
    const { tool, settings, assumed, notCarried, notNeeded, unknown } = importSettings(LLAMA_FACTORY);
    expect(tool).toBe('llamaFactory');
    expect(settings).toMatchObject({
      model: '/models/internlm2 chat 7b',
      dataset: 'disc_law',
      template: 'intern2',
      'schedule.kind': 'cosine',
      'checkpoints.everySteps': 400,
      epochs: 2,
    });
    // What was not written is not ours but that tool's: no warm-up there, 3 % here.
    expect(assumed).toMatchObject({ 'schedule.warmupRatio': 0 });
    expect(settings['hardware.quantization']).toBe('nf4');
    expect(notCarried).toEqual([]);
    expect(unknown).toEqual([{ name: 'my_own_flag', value: '3' }]);
    const written = names(readForeignSettings(LLAMA_FACTORY));
    const precision = 1;
    expect(
      Object.keys(settings).length - precision + notCarried.length + notNeeded.length + unknown.length,
    ).toBe(written.length - precision);
  });

  it('as YAML reads comments, quotes, lists of modules and values it cannot take', () => {
    const { settings, assumed, notCarried, unknown } = importSettings(YAML);
    expect(settings).toEqual({
      model: 'internlm/internlm2-chat-7b',
      method: 'lora',
      'lora.rank': 16,
      'lora.targets': ['wqkv', 'wo'],
      cutoffLength: 1024,
      'batch.unit': 'packs',
      maxSteps: 0,
      'hardware.precision': 'bf16',
    });
    expect(assumed).toMatchObject({ 'lora.alpha': 32, 'optimizer.learningRate': 5e-5, epochs: 3 });
    expect(notCarried).toEqual([
      { name: 'lr_scheduler_type', value: 'polynomial' },
      { name: 'warmup_steps', value: '20' },
    ]);
    expect(unknown).toEqual([]);
  });

  /** Full fine-tuning that silently becomes an adapter, or an adapter's defaults shown where there is none. */
  it.each([
    ['--finetuning_type full --stage sft --learning_rate 1e-5', 'full'],
    ['--finetuning_type lora --stage sft', 'lora'],
    ['--use_peft False --model_max_length 512', 'full'],
    ['--use_peft True --model_max_length 512', 'lora'],
  ])('reads what is trained: %s', (text, method) => {
    const { settings, assumed, notCarried, unknown } = importSettings(text);
    expect(settings).toMatchObject({ method });
    expect([...notCarried, ...unknown]).toEqual([]);
    const ofAdapter = Object.keys(assumed).filter((field) => field.startsWith('lora.'));
    if (method === 'full') expect(ofAdapter).toEqual([]);
  });

  it('says that it does not freeze layers', () => {
    const { settings, notCarried } = importSettings('--finetuning_type freeze');
    expect(settings).toEqual({});
    expect(names(notCarried)).toEqual(['finetuning_type']);
  });

  it.each(['', 'hello world', '请帮我训练一个模型', '{}'])('finds nothing in %j', (text) => {
    expect(importSettings(text)).toMatchObject({ tool: undefined, settings: {}, assumed: {} });
  });
});

describe('the processes of another launcher', () => {
  // Bug caught: a run on eight cards or two machines is imported with an eighth or half of its global batch.
  it.each([
    ['torchrun --nproc_per_node=8 train.py', { 'hardware.processes': 8 }, []],
    ['torchrun --nproc-per-node 2 --nnodes 1 train.py', { 'hardware.processes': 2 }, []],
    ['torchrun --nproc_per_node gpu train.py', {}, ['nproc_per_node']],
    ['deepspeed --num_gpus 7 train.py', { 'hardware.processes': 7 }, []],
    [
      'accelerate launch --num_machines 2 --num_processes 8 t.py',
      { 'hardware.processes': 8 },
      ['num_machines'],
    ],
    ['torchrun --nnodes 2 --nproc_per_node 4 t.py', { 'hardware.processes': 4 }, ['nnodes']],
  ])('of %s', (text, settings, left) => {
    const imported = importSettings(text);
    expect(imported.settings).toEqual(settings);
    expect(names(imported.notCarried)).toEqual(left);
    expect(imported.unknown).toEqual([]);
  });
});

/** Dropped, such a run would need four times the memory that it had there. */
describe('the bits of the base', () => {
  it.each([
    ['--quantization_bit 4', 'nf4'],
    ['--quantization_bit 8', 'int8'],
    ['--load_in_4bit True', 'nf4'],
    ['--load_in_8bit True', 'int8'],
    ['--qlora True', 'nf4'],
    ['--load_in_4bit False', undefined],
  ])('%s', (text, kind) => {
    const { settings, notCarried } = importSettings(`--finetuning_type lora ${text}`);
    expect(settings['hardware.quantization']).toBe(kind);
    expect(notCarried).toEqual([]);
  });

  it('are not carried where there is no such format here', () => {
    const { notCarried } = importSettings('--finetuning_type lora --quantization_bit 2');
    expect(names(notCarried)).toEqual(['quantization_bit']);
  });
});

describe('LoRA settings of other tools', () => {
  // A run imported without DoRA would be another method under the same name.
  it('carries use_dora, and a bias only where it is none', () => {
    const { settings, notNeeded, notCarried } = importSettings(
      'finetuning_type: lora\nlora_rank: 16\nuse_dora: true\nbias: none\n',
    );
    expect(settings).toMatchObject({ 'lora.dora': true, 'lora.rank': 16 });
    expect(notNeeded.map((one) => one.name)).toContain('bias');
    expect(notCarried).toEqual([]);
    expect(importSettings('lora_rank: 8\nadditional_target: embed_tokens,lm_head\n').settings).toMatchObject({
      'lora.whole': 'both',
    });
    expect(importSettings('lora_rank: 8\nmodules_to_save: norm\n').settings).not.toHaveProperty('lora.whole');
    expect(importSettings('lora_rank: 8\nbias: all\n').notCarried.map((one) => one.name)).toEqual(['bias']);
  });
});
